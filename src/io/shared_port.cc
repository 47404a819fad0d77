#include "io/shared_port.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>

#include "wirebraid/worker.h"

namespace wirebraid::io {

namespace {

// Where the messages have what matters here (white paper section 5.4). The lowest byte of a
// little-endian number is its first.
constexpr uint32_t kType = 0;
constexpr uint32_t kReceiver = 4;            // of cookie replies and transport messages
constexpr uint32_t kReceiverOfResponse = 8;  // behind the sender
constexpr uint32_t kResponse = 2;
constexpr uint32_t kCookieReply = 3;
constexpr uint32_t kTransport = 4;
static_assert(worker_bits(kMaxWorkers) <= 8, "one byte of the index tells the worker");

// Not the number of a socket: the kernel then goes by its own hash.
constexpr uint32_t kByHash = UINT32_MAX;

/// Each socket of the group that `fd` is in gets its worker's datagrams from now on, if the kernel
/// can do that. Classic BPF, since it needs no privilege.
void steer(int fd, size_t workers) {
  const uint32_t mask = (uint32_t{1} << worker_bits(static_cast<uint32_t>(workers))) - 1;
  // What is too short to be loaded from goes to socket 0.
  std::array<sock_filter, 10> program = {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kType),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTransport, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kCookieReply, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kResponse, 0, 5),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kReceiverOfResponse),
      BPF_STMT(BPF_JMP | BPF_JA, 1),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kReceiver),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_RET | BPF_K, kByHash),
  }};
  const sock_fprog filter{program.size(), program.data()};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter);
}

std::error_code open_all(std::span<UdpTransport* const> transports, const UdpOptions& options,
                         std::string* what) {
  UdpTransport& first = *transports.front();
  if (const auto error = first.open(options, what)) return error;
  if (const auto error = first.share()) {
    if (what != nullptr) *what = "share UDP port " + std::to_string(first.port());
    return error;
  }
  for (UdpTransport* other : transports.subspan(1)) {
    if (const auto error = other->join(first, what)) return error;
  }
  return {};
}

}  // namespace

std::error_code open_shared(std::span<UdpTransport* const> transports, const UdpOptions& options,
                            std::string* what) {
  // All of them: the kernel numbers the sockets of a port in the order in which they came.
  for (UdpTransport* transport : transports) transport->close();
  if (const auto error = open_all(transports, options, what)) {
    for (UdpTransport* transport : transports) transport->close();
    return error;
  }
  for (const int fd : {transports.front()->fd_v4(), transports.front()->fd_v6()}) {
    if (fd >= 0) steer(fd, transports.size());
  }
  return {};
}

}  // namespace wirebraid::io
