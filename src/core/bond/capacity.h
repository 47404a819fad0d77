// How fast a path may be fed: its capacity from reports, and the pacing rate that follows from it.
//
// Model-based, after BBR (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue
// 14-5, 2016): capacity is the windowed maximum of the delivery rate, short probing phases find
// more of it. Unlike BBR the one-way delay is measured directly, so a queue in the modem is seen as
// such, the delivery rate while it stands is taken as the capacity, and pacing stays just below it
// until the queue is gone.
#pragma once

#include <array>
#include <cstdint>

#include "wirebraid/time.h"

namespace wirebraid {

/// Bytes on the wire per second.
using BytesPerSecond = double;

class Capacity {
 public:
  /// Upper bound set by the user; 0: none.
  void set_cap(BytesPerSecond cap) { cap_ = cap; }

  struct Sample {
    BytesPerSecond delivered = 0;  ///< by the receiver's clock
    BytesPerSecond rate = 0;       ///< the lower of that and what the path was fed meanwhile
    bool app_limited = false;      ///< the sender had nothing to send at some time within
    /// Standing queue: least one-way delay of the last few reports above that of the last seconds.
    Duration queue_delay{};
    Duration rtt{};
  };
  void on_sample(const Sample& sample, Time now);
  /// The path was away: start again from a part of what it had.
  void restart(Time now);

  BytesPerSecond estimate() const { return estimate_; }
  bool measured() const { return measured_; }
  /// Rate to feed the path with now.
  BytesPerSecond pacing_rate(Time now) const;
  /// Bytes that may be unacknowledged, given the lowest round trip seen.
  size_t inflight_limit(Duration min_rtt) const;

 private:
  enum class Phase : uint8_t { startup, cruise, probe, drain };
  static constexpr size_t kWindowBuckets = 10;
  static constexpr Duration kBucket = std::chrono::milliseconds(250);

  void enter(Phase phase, Duration length, Time now);
  void add_to_window(BytesPerSecond rate, Time now);
  BytesPerSecond window_maximum() const;

  BytesPerSecond cap_ = 0;
  BytesPerSecond estimate_ = 4e6 / 8;  ///< before anything was measured
  bool measured_ = false;
  Phase phase_ = Phase::startup;
  Time phase_end_ = kNever;
  Duration phase_length_{};
  BytesPerSecond startup_best_ = 0;
  Time startup_round_{};
  int startup_flat_ = 0;
  bool queue_ = false;             ///< the last sample saw a standing queue
  BytesPerSecond probe_from_ = 0;  ///< estimate when the running probe began
  bool found_more_ = false;        ///< the running probe has raised the estimate
  std::array<BytesPerSecond, kWindowBuckets> window_{};
  int64_t window_bucket_ = 0;
};

}  // namespace wirebraid
