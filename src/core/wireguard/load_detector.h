// Whether handshakes come faster than we want to work for (white paper section 5.3).
#pragma once

#include <cstdint>

#include "wirebraid/time.h"

namespace wirebraid::wireguard {

/// Counts events in periods of one second. Overload holds for one second after the last event that
/// was above the limit.
class LoadDetector {
 public:
  /// Counts one; true if under load now.
  bool count(uint32_t limit_per_second, Time now) {
    if (now - period_start_ >= kPeriod) {
      period_start_ = now;
      in_period_ = 0;
    }
    if (++in_period_ > limit_per_second) overload_ends_ = now + kPeriod;
    return now < overload_ends_;
  }

 private:
  static constexpr Duration kPeriod = std::chrono::seconds(1);
  uint32_t in_period_ = 0;
  Time period_start_{};
  Time overload_ends_{};
};

}  // namespace wirebraid::wireguard
