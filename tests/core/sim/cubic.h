// The congestion window of the bulk flows: CUBIC (RFC 9438) with slow start and HyStart's delay
// test (RFC 9406), in packets of one size.
#pragma once

#include "wirebraid/time.h"

namespace wirebraid::sim {

class Cubic {
 public:
  double window() const { return window_; }
  bool slow_start() const { return window_ < threshold_; }

  /// `count` packets were acknowledged while `in_flight` others were under way. Does nothing
  /// while the window is not what limits the flow.
  void on_acknowledged(uint64_t count, uint64_t in_flight, Duration smoothed_rtt, Time now);
  /// A round trip was measured; `oldest` and `next` are the numbers of the oldest unacknowledged
  /// packet and of the next new one.
  void on_rtt(Duration rtt, uint64_t oldest, uint64_t next);
  /// A loss or a mark; at most once per round trip, which is the caller's to see to.
  void on_congestion();
  /// Nothing came back: starts again from `packets`, below the threshold of on_congestion().
  void collapse(double packets) { window_ = packets; }

 private:
  double window_ = 10;
  double threshold_ = 1e9;
  double maximum_ = 0;
  double k_ = 0;  ///< seconds
  Time epoch_ = kNever;
  double reno_window_ = 0;
  uint64_t round_end_ = 0;
  Duration round_rtt_ = Duration::max();
  Duration lowest_rtt_ = Duration::max();
  int round_samples_ = 0;
};

}  // namespace wirebraid::sim
