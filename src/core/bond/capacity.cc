#include "core/bond/capacity.h"

#include <algorithm>

namespace wirebraid {

namespace {
constexpr double kStartupGain = 2.5;
constexpr double kCruiseGain = 0.98;  // slightly under: the queue belongs on our side
// A probe, and those that follow while each has found more.
constexpr std::array kProbeGains = {1.1, 1.25, 1.5, 2.0};
constexpr double kDrainGain = 0.85;
constexpr double kLeastDrainGain = 0.4;
constexpr Duration kSmallQueue = std::chrono::milliseconds(10);
constexpr double kFoundMore = 1.04;  // growth by which a probe counts as a success
constexpr double kRestless = 1.15;   // change of the estimate after which more may come soon
constexpr Duration kRestlessTime = std::chrono::seconds(3);
// A queue while we do not use all that we might. Perhaps somebody else's, and then what we carry is
// less than what we could; perhaps ours, when the estimate is too high for us to notice a limit.
constexpr double kForeignQueueDecay = 0.95;
constexpr double kLongQueueDecay = 0.7;
constexpr Duration kLongQueue = std::chrono::milliseconds(35);
constexpr double kStartupGrowth = 1.25;  // per round, below which it counts as flat (BBR)
constexpr int kStartupFlatRounds = 3;
constexpr int kCruisePhases = 6;  // cruising lasts this many probe lengths
constexpr Duration kMinRound = std::chrono::milliseconds(40);  // a report interval and a short RTT
constexpr Duration kReport = std::chrono::milliseconds(25);    // what a result is late by
constexpr Duration kStartupQueue = std::chrono::milliseconds(10);
constexpr double kStartupOverload = 0.9;
constexpr double kOverloadLoss = 0.2;  // at the end of a startup
constexpr BytesPerSecond kMinimum = 64e3 / 8;
constexpr size_t kMinInflight = 32 * 1500;
// Delivered and fed are the same: whatever stands in the path, we neither fill nor drain it.
constexpr double kSame = 0.03;
// Longer than the window, so that the rate that has caused a loss is forgotten before the loss
// counts as usual.
constexpr Duration kLossPeriod = std::chrono::seconds(3);
constexpr Duration kLossTime = std::chrono::milliseconds(300);
constexpr double kMostUsualLoss = 0.3;  // beyond, nobody would use the path
}  // namespace

void Capacity::enter(Phase phase, Duration length, Time now) {
  phase_ = phase;
  search_->phase_end = now + length;
}

void Capacity::cruise(Duration round, Time now) {
  enter(Phase::cruise, now < search_->restless_until ? round : kCruisePhases * round, now);
}

void Capacity::add_to_window(BytesPerSecond rate, Time now) {
  const int64_t bucket = now.time_since_epoch() / kBucket;
  // Time without samples does not count: an idle path keeps what it had.
  if (bucket != search_->window_bucket) {
    search_->window_bucket = bucket;
    std::rotate(search_->window.rbegin(), search_->window.rbegin() + 1, search_->window.rend());
    search_->window[0] = 0;
  }
  search_->window[0] = std::max(search_->window[0], rate);
}

BytesPerSecond Capacity::window_maximum() const {
  return *std::max_element(search_->window.begin(), search_->window.end());
}

void Capacity::prepare() {
  if (search_) return;
  search_ = std::make_unique<Search>();
  if (phase_ != Phase::startup) search_->phase_end = Time{};
  if (measured_) {
    search_->window[0] = estimate_;
    search_->loss = search_->loss_least = loss_floor_;
  }
}

void Capacity::rest() {
  search_.reset();
  if (phase_ != Phase::startup) phase_ = Phase::cruise;
}

void Capacity::restart(Time now) {
  prepare();
  estimate_ = std::max(estimate_ / 2, kMinimum);
  search_->window.fill(0);
  search_->window[0] = estimate_;
  phase_ = Phase::startup;
  search_->phase_end = kNever;
  search_->startup_best = 0;
  search_->startup_flat = 0;
  search_->startup_round = now;
  search_->queue = Duration{};
}

// Loss that is there whatever we do, as on radio links: such a frame has used the path like any
// other. What comes with our rate, as from a policer, goes when we cruise, and lowers the floor.
double Capacity::usual_loss(const Sample& sample, Time now) {
  const double elapsed = std::chrono::duration<double>(now - search_->loss_sampled).count();
  const double smoothing = std::chrono::duration<double>(kLossTime).count();
  search_->loss_sampled = now;
  search_->loss += (sample.loss - search_->loss) * std::min(1.0, elapsed / smoothing);
  search_->loss_least = std::min(search_->loss_least, search_->loss);
  if (now - search_->loss_period >= kLossPeriod) {
    search_->loss_period = now;
    loss_floor_ = search_->loss_least;
    search_->loss_least = search_->loss;
  }
  return std::min({sample.loss, loss_floor_, kMostUsualLoss});
}

bool Capacity::is_ours(const Sample& sample, BytesPerSecond carried) {
  const double same = kSame + sample.uncertainty;
  return carried < (1 - same) * sample.fed || carried > (1 + same) * sample.fed;
}

// The path is the bottleneck for certain: what it carries is what it can. Unless little was sent,
// then the queue is somebody else's and only says that there is less for us.
void Capacity::lower(const Sample& sample, BytesPerSecond carried, Time now) {
  if (search_->lowered > sample.since) return;  // what was sent before that is no news
  if (sample.app_limited ? sample.queue < kSmallQueue : !is_ours(sample, carried)) return;
  const double decay = sample.queue > kLongQueue ? kLongQueueDecay : kForeignQueueDecay;
  const BytesPerSecond target =
      sample.app_limited ? std::max(carried, estimate_ * decay) : (estimate_ + carried) / 2;
  if (target * kRestless < estimate_) search_->restless_until = now + kRestlessTime;
  search_->lowered = now;
  search_->window.fill(0);
  search_->window[0] = target;
  estimate_ = target;
}

// More and more was fed, no more came, and no queue has grown: a policer, and the loss is ours.
void Capacity::believe_delivered(const Sample& sample) {
  search_->loss = loss_floor_ = search_->loss_least = 0;
  search_->window.fill(0);
  search_->window[0] = estimate_ = sample.delivered;
}

bool Capacity::does_not_drain(const Sample& sample, Time now) {
  if (sample.queue == Duration{}) {
    search_->queue_peak = Duration{};
    return false;
  }
  if (search_->queue_peak == Duration{} || sample.queue > search_->queue_peak ||
      sample.queue < search_->queue_peak * 3 / 4) {
    search_->queue_peak = sample.queue;
    search_->queue_since = now;
    return false;
  }
  // kDrainGain takes away 0.15 s of it in a second.
  if (now - search_->queue_since < 8 * search_->queue_peak + 2 * sample.rtt) return false;
  search_->queue_peak = Duration{};
  return true;
}

bool Capacity::on_sample(const Sample& sample, Time now) {
  prepare();
  const BytesPerSecond before = estimate_;
  const BytesPerSecond carried = sample.delivered / (1 - usual_loss(sample, now));
  // No path carries more than it was fed: this takes out what batching and jitter add.
  const BytesPerSecond rate = std::min(carried, sample.fed);
  // A busy machine delays packets too. While little is sent, that must not pass for the first
  // queue: a standby line that takes over would begin with nearly nothing.
  const bool noise = starting() && sample.app_limited && sample.queue < kLongQueue;
  search_->queue = noise && !is_ours(sample, carried) ? Duration{} : sample.queue;
  if (!sample.app_limited || rate > estimate_) {
    measured_ = true;
    add_to_window(rate, now);
    estimate_ = window_maximum();
  }
  if (phase_ == Phase::startup && search_->queue > kStartupQueue) {
    // The first queue is ours: we have just begun, and fast. All that was before is a guess.
    measured_ = true;
    search_->restless_until = now + kRestlessTime;
    search_->window.fill(0);
    search_->window[0] = carried;
    estimate_ = carried;
  } else if (search_->queue > Duration{} && carried < estimate_) {
    lower(sample, carried, now);
  }
  estimate_ = std::max(estimate_, kMinimum);
  const bool longer = does_not_drain(sample, now);
  if (longer) search_->queue = Duration{};
  run_phase(sample, before, now);
  return longer;
}

void Capacity::run_phase(const Sample& sample, BytesPerSecond before, Time now) {
  const Duration round = std::max(sample.rtt + Duration(25'000), kMinRound);
  const bool queue = search_->queue > Duration{};
  switch (phase_) {
    case Phase::startup:
      // Jitter that is not yet known as such must not end it.
      if (search_->queue > kStartupQueue ||
          (queue && sample.delivered < kStartupOverload * sample.fed)) {
        enter(Phase::drain, round, now);
      } else if (!sample.app_limited && now - search_->startup_round >= round) {
        search_->startup_round = now;
        search_->startup_flat =
            estimate_ < search_->startup_best * kStartupGrowth ? search_->startup_flat + 1 : 0;
        search_->startup_best = std::max(search_->startup_best, estimate_);
        if (search_->startup_flat >= kStartupFlatRounds) {
          if (sample.loss > kOverloadLoss) believe_delivered(sample);
          enter(Phase::drain, round, now);
        }
      }
      break;
    case Phase::cruise:
      // Probing is only of use when there is something to send, and room in the path.
      if (now >= search_->phase_end && !sample.app_limited && !queue) {
        search_->found_more = 0;
        search_->probe_from = before;
        enter(Phase::probe, sample.window + kReport, now);
      }
      break;
    case Phase::probe:
      if (queue) {
        enter(Phase::drain, round, now);
      } else if (now >= search_->phase_end) {
        enter(Phase::judge, sample.rtt + kReport, now);
      }
      break;
    case Phase::judge:
      if (queue) {
        enter(Phase::drain, round, now);
      } else if (now >= search_->phase_end) {
        if (estimate_ > search_->probe_from * kFoundMore) {
          if (estimate_ > search_->probe_from * kRestless)
            search_->restless_until = now + kRestlessTime;
          ++search_->found_more;
          search_->probe_from = estimate_;
          enter(Phase::probe, sample.window + kReport, now);
        } else {
          cruise(round, now);
        }
      }
      break;
    case Phase::drain:
      if (now >= search_->phase_end && !queue) cruise(round, now);
      break;
  }
}

BytesPerSecond Capacity::pacing_rate(Time now) const {
  const Duration queue = search_ ? search_->queue : Duration{};
  double gain = kCruiseGain;
  switch (phase_) {
    case Phase::startup:
      gain = kStartupGain;
      break;
    case Phase::probe:
      // No sample may come to end the phase; it ends by itself.
      if (now < search_->phase_end) {
        gain = kProbeGains[std::min<size_t>(static_cast<size_t>(search_->found_more),
                                            kProbeGains.size() - 1)];
      }
      break;
    case Phase::judge:
    case Phase::drain:
    case Phase::cruise:
      if (queue > Duration{}) {
        // The longer the queue, the sooner it has to go.
        const double excess = std::chrono::duration<double>(queue - kSmallQueue).count();
        gain = std::clamp(kDrainGain - 5 * excess, kLeastDrainGain, kDrainGain);
      }
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
