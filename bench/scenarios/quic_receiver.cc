#include "bench/scenarios/quic_receiver.h"

#include <algorithm>
#include <iterator>

namespace wirebraid::scenarios {
namespace {

constexpr std::chrono::milliseconds kMaxAckDelay{25};
constexpr int kPacketsPerAck = 2;
constexpr size_t kMaxRanges = 32;

}  // namespace

bool QuicReceiver::insert(uint64_t number) {
  auto after = ranges_.upper_bound(number);
  if (after != ranges_.begin()) {
    const auto before = std::prev(after);
    if (number <= before->second) return false;
    if (number == before->second + 1) {
      before->second = number;
      if (after != ranges_.end() && after->first == number + 1) {
        before->second = after->second;
        ranges_.erase(after);
      }
      return true;
    }
  }
  uint64_t last = number;
  if (after != ranges_.end() && after->first == number + 1) {
    last = after->second;
    after = ranges_.erase(after);
  }
  ranges_.emplace_hint(after, number, last);
  return true;
}

void QuicReceiver::receive(uint64_t number, Time now) {
  const bool any = !ranges_.empty();
  const uint64_t highest = any ? ranges_.rbegin()->second : 0;
  if (!insert(number)) return;
  ++received_;
  const bool older = any && number < highest;
  if (older) ++out_of_order_;
  if (!older) newest_at_ = now;
  const bool gap = any && number > highest + 1;
  if (++unacknowledged_ >= kPacketsPerAck || older || gap) {
    deadline_ = now;
  } else {
    deadline_ = std::min(deadline_, now + kMaxAckDelay);
  }
  while (ranges_.size() > kMaxRanges) ranges_.erase(ranges_.begin());
}

std::vector<PacketRange> QuicReceiver::acknowledge() {
  std::vector<PacketRange> result;
  for (auto each = ranges_.rbegin(); each != ranges_.rend(); ++each) {
    result.push_back({each->first, each->second});
  }
  unacknowledged_ = 0;
  deadline_ = kNever;
  return result;
}

}  // namespace wirebraid::scenarios
