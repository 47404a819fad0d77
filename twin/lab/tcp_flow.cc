#include "twin/lab/tcp_flow.h"

#include <linux/tcp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "twin/lab/process.h"

namespace wirebraid::lab {
namespace {

/// The stream repeats a block of random bytes. Its length is prime, so that data shifted by any
/// segment or buffer size does not match.
constexpr size_t kPeriod = 65'521;
constexpr size_t kBlock = 65'536;

std::vector<uint8_t> make_pattern() {
  std::mt19937 random(20'260'101);
  std::vector<uint8_t> pattern(kPeriod + kBlock);
  for (size_t i = 0; i < kPeriod; ++i) pattern[i] = static_cast<uint8_t>(random());
  std::copy_n(pattern.begin(), kBlock - kPeriod, pattern.begin() + kPeriod);
  for (size_t i = kPeriod; i < pattern.size(); ++i) pattern[i] = pattern[i - kPeriod];
  return pattern;
}

/// The stream from `position` on, at least kBlock bytes.
const uint8_t* stream_at(const std::vector<uint8_t>& pattern, uint64_t position) {
  return pattern.data() + position % kPeriod;
}

struct Connection {
  Socket listening_side;
  Socket connecting_side;
};

Connection establish(const Namespace& listening, const Namespace& connecting,
                     const TcpFlowOptions& options) {
  const Endpoint endpoint(options.address, options.port);
  const Socket listener(listening, endpoint.family(), SOCK_STREAM);
  listener.bind(options.own_address.empty() ? endpoint
                                            : Endpoint(options.own_address, options.port));
  listener.listen();
  Socket client(connecting, endpoint.family(), SOCK_STREAM);
  if (!options.device.empty()) client.bind_to_device(options.device);
  // Bounds connect(); the kernel's own limit is two minutes.
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  client.connect(endpoint);
  return {listener.accept(), std::move(client)};
}

/// All zero if the kernel does not tell.
tcp_info information(const Socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(socket.fd(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info;
}

}  // namespace

TcpFlow::TcpFlow(const Namespace& listening, const Namespace& connecting,
                 const TcpFlowOptions& options)
    : options_(options), sender_(-1), receiver_(-1), started_(std::chrono::steady_clock::now()) {
  Connection connection = establish(listening, connecting, options);
  sender_ = std::move(options.download ? connection.listening_side : connection.connecting_side);
  receiver_ = std::move(options.download ? connection.connecting_side : connection.listening_side);
  const std::string& algorithm = options.congestion_control;
  if (!algorithm.empty() &&
      ::setsockopt(sender_.fd(), IPPROTO_TCP, TCP_CONGESTION, algorithm.c_str(),
                   static_cast<socklen_t>(algorithm.size())) < 0) {
    throw std::system_error(errno, std::generic_category(), "TCP_CONGESTION " + algorithm);
  }
  sender_.limit_waits();
  receiver_.limit_waits();
  started_ = std::chrono::steady_clock::now();
  last_arrival_ = started_;
  arrivals_ = ArrivalLog(started_);
  receive_thread_ = std::thread([this] { receive(); });
  send_thread_ = std::thread([this] { send(); });
}

TcpFlow::~TcpFlow() {
  aborted_ = true;
  join();
  // Otherwise the kernel would go on to send what is in its buffer.
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(sender_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void TcpFlow::join() {
  if (send_thread_.joinable()) send_thread_.join();
  if (receive_thread_.joinable()) receive_thread_.join();
}

TcpFlowReport TcpFlow::finish(std::chrono::milliseconds patience) {
  if (options_.bytes == 0) sending_ = false;
  uint64_t before = 0;
  do {
    before = received_;
    wait_until([&] { return ended_.load(); }, patience);
  } while (!ended_ && received_ != before);
  aborted_ = true;
  join();
  return report();
}

TcpFlowReport TcpFlow::abandon() {
  aborted_ = true;
  join();
  return report();
}

TcpFlowReport TcpFlow::report() const {
  return {.sent = sent_,
          .received = received_,
          .intact = exact_ && closed_ && sent_ == received_,
          .longest_gap = gaps_.longest(),
          .duration = last_arrival_ - started_,
          .gaps = gaps_,
          .arrivals = arrivals_};
}

TcpCounters TcpFlow::counters() const {
  const tcp_info sender = information(sender_);
  const tcp_info receiver = information(receiver_);
  return {.retransmits = sender.tcpi_total_retrans,
          .spurious = sender.tcpi_dsack_dups,
          .reordering_events = sender.tcpi_reord_seen,
          .out_of_order = receiver.tcpi_rcv_ooopack,
          .rtt = std::chrono::microseconds(sender.tcpi_rtt)};
}

void TcpFlow::send() {
  const std::vector<uint8_t> pattern = make_pattern();
  while (sending_ && !aborted_ && (options_.bytes == 0 || sent_ < options_.bytes)) {
    const uint64_t left = options_.bytes == 0 ? kBlock : options_.bytes - sent_;
    const ssize_t n = ::send(sender_.fd(), stream_at(pattern, sent_),
                             std::min<uint64_t>(left, kBlock), MSG_NOSIGNAL);
    if (n > 0) sent_ += static_cast<uint64_t>(n);
    if (n < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  ::shutdown(sender_.fd(), SHUT_WR);
}

void TcpFlow::receive() {
  const std::vector<uint8_t> pattern = make_pattern();
  std::vector<uint8_t> block(kBlock);
  while (!aborted_) {
    const ssize_t n = ::recv(receiver_.fd(), block.data(), block.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) {
      closed_ = n == 0;
      break;
    }
    last_arrival_ = std::chrono::steady_clock::now();
    gaps_.arrival(last_arrival_);
    arrivals_.arrival(last_arrival_, static_cast<uint64_t>(n));
    exact_ = exact_ &&
             std::memcmp(block.data(), stream_at(pattern, received_), static_cast<size_t>(n)) == 0;
    received_ += static_cast<uint64_t>(n);
  }
  ended_ = true;
}

}  // namespace wirebraid::lab
