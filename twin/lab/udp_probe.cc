#include "twin/lab/udp_probe.h"

#include <algorithm>

#include "twin/fabric/hardware_thread.h"
#include "twin/lab/process.h"
#include "wirebraid/bytes.h"

namespace wirebraid::lab {
namespace {

constexpr size_t kNumberSize = sizeof(uint64_t);
/// Bound on the numbers remembered: half an hour at 1000 packets per second.
constexpr uint64_t kMaxPackets = 1'800'000;

}  // namespace

uint64_t UdpProbeReport::lost_between(TimePoint from, TimePoint to) const {
  uint64_t lost = 0;
  for (size_t number = 0; number < sent_at.size(); ++number) {
    if (sent_at[number] < from || sent_at[number] >= to) continue;
    if (number >= arrived_at.size() || arrived_at[number] == TimePoint{}) ++lost;
  }
  return lost;
}

UdpProbe::UdpProbe(const Namespace& from, const Namespace& to, const UdpProbeOptions& options)
    : options_(options),
      destination_(options.address, options.port),
      sender_(from, destination_.family(), SOCK_DGRAM),
      receiver_(to, destination_.family(), SOCK_DGRAM) {
  receiver_.bind(destination_);
  receiver_.limit_waits();
  receive_thread_ = std::thread([this] { receive(); });
  send_thread_ = std::thread([this] { send(); });
}

UdpProbe::~UdpProbe() { join(); }

void UdpProbe::join() {
  sending_ = false;
  receiving_ = false;
  if (send_thread_.joinable()) send_thread_.join();
  if (receive_thread_.joinable()) receive_thread_.join();
}

UdpProbeReport UdpProbe::finish(std::chrono::milliseconds patience) {
  sending_ = false;
  if (send_thread_.joinable()) send_thread_.join();
  uint64_t before = 0;
  do {
    before = received_;
    wait_until([&] { return received_ == sent_; }, patience);
  } while (received_ != sent_ && received_ != before);
  join();
  return {.sent = sent_,
          .received = received_,
          .duplicates = duplicates_,
          .reordered = reordered_at_.size(),
          .longest_gap = gaps_.longest(),
          .gaps = gaps_,
          .sent_at = sent_at_,
          .arrived_at = arrived_at_,
          .reordered_at = reordered_at_};
}

void UdpProbe::send() {
  fabric::become_hardware();
  std::vector<uint8_t> packet(std::max(options_.size, kNumberSize));
  // A minute of them without a move of the log, which would delay the next packet.
  sent_at_.reserve(static_cast<size_t>(options_.packets_per_second) * 60);
  const auto interval = std::chrono::nanoseconds(1'000'000'000 / options_.packets_per_second);
  auto due = std::chrono::steady_clock::now();
  while (sending_ && sent_ < kMaxPackets) {
    store_le<uint64_t>(packet.data(), sent_);
    const auto now = std::chrono::steady_clock::now();
    // A number is used up only when the kernel took the packet; otherwise it is tried again.
    if (::sendto(sender_.fd(), packet.data(), packet.size(), 0, destination_.data(),
                 destination_.size) == static_cast<ssize_t>(packet.size())) {
      sent_at_.push_back(now);
      ++sent_;
    }
    due += interval;
    std::this_thread::sleep_until(due);
  }
}

void UdpProbe::receive() {
  fabric::become_hardware();
  std::vector<uint8_t> packet(65'536);
  uint64_t next = 0;  // one above the highest number seen
  while (receiving_) {
    const ssize_t size = ::recv(receiver_.fd(), packet.data(), packet.size(), 0);
    if (size < static_cast<ssize_t>(kNumberSize)) continue;
    const auto number = load_le<uint64_t>(packet.data());
    if (number >= kMaxPackets) continue;
    const auto now = std::chrono::steady_clock::now();
    if (number >= arrived_at_.size()) arrived_at_.resize(number + 1);
    if (arrived_at_[number] != TimePoint{}) {
      ++duplicates_;
      continue;
    }
    arrived_at_[number] = now;
    if (number < next) reordered_at_.push_back(now);
    next = std::max(next, number + 1);
    gaps_.arrival(now);
    ++received_;
  }
}

}  // namespace wirebraid::lab
