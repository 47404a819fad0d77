#include "core/bond/path_delay.h"

#include <algorithm>
#include <cstdlib>

namespace wirebraid {

namespace {
// Below this, what stands in the path is what drivers and schedulers do.
constexpr Duration kLeastQueue = std::chrono::milliseconds(4);
constexpr int kNoiseFactor = 2;
constexpr Duration kStale = std::chrono::milliseconds(400);
}  // namespace

void PathDelay::reset() { *this = PathDelay{}; }

void PathDelay::add(int64_t delay, Time now) {
  if (!known_) {
    known_ = true;
    newest_ = before_ = delay;
    period_start_ = now;
  }
  if (now - updated_ > kStale) smoothed_ = delay;
  deviation_ += (std::llabs(delay - smoothed_) - deviation_) / 8;
  smoothed_ += (delay - smoothed_) / 4;
  noise_ += (std::llabs(delay - 2 * newest_ + before_) / 2 - noise_) / 8;
  before_ = newest_;
  newest_ = delay;
  updated_ = now;

  if (now - period_start_ >= kFloorPeriod) {
    previous_ = current_;
    current_ = delay;
    period_start_ = now;
  }
  current_ = std::min(current_, delay);

  if (!recent_.empty() && now - recent_.back().time < kStanding / 32) {
    recent_.back().delay = std::min(recent_.back().delay, delay);
  } else {
    recent_.reserve(kMaxRecent);  // how many there will be is a matter of chance
    if (recent_.size() == kMaxRecent) recent_.pop_front();
    recent_.push_back({now, delay});
  }
}

int64_t PathDelay::usual(Time now) const {
  const int64_t drained = smoothed_ - (now - updated_).count();
  return std::clamp(floor() + noise_, std::min(drained, smoothed_), smoothed_);
}

int64_t PathDelay::least_since(Time since) const {
  int64_t least = newest_;
  for (size_t back = 1; back <= recent_.size(); ++back) {
    const Recent& each = recent_[recent_.size() - back];
    // Two at least: on a path with few reports the last one alone says little.
    if (each.time < since && back > 2) break;
    least = std::min(least, each.delay);
  }
  return least;
}

Duration PathDelay::standing(Time now) const {
  if (!known_) return Duration{};
  return Duration(std::max<int64_t>(0, least_since(now - kStanding) - floor()));
}

Duration PathDelay::queue(Time now) const {
  const Duration delay = standing(now);
  return delay > std::max(kLeastQueue, kNoiseFactor * noise()) ? delay : Duration{};
}

void PathDelay::raise_floor(Time now) {
  current_ = least_since(now - kStanding);
  previous_ = INT64_MAX;
  period_start_ = now;
}

}  // namespace wirebraid
