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
#include <memory>

#include "core/bond/rate_sampler.h"
#include "wirebraid/time.h"

namespace wirebraid {

class Capacity {
 public:
  /// Upper bound set by the user; 0: none.
  void set_cap(BytesPerSecond cap) { cap_ = cap; }

  struct Sample {
    BytesPerSecond fed = 0;
    BytesPerSecond delivered = 0;  ///< of what was fed, by the receiver's clock
    double loss = 0;               ///< share of what was fed that did not arrive
    bool app_limited = false;      ///< the sender had nothing to send at some time within
    Duration queue{};              ///< standing queue, as a delay; 0: none
    double uncertainty = 0;        ///< of both rates, as a share: what jitter may have done
    Time since{};                  ///< when the oldest of it was sent
    Duration window{};             ///< length of the sample
    Duration rtt{};
  };
  /// True: what looks like a queue cannot be one, for it does not drain; the path has become
  /// longer.
  bool on_sample(const Sample& sample, Time now);
  /// The path was away: start again from a part of what it had.
  void restart(Time now);
  /// Gives back the memory that only traffic needs. What the path carries is remembered.
  void rest();

  BytesPerSecond estimate() const { return estimate_; }
  bool measured() const { return measured_; }
  /// The first estimate is still being looked for.
  bool starting() const { return phase_ == Phase::startup; }
  /// Rate to feed the path with now.
  BytesPerSecond pacing_rate(Time now) const;
  /// Bytes that may be unacknowledged, given the lowest round trip seen.
  size_t inflight_limit(Duration min_rtt) const;

 private:
  /// After a probe its result is awaited.
  enum class Phase : uint8_t { startup, cruise, probe, judge, drain };
  static constexpr size_t kWindowBuckets = 10;
  static constexpr Duration kBucket = std::chrono::milliseconds(250);

  /// Makes `search_`, which what is below needs.
  void prepare();
  void enter(Phase phase, Duration length, Time now);
  void run_phase(const Sample& sample, BytesPerSecond before, Time now);
  void cruise(Duration round, Time now);
  void add_to_window(BytesPerSecond rate, Time now);
  BytesPerSecond window_maximum() const;
  double usual_loss(const Sample& sample, Time now);
  /// More or less came out than was fed: the queue is one that we fill or that drains.
  static bool is_ours(const Sample& sample, BytesPerSecond carried);
  void lower(const Sample& sample, BytesPerSecond carried, Time now);
  void believe_delivered(const Sample& sample);
  bool does_not_drain(const Sample& sample, Time now);

  /// What is needed while there is traffic.
  struct Search {
    std::array<BytesPerSecond, kWindowBuckets> window{};
    int64_t window_bucket = 0;
    Time phase_end = kNever;
    BytesPerSecond startup_best = 0;
    Time startup_round{};
    int startup_flat = 0;
    int found_more = 0;             ///< probes in a row that have raised the estimate
    BytesPerSecond probe_from = 0;  ///< estimate when the running probe began
    Duration queue{};               ///< as the last sample saw it
    Time restless_until{};          ///< it has changed a lot, and may soon again
    Time lowered{};                 ///< when the estimate was last lowered
    Time queue_since{};
    Duration queue_peak{};  ///< since then
    double loss = 0;        ///< smoothed
    double loss_least = 1;
    Time loss_period{};
    Time loss_sampled{};
  };

  BytesPerSecond cap_ = 0;
  /// Before anything was measured: so high that a flow's slow start finds no queue with us, which
  /// would end it early.
  BytesPerSecond estimate_ = 30e6 / 8;
  double loss_floor_ = 0;  ///< least of the period before the running one
  std::unique_ptr<Search> search_;
  bool measured_ = false;
  Phase phase_ = Phase::startup;
};

}  // namespace wirebraid
