// What the one-way delays of a path tell: its usual delay, its noise, and whether a queue stands
// in it.
//
// Delays are in the receiver's clock minus ours, so only differences have a meaning: between paths
// of one bond, and from the least delay of the last seconds, the floor.
#pragma once

#include <cstdint>

#include "core/bond/ring.h"
#include "wirebraid/time.h"

namespace wirebraid {

class PathDelay {
 public:
  /// The floor is the least delay of the running period of this length and the one before it.
  static constexpr Duration kFloorPeriod = std::chrono::seconds(10);
  /// A queue stands if no delay within this time was near the floor.
  static constexpr Duration kStanding = std::chrono::milliseconds(50);

  /// A delay in microseconds, measured by a report that came now.
  void add(int64_t delay, Time now);
  /// Forgets everything: another clock, or another path.
  void reset();
  /// Forgets what is older than kStanding anyway by the time that it is of use, for its memory.
  void release() { recent_.release(); }
  /// The queue has been drained and the delay is still there: the way has become longer.
  void raise_floor(Time now);

  bool known() const { return known_; }
  int64_t newest() const { return newest_; }
  /// Smoothed, microseconds. Without news a queue is taken to drain, as it does while nothing is
  /// sent.
  int64_t usual(Time now) const;
  /// Smoothed deviation from that.
  Duration deviation() const { return Duration(deviation_); }
  /// Jitter: how far a delay is off the line through its neighbours, so that a queue that grows
  /// steadily is none.
  Duration noise() const { return Duration(noise_); }
  /// Least delay within kStanding, above the floor.
  Duration standing(Time now) const;
  /// How much of that is no noise: a queue, whoever fills it.
  Duration queue(Time now) const;

 private:
  struct Recent {
    Time time{};
    int64_t delay = 0;
  };
  static constexpr size_t kMaxRecent = 64;
  int64_t floor() const { return current_ < previous_ ? current_ : previous_; }
  int64_t least_since(Time since) const;

  bool known_ = false;
  int64_t newest_ = 0;
  int64_t before_ = 0;  ///< the delay before the newest
  int64_t smoothed_ = 0;
  Time updated_{};
  int64_t deviation_ = 0;
  int64_t noise_ = 0;
  int64_t current_ = INT64_MAX;
  int64_t previous_ = INT64_MAX;
  Time period_start_{};
  Ring<Recent> recent_;  ///< kMaxRecent; at most one entry per kStanding / 32
};

}  // namespace wirebraid
