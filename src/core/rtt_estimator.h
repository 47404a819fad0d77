// Smoothed round trip time and its variation, as in RFC 6298 section 2.
#pragma once

#include "wirebraid/time.h"

namespace wirebraid {

class RttEstimator {
 public:
  void add(Duration rtt) {
    if (!measured_) {
      measured_ = true;
      smoothed_ = rtt;
      variation_ = rtt / 2;
      return;
    }
    const Duration difference = rtt > smoothed_ ? rtt - smoothed_ : smoothed_ - rtt;
    variation_ += (difference - variation_) / 4;
    smoothed_ += (rtt - smoothed_) / 8;
  }
  bool measured() const { return measured_; }
  Duration smoothed() const { return smoothed_; }
  Duration variation() const { return variation_; }
  /// RTO without its lower bound: nearly every answer comes within it. Precondition: measured().
  Duration bound() const { return smoothed_ + 4 * variation_; }

 private:
  bool measured_ = false;
  Duration smoothed_{};
  Duration variation_{};
};

}  // namespace wirebraid
