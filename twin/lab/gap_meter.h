// The silences in a series of arrivals.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace wirebraid::lab {

/// Not thread-safe.
class GapMeter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Length = std::chrono::microseconds;

  /// The first arrival starts the measurement. `when` must not decrease.
  void arrival(TimePoint when) {
    if (last_ != TimePoint{}) {
      const auto length = std::chrono::duration_cast<Length>(when - last_);
      longest_ = std::max(longest_, length);
      if (length >= kRemembered && gaps_.size() < kMaxGaps) gaps_.push_back({last_, when});
    }
    last_ = when;
  }
  Length longest() const { return longest_; }
  /// Among the gaps that have a part in [from, to]; those below 2 ms do not count.
  Length longest_between(TimePoint from, TimePoint to) const {
    Length longest{};
    for (const Gap& each : gaps_) {
      if (each.end < from || each.start > to) continue;
      longest = std::max(longest, std::chrono::duration_cast<Length>(each.end - each.start));
    }
    return longest;
  }

 private:
  struct Gap {
    TimePoint start;
    TimePoint end;
  };
  static constexpr Length kRemembered{2000};
  /// Reached by half an hour of gaps as short as are remembered.
  static constexpr size_t kMaxGaps = 1'000'000;

  TimePoint last_{};
  Length longest_{};
  std::vector<Gap> gaps_;
};

}  // namespace wirebraid::lab
