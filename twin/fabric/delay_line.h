// The frames under way on one direction of a link, in order, each with its arrival time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "twin/fabric/link.h"
#include "wirebraid/time.h"

namespace wirebraid::fabric {

/// A Link together with the frames it carries. T is whatever the caller sends (bytes, a Packet, a
/// number); it must be movable. Not thread-safe.
template <typename T>
class DelayLine {
 public:
  /// `max_frames`: bound on the frames under way; beyond it DropReason::overflow. The default
  /// holds 100 ms of minimum-size frames at 300 Mbit/s.
  DelayLine(const LinkOptions& options, uint64_t seed, size_t max_frames = 65'536)
      : link_(options, seed), max_frames_(max_frames) {}

  /// Sends a frame that counts `bytes` on the wire. The frame is destroyed if it is dropped.
  Fate push(T frame, size_t bytes, Time now) {
    const Fate fate = link_.enqueue(bytes, now);
    if (!fate) return fate;
    if (frames_.size() >= max_frames_) return link_.drop(DropReason::overflow);
    frames_.push_back({std::move(frame), bytes, fate.arrival});
    return fate;
  }

  /// The next frame that has arrived by `now`, if any. Frames that
  /// fall due while the link is cut are discarded.
  std::optional<T> pop_due(Time now) {
    while (!frames_.empty() && frames_.front().arrival <= now) {
      UnderWay next = std::move(frames_.front());
      frames_.pop_front();
      if (link_.arrive(next.bytes)) return std::move(next.frame);
    }
    return std::nullopt;
  }

  /// When to call pop_due() again; kNever if nothing is under way.
  Time next_deadline() const { return frames_.empty() ? kNever : frames_.front().arrival; }
  size_t size() const { return frames_.size(); }

  Link& link() { return link_; }
  const Link& link() const { return link_; }

 private:
  struct UnderWay {
    T frame;
    size_t bytes;
    Time arrival;
  };

  Link link_;
  size_t max_frames_;
  std::deque<UnderWay> frames_;
};

}  // namespace wirebraid::fabric
