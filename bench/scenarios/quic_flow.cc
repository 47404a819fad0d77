#include "bench/scenarios/quic_flow.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "bench/scenarios/quic_receiver.h"
#include "wirebraid/bytes.h"

namespace wirebraid::scenarios {
namespace {

constexpr uint16_t kPort = 7443;
/// As browsers and servers send them; fits into any tunnel.
constexpr size_t kPacketSize = 1350;
/// A packet: its number. An acknowledgement: delay, count, then first and last of each range.
constexpr size_t kNumber = sizeof(uint64_t);
constexpr size_t kRange = 2 * kNumber;
constexpr size_t kMaxAckSize = 2 * kNumber + 32 * kRange;
/// What a busy receiver may leave in its socket; the kernel's default is 200 kB.
constexpr int kReceiveBuffer = 8'000'000;
constexpr std::chrono::milliseconds kLongestWait{100};

Time now() {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Until something can be read, or `deadline`.
void wait_for(const lab::Socket& socket, Time deadline) {
  const Duration left = std::clamp(deadline == kNever ? Duration(kLongestWait) : deadline - now(),
                                   Duration::zero(), Duration(kLongestWait));
  pollfd polled{socket.fd(), POLLIN, 0};
  const timespec limit{.tv_sec = 0, .tv_nsec = left.count() * 1000};
  ::ppoll(&polled, 1, &limit, nullptr);
}

void send_acknowledgement(const lab::Socket& socket, QuicReceiver& receiver,
                          const sockaddr_storage& to, socklen_t size) {
  std::array<uint8_t, kMaxAckSize> packet{};
  store_le<uint64_t>(packet.data(), static_cast<uint64_t>(receiver.held(now()).count()));
  const std::vector<PacketRange> ranges = receiver.acknowledge();
  store_le<uint64_t>(packet.data() + kNumber, ranges.size());
  size_t at = 2 * kNumber;
  for (const PacketRange& each : ranges) {
    store_le<uint64_t>(packet.data() + at, each.first);
    store_le<uint64_t>(packet.data() + at + kNumber, each.last);
    at += kRange;
  }
  ::sendto(socket.fd(), packet.data(), at, 0, reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace

QuicFlow::QuicFlow(const lab::Namespace& from, const lab::Namespace& to, const std::string& address)
    : destination_(address, kPort),
      sending_(from, destination_.family(), SOCK_DGRAM),
      receiving_(to, destination_.family(), SOCK_DGRAM) {
  ::setsockopt(receiving_.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer);
  receiving_.bind(destination_);
  receive_thread_ = std::thread([this] { receive(); });
  send_thread_ = std::thread([this] { send(); });
}

QuicFlow::~QuicFlow() {
  running_ = false;
  send_thread_.join();
  receive_thread_.join();
}

BulkCounters QuicFlow::counters() const {
  const uint64_t spurious = spurious_;
  return {.received = (received_ - std::min<uint64_t>(spurious, received_)) * kPacketSize,
          .retransmits = lost_,
          .spurious = spurious,
          .out_of_order = out_of_order_};
}

void QuicFlow::send() {
  QuicSender sender;
  std::array<uint8_t, kPacketSize> packet{};
  while (running_) {
    read_acknowledgements(sender);
    const Time at = now();
    if (at >= sender.deadline()) sender.expire(at);
    // As many as a burst has, before acknowledgements are looked at again.
    for (int i = 0; i < 10 && sender.may_send(at); ++i) {
      store_le<uint64_t>(packet.data(), sender.send(at));
      ::sendto(sending_.fd(), packet.data(), packet.size(), 0, destination_.data(),
               destination_.size);
    }
    lost_ = sender.counters().lost;
    spurious_ = sender.counters().spurious;
    if (!sender.may_send(now())) wait_for(sending_, sender.deadline());
  }
}

void QuicFlow::read_acknowledgements(QuicSender& sender) const {
  std::array<uint8_t, kMaxAckSize> packet{};
  while (true) {
    const ssize_t size = ::recv(sending_.fd(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (size < static_cast<ssize_t>(2 * kNumber)) return;
    const auto count = load_le<uint64_t>(packet.data() + kNumber);
    if (count > (static_cast<size_t>(size) - 2 * kNumber) / kRange) continue;
    std::vector<PacketRange> ranges;
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* const range = packet.data() + 2 * kNumber + i * kRange;
      ranges.push_back({load_le<uint64_t>(range), load_le<uint64_t>(range + kNumber)});
    }
    sender.acknowledge(ranges, Duration(load_le<uint64_t>(packet.data())), now());
  }
}

void QuicFlow::receive() {
  QuicReceiver receiver;
  std::array<uint8_t, kPacketSize> packet{};
  sockaddr_storage from{};
  socklen_t from_size = sizeof from;
  while (running_) {
    wait_for(receiving_, receiver.deadline());
    while (running_) {
      socklen_t size = sizeof from;
      const ssize_t got = ::recvfrom(receiving_.fd(), packet.data(), packet.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &size);
      if (got != static_cast<ssize_t>(kPacketSize)) break;
      from_size = size;
      receiver.receive(load_le<uint64_t>(packet.data()), now());
      if (receiver.due(now())) send_acknowledgement(receiving_, receiver, from, from_size);
    }
    if (receiver.due(now())) send_acknowledgement(receiving_, receiver, from, from_size);
    received_ = receiver.received();
    out_of_order_ = receiver.out_of_order();
  }
}

}  // namespace wirebraid::scenarios
