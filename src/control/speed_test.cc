#include "control/speed_test.h"

#include <algorithm>
#include <utility>

namespace wirebraid::control {

namespace {
// Finding out a path's capacity takes some round trips, which a short test must not count in.
constexpr int kWarmShare = 3;
constexpr Duration kLongestWarmUp = std::chrono::seconds(2);
}  // namespace

std::string_view to_string(Direction direction) {
  return direction == Direction::send ? "send" : "receive";
}

SpeedTest::SpeedTest(Direction direction, std::vector<std::string> uplinks, Duration duration,
                     Time now)
    : direction_(direction),
      uplinks_(std::move(uplinks)),
      counts_(uplinks_.size()),
      warm_at_(now + std::min(kLongestWarmUp, duration / kWarmShare)),
      end_(now + duration) {}

void SpeedTest::sample(std::span<const uint64_t> bytes, Time now) {
  if (now < warm_at_) return;
  for (size_t i = 0; i < counts_.size(); ++i) {
    Count& count = counts_[i];
    if (bytes[i] == 0) continue;
    if (count.first == 0 || bytes[i] < count.last) {  // the first, or the far side counts anew
      count = {now, now, bytes[i], bytes[i]};
    } else {
      count.last = bytes[i];
      count.last_at = now;
    }
  }
}

std::vector<std::optional<uint64_t>> SpeedTest::rates() const {
  std::vector<std::optional<uint64_t>> rates;
  for (const Count& count : counts_) {
    const double seconds = std::chrono::duration<double>(count.last_at - count.first_at).count();
    if (seconds <= 0) {
      rates.push_back(std::nullopt);
    } else {
      rates.push_back(
          static_cast<uint64_t>(static_cast<double>(count.last - count.first) * 8 / seconds));
    }
  }
  return rates;
}

}  // namespace wirebraid::control
