// Whether handshakes come faster than we want to work for (white paper section 5.3).
#pragma once

#include <algorithm>
#include <limits>

#include "wirebraid/time.h"

namespace wirebraid::wireguard {

/// A token bucket of messages. Overload holds for one second after the last that found it empty.
class LoadDetector {
 public:
  struct Limit {
    double per_second = 0;
    double at_once = 0;
  };

  /// Counts one; true if under load now.
  bool count(const Limit& limit, Time now) {
    const double seconds = std::chrono::duration<double>(now - counted_).count();
    left_ = std::min(limit.at_once, left_ + limit.per_second * seconds);
    counted_ = now;
    if (left_ >= 1) {
      left_ -= 1;
    } else {
      overload_ends_ = now + std::chrono::seconds(1);
    }
    return now < overload_ends_;
  }

 private:
  double left_ = std::numeric_limits<double>::infinity();
  Time counted_{};
  Time overload_ends_{};
};

}  // namespace wirebraid::wireguard
