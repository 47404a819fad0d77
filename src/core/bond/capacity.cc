#include "core/bond/capacity.h"

#include <algorithm>

namespace wirebraid {

namespace {
constexpr double kStartupGain = 2.0;
constexpr double kCruiseGain = 0.98;  // slightly under: the queue belongs on our side
constexpr double kProbeGain = 1.1;
constexpr double kFastProbeGain = 1.5;  // after a probe that has found more
constexpr double kDrainGain = 0.85;
constexpr double kFoundMore = 1.04;  // growth by which a probe counts as a success
constexpr double kForeignQueueDecay = 0.95;
constexpr double kStartupGrowth = 1.25;  // per round, below which it counts as flat (BBR)
constexpr int kStartupFlatRounds = 3;
constexpr int kCruisePhases = 6;  // cruising lasts this many probe lengths
constexpr Duration kMinRound = std::chrono::milliseconds(40);  // a report interval and a short RTT
constexpr Duration kQueueThreshold = std::chrono::milliseconds(4);
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
  queue_ = false;
}

void Capacity::on_sample(const Sample& sample, Time now) {
  const Duration round = std::max(sample.rtt + Duration(25'000), kMinRound);
  const BytesPerSecond before = estimate_;
  queue_ = sample.queue_delay > kQueueThreshold;

  if (!sample.app_limited || sample.rate > estimate_) {
    measured_ = true;
    add_to_window(sample.rate, now);
    estimate_ = window_maximum();
  }
  if (queue_ && sample.delivered < estimate_) {
    // The path is the bottleneck for certain: what it delivers is what it can. Unless little was
    // sent, then the queue is somebody else's and only says that there is less for us.
    const BytesPerSecond target = sample.app_limited
                                      ? std::max(sample.delivered, estimate_ * kForeignQueueDecay)
                                      : (estimate_ + sample.delivered) / 2;
    window_.fill(0);
    window_[0] = target;
    estimate_ = target;
  }
  estimate_ = std::max(estimate_, kMinimum);

  switch (phase_) {
    case Phase::startup:
      if (queue_) {
        enter(Phase::drain, round, now);
      } else if (!sample.app_limited && now - startup_round_ >= round) {
        startup_round_ = now;
        startup_flat_ = estimate_ < startup_best_ * kStartupGrowth ? startup_flat_ + 1 : 0;
        startup_best_ = std::max(startup_best_, estimate_);
        if (startup_flat_ >= kStartupFlatRounds) enter(Phase::drain, round, now);
      }
      break;
    case Phase::cruise:
      // Probing is only of use when there is something to send, and room in the path.
      if (now >= phase_end_ && !sample.app_limited && !queue_) {
        found_more_ = false;
        probe_from_ = before;
        enter(Phase::probe, round, now);
      }
      break;
    case Phase::probe:
      if (queue_) {
        enter(Phase::drain, round, now);
      } else if (now >= phase_end_) {
        found_more_ = estimate_ > probe_from_ * kFoundMore;
        probe_from_ = estimate_;
        if (found_more_) {
          enter(Phase::probe, round, now);
        } else {
          enter(Phase::cruise, kCruisePhases * round, now);
        }
      }
      break;
    case Phase::drain:
      if (now >= phase_end_ && !queue_) enter(Phase::cruise, kCruisePhases * round, now);
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
      if (now < phase_end_) gain = found_more_ ? kFastProbeGain : kProbeGain;
      break;
    case Phase::drain:
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
