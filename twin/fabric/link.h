// One direction of an emulated link: a model without frames, clocks or I/O. It is told a frame's
// size and the time, and says when the frame arrives or why it does not. The same class serves
// virtual time (the core's simulator) and real time (fabric::Wire), so it is header-only: whoever
// includes it needs no library.
//
// A frame passes, in this order: the cut (state), the queue (tail drop), the transmitter (rate),
// the medium (random and burst loss), and the way (delay and jitter). A frame lost on the medium
// has used its transmission time, as on a radio link.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

#include "wirebraid/time.h"

namespace wirebraid::fabric {

enum class LinkState : uint8_t {
  up,
  blackhole,  ///< swallows everything, and nobody is told
  down,       ///< as blackhole; in real time the ends lose carrier as well
};

/// Two-state burst loss (Gilbert 1960, Elliott 1963); the state moves once per frame. The long-run
/// loss is enter / (enter + leave) * loss.
struct BurstLoss {
  double enter = 0;  ///< probability per frame of good -> bad; 0 turns burst loss off
  double leave = 1;  ///< probability per frame of bad -> good
  double loss = 1;   ///< probability of losing a frame in the bad state
};

struct LinkOptions {
  uint64_t rate = 0;        ///< bits per second of the sizes given to enqueue(); 0: unlimited
  Duration delay{};         ///< one way, added to the transmission time
  Duration jitter{};        ///< extra delay that wanders within [0, jitter]; never reorders
  double loss = 0;          ///< probability per frame, independent
  BurstLoss burst{};        ///< beside `loss`
  Duration queue{100'000};  ///< longest wait for the transmitter; beyond it tail drop
  LinkState state = LinkState::up;
};

enum class DropReason : uint8_t {
  queue,      ///< would have waited longer than LinkOptions::queue
  loss,       ///< LinkOptions::loss
  burst,      ///< LinkOptions::burst
  blackhole,  ///< on entering, or cut while under way
  down,       ///< likewise
  overflow,   ///< whoever holds the frames has no room (DelayLine's bound)
};
inline constexpr size_t kDropReasons = 6;

/// Of one direction since its start. Frames under way are those offered but neither delivered nor
/// dropped.
struct LinkStatistics {
  uint64_t offered_frames = 0;
  uint64_t offered_bytes = 0;
  uint64_t delivered_frames = 0;
  uint64_t delivered_bytes = 0;
  std::array<uint64_t, kDropReasons> dropped_frames{};
  Duration longest_wait{};  ///< for the transmitter, among the frames that got it

  uint64_t dropped(DropReason reason) const { return dropped_frames[static_cast<size_t>(reason)]; }
};

/// What becomes of a frame: it arrives at `arrival`, or it was dropped.
struct Fate {
  Time arrival = kNever;
  std::optional<DropReason> dropped;
  explicit operator bool() const { return !dropped.has_value(); }
};

/// Deterministic: the same seed, options and calls give the same fates. Not thread-safe.
class Link {
 public:
  Link(const LinkOptions& options, uint64_t seed) : options_(options), random_(seed) {}

  /// Offers a frame of `bytes` at `now`; `now` must not decrease from call to call. Arrival times
  /// never decrease. Whoever holds the frame calls arrive() at that time.
  Fate enqueue(size_t bytes, Time now) {
    ++statistics_.offered_frames;
    statistics_.offered_bytes += bytes;
    if (auto cut = cut_reason()) return drop(*cut);

    const Nanos start = std::max(free_at_, Nanos(now));
    const auto wait = std::chrono::floor<Duration>(start - Nanos(now));
    if (wait > options_.queue) return drop(DropReason::queue);
    statistics_.longest_wait = std::max(statistics_.longest_wait, wait);
    transmit(bytes, start);

    if (burst_loses()) return drop(DropReason::burst);
    if (chance(options_.loss)) return drop(DropReason::loss);

    const Time sent = std::chrono::ceil<Duration>(free_at_);
    last_arrival_ = std::max(last_arrival_, sent + options_.delay + jitter_at(sent));
    return {last_arrival_, std::nullopt};
  }

