// Datagrams in the kernel's terms: socket addresses and control messages (ip(7), ipv6(7),
// RFC 3542). Shared by both engines.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "io/send_runs.h"
#include "wirebraid/datagram.h"

namespace wirebraid::io {

struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = 0;
  SocketAddress() : v6{} {}
};

/// Precondition: `endpoint` has an address.
SocketAddress to_socket_address(const Endpoint& endpoint);
/// An empty Endpoint for anything but AF_INET and AF_INET6. A scope is kept for link-local only.
Endpoint to_endpoint(const void* address, size_t size);

/// Room for the control messages of a received datagram: where it arrived, its traffic class, and
/// the segment size. The same when sending.
inline constexpr size_t kControlSize =
    CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int));

/// Fills in remote, source and traffic class of a received datagram. `header` must be as recvmsg(2)
/// left it. Returns the length of each of the datagrams that its bytes are (UDP_GRO; the last may
/// be shorter), 0 if they are one.
size_t read_message(const msghdr& header, Datagram& datagram);

/// What sendmsg(2) needs for one run of datagrams. Points into itself and into their bytes.
class SendMessage {
 public:
  SendMessage() = default;
  SendMessage(const SendMessage&) = delete;
  SendMessage& operator=(const SendMessage&) = delete;

  /// The sticky source is left out if `with_source` is false or if it is of the other family.
  /// Returns whether it is in. `run` must have a remote, and keep its bytes until sent.
  bool prepare(SendRuns::Run run, bool with_source);

  msghdr header{};

 private:
  SocketAddress remote_;
  std::array<iovec, kMaxSegments> payload_{};
  alignas(cmsghdr) std::array<uint8_t, kControlSize> control_{};
};

/// True if the kernel refused a datagram for its sticky source: the address or the device has gone,
/// or there is no route from it. Without the source it may well pass.
bool is_source_refused(int error);

/// True if the socket itself is of no use any more, rather than one datagram; false for what ICMP
/// errors and full buffers lead to.
bool is_socket_broken(int error);

}  // namespace wirebraid::io
