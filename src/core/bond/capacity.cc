#include "core/bond/capacity.h"

#include <algorithm>

namespace wirebraid {

namespace {
constexpr double kStartupGain = 2.0;
constexpr double kCruiseGain = 0.98;  // slightly under: the queue belongs on our side
constexpr double kProbeGain = 1.25;
constexpr double kDrainGain = 0.85;
constexpr double kStartupGrowth = 1.25;  // per round, below which it counts as flat (BBR)
constexpr int kStartupFlatRounds = 3;
constexpr int kCruisePhases = 6;  // cruising lasts this many probe lengths
constexpr Duration kMinRound = std::chrono::milliseconds(40);  // a report interval and a short RTT
constexpr Duration kQueueThreshold = std::chrono::milliseconds(8);
constexpr BytesPerSecond kMinimum = 64e3 / 8;
constexpr size_t kMinInflight = 32 * 1500;
}  // namespace

void Capacity::enter(Phase phase, Duration length, Time now) {
  phase_ = phase;
  phase_length_ = length;
  phase_end_ = now + length;
}

void Capacity::add_to_window(BytesPerSecond rate, Time now) {
  const int64_t bucket = now.time_since_epoch() / kBucket;
  // Time without samples does not count: an idle path keeps what it had.
  if (bucket != window_bucket_) {
    window_bucket_ = bucket;
    std::rotate(window_.rbegin(), window_.rbegin() + 1, window_.rend());
    window_[0] = 0;
  }
  window_[0] = std::max(window_[0], rate);
}

BytesPerSecond Capacity::window_maximum() const {
  return *std::max_element(window_.begin(), window_.end());
}

void Capacity::restart(Time now) {
  estimate_ = std::max(estimate_ / 2, kMinimum);
  window_.fill(0);
  window_[0] = estimate_;
  phase_ = Phase::startup;
  phase_end_ = kNever;
  startup_best_ = 0;
  startup_flat_ = 0;
  startup_round_ = now;
  queue_samples_ = 0;
  queue_ = false;
}

void Capacity::on_sample(const Sample& sample, Time now) {
  const Duration round = std::max(sample.rtt + Duration(25'000), kMinRound);
  const bool above = sample.queue_delay > kQueueThreshold + 2 * sample.jitter;
  queue_samples_ = above ? queue_samples_ + 1 : 0;
  queue_ = queue_samples_ >= 2;

  // While a queue stands in the path, it is busy whatever the sender had: the sample is the path's.
  const bool app_limited = sample.app_limited && !above;
  if (!app_limited || sample.rate > estimate_) {
    measured_ = true;
    add_to_window(sample.rate, now);
    estimate_ = window_maximum();
  }
  if (queue_ && sample.rate < estimate_) {
    // The path is the bottleneck for certain: what it delivers is what it can.
    window_.fill(0);
    window_[0] = (estimate_ + sample.rate) / 2;
    estimate_ = window_[0];
  }
  estimate_ = std::max(estimate_, kMinimum);

  switch (phase_) {
    case Phase::startup:
      if (app_limited) break;
      if (queue_) {
        enter(Phase::drain, round, now);
      } else if (now - startup_round_ >= round) {
        startup_round_ = now;
        startup_flat_ = estimate_ < startup_best_ * kStartupGrowth ? startup_flat_ + 1 : 0;
        startup_best_ = std::max(startup_best_, estimate_);
        if (startup_flat_ >= kStartupFlatRounds) enter(Phase::drain, round, now);
      }
      break;
    case Phase::cruise:
      if (now < phase_end_) break;
      // Probing is only of use when there is something to send, and room in the path.
      if (!app_limited && !above) enter(Phase::probe, round, now);
      break;
    case Phase::probe:
      if (queue_ || now >= phase_end_) enter(Phase::drain, round, now);
      break;
    case Phase::drain:
      if (now >= phase_end_ && !above) enter(Phase::cruise, kCruisePhases * round, now);
      break;
  }
}

BytesPerSecond Capacity::pacing_rate(Time now) const {
  double gain = kCruiseGain;
  switch (phase_) {
    case Phase::startup:
      gain = kStartupGain;
      break;
    case Phase::probe:
      // No sample may come to end the phase; it ends by itself.
      gain = now < phase_end_ ? kProbeGain : kCruiseGain;
      break;
    case Phase::drain:
      gain = queue_ || now < phase_end_ ? kDrainGain : kCruiseGain;
      break;
    case Phase::cruise:
      gain = queue_ ? kDrainGain : kCruiseGain;
      break;
  }
  const BytesPerSecond rate = std::max(estimate_ * gain, kMinimum);
  return cap_ > 0 ? std::min(rate, cap_) : rate;
}

size_t Capacity::inflight_limit(Duration min_rtt) const {
  const double seconds = std::chrono::duration<double>(min_rtt + Duration(60'000)).count();
  return std::max(kMinInflight, static_cast<size_t>(2 * estimate_ * seconds));
}

}  // namespace wirebraid