  /// The frame has reached the far end, or, if false, the link was cut while it was under way.
  bool arrive(size_t bytes) {
    if (auto cut = cut_reason()) {
      drop(*cut);
      return false;
    }
    ++statistics_.delivered_frames;
    statistics_.delivered_bytes += bytes;
    return true;
  }

  /// Counts a frame that its holder could not keep.
  Fate drop(DropReason reason) {
    ++statistics_.dropped_frames[static_cast<size_t>(reason)];
    return {kNever, reason};
  }

  /// Rate, delay, loss and queue hold for frames offered from now on; those under way keep their
  /// arrival. A cut takes those under way as well.
  void set_options(const LinkOptions& options) { options_ = options; }
  const LinkOptions& options() const { return options_; }
  const LinkStatistics& statistics() const { return statistics_; }

  /// How long a frame offered now would wait for the transmitter.
  Duration backlog(Time now) const {
    return std::chrono::floor<Duration>(std::max(free_at_, Nanos(now)) - Nanos(now));
  }

 private:
  using Nanos = std::chrono::time_point<Clock, std::chrono::nanoseconds>;

  std::optional<DropReason> cut_reason() const {
    switch (options_.state) {
      case LinkState::up:
        return std::nullopt;
      case LinkState::blackhole:
        return DropReason::blackhole;
      case LinkState::down:
        return DropReason::down;
    }
    return std::nullopt;
  }

  /// Occupies the transmitter. The division's remainder is carried from frame to frame, so a busy
  /// link keeps its rate exactly over any length of time.
  void transmit(size_t bytes, Nanos start) {
    if (start > free_at_) remainder_ = 0;
    free_at_ = start;
    if (options_.rate == 0) return;
    const uint64_t scaled = uint64_t{bytes} * 8 * 1'000'000'000 + remainder_;
    free_at_ += std::chrono::nanoseconds(scaled / options_.rate);
    remainder_ = scaled % options_.rate;
  }

  bool burst_loses() {
    if (options_.burst.enter <= 0) {
      in_burst_ = false;
      return false;
    }
    if (chance(in_burst_ ? options_.burst.leave : options_.burst.enter)) in_burst_ = !in_burst_;
    return in_burst_ && chance(options_.burst.loss);
  }

  /// The extra delay moves in straight lines between random points that lie `jitter` apart in
  /// time, so it never falls faster than time passes and frames keep their order. Independent
  /// draws held in order by a maximum would instead stick to the upper end on a busy link.
  Duration jitter_at(Time when) {
    const Duration period = options_.jitter;
    if (period <= Duration::zero()) return Duration::zero();
    if (when >= jitter_until_ + period || jitter_to_ > period) {  // idle for long, or new options
      jitter_from_ = draw(period);
      jitter_to_ = draw(period);
      jitter_since_ = when;
      jitter_until_ = when + period;
    } else if (when >= jitter_until_) {
      jitter_from_ = jitter_to_;
      jitter_to_ = draw(period);
      jitter_since_ = jitter_until_;
      jitter_until_ += period;
    }
    const auto span = (jitter_until_ - jitter_since_).count();
    return jitter_from_ + (jitter_to_ - jitter_from_) * (when - jitter_since_).count() / span;
  }

  Duration draw(Duration limit) {
    return Duration(static_cast<int64_t>(uniform() * static_cast<double>(limit.count() + 1)));
  }
  bool chance(double probability) { return probability > 0 && uniform() < probability; }
  /// In [0, 1). Not std::uniform_real_distribution, whose values differ between libraries.
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

  LinkOptions options_;
  std::mt19937_64 random_;
  LinkStatistics statistics_;
  Nanos free_at_{};         // when the transmitter has sent everything accepted so far
  uint64_t remainder_ = 0;  // of the transmission time, in ns * rate
  Time last_arrival_ = Time::min();
  bool in_burst_ = false;
  Duration jitter_from_{};
  Duration jitter_to_{};
  Time jitter_since_{};
  Time jitter_until_{};
};

}  // namespace wirebraid::fabric
