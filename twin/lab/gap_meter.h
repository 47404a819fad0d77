// The longest silence in a series of arrivals.
#pragma once

#include <algorithm>
#include <chrono>

namespace wirebraid::lab {

/// Not thread-safe.
class GapMeter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Length = std::chrono::microseconds;

  /// The first arrival starts the measurement. `when` must not decrease.
  void arrival(TimePoint when) {
    if (last_ != TimePoint{}) {
      longest_ = std::max(longest_, std::chrono::duration_cast<Length>(when - last_));
    }
    last_ = when;
  }
  Length longest() const { return longest_; }

 private:
  TimePoint last_{};
  Length longest_{};
};

}  // namespace wirebraid::lab
