#include "bench/scenarios/quic_sender.h"

#include <algorithm>
#include <cmath>

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;

// RFC 9002, 6.1, 6.2 and 7.
constexpr uint64_t kPacketThreshold = 3;
constexpr milliseconds kGranularity{1};
constexpr milliseconds kInitialRoundTrip{333};
constexpr milliseconds kMaxAckDelay{25};
constexpr double kLeastWindow = 2;
constexpr double kPacingGain = 1.25;
constexpr double kPacingGainSlowStart = 2;
constexpr int kBurst = 10;
// RFC 9438.
constexpr double kCubicC = 0.4;
constexpr double kCubicBeta = 0.7;
/// A late acknowledgement is looked for this long.
constexpr std::chrono::seconds kRemembered{3};
constexpr int kMaxBackOff = 6;

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Duration QuicSender::pace() const {
  const Duration round_trip = any_acknowledged_ ? smoothed_ : Duration(kInitialRoundTrip);
  const double gain = window_ < threshold_ ? kPacingGainSlowStart : kPacingGain;
  return Duration(static_cast<int64_t>(static_cast<double>(round_trip.count()) / gain / window_));
}

bool QuicSender::may_send(Time now) const {
  if (probe_due_) return true;
  return static_cast<double>(in_flight_.size()) < window_ && now >= next_send_;
}

uint64_t QuicSender::send(Time now) {
  probe_due_ = false;
  const Duration interval = pace();
  next_send_ = std::max(next_send_, now - interval * kBurst) + interval;
  last_sent_ = now;
  in_flight_.emplace_hint(in_flight_.end(), next_, now);
  ++counters_.sent;
  return next_++;
}

void QuicSender::acknowledge(const std::vector<PacketRange>& ranges, Duration delay, Time now) {
  uint64_t newly = 0;
  for (const PacketRange& range : ranges) {
    if (range.first > range.last || range.last >= next_) continue;
    if (!any_acknowledged_ || range.last > largest_acknowledged_) {
      const auto largest = in_flight_.find(range.last);
      largest_acknowledged_ = range.last;
      if (largest != in_flight_.end()) measure_round_trip(now - largest->second, delay);
    }
    const auto from = in_flight_.lower_bound(range.first);
    const auto to = in_flight_.upper_bound(range.last);
    newly += static_cast<uint64_t>(std::distance(from, to));
    in_flight_.erase(from, to);
    const auto lost_from = lost_.lower_bound(range.first);
    const auto lost_to = lost_.upper_bound(range.last);
    counters_.spurious += static_cast<uint64_t>(std::distance(lost_from, lost_to));
    lost_.erase(lost_from, lost_to);
  }
  if (newly > 0) {
    probes_ = 0;
    counters_.acknowledged += newly;
    grow(newly, now);
  }
  detect_losses(now);
  forget_old_losses(now);
}

void QuicSender::measure_round_trip(Duration sample, Duration delay) {
  latest_ = sample;
  if (!any_acknowledged_) {
    any_acknowledged_ = true;
    least_ = smoothed_ = sample;
    variance_ = sample / 2;
    return;
  }
  least_ = std::min(least_, sample);
  const Duration held = std::min(delay, Duration(kMaxAckDelay));
  const Duration adjusted = sample >= least_ + held ? sample - held : sample;
  variance_ = (variance_ * 3 + std::chrono::abs(smoothed_ - adjusted)) / 4;
  smoothed_ = (smoothed_ * 7 + adjusted) / 8;
}

void QuicSender::grow(uint64_t acknowledged, Time now) {
  const auto packets = static_cast<double>(acknowledged);
  if (window_ < threshold_) {
    window_ += packets;
    return;
  }
  if (epoch_ == Time::min()) {
    epoch_ = now;
    reno_window_ = window_;
    window_before_ = std::max(window_before_, window_);
  }
  const double origin = std::cbrt((window_before_ - window_before_ * kCubicBeta) / kCubicC);
  const double at = seconds_of(now - epoch_ + smoothed_) - origin;
  const double cubic = kCubicC * at * at * at + window_before_;
  reno_window_ += 3 * (1 - kCubicBeta) / (1 + kCubicBeta) * packets / window_;
  const double target = std::clamp(cubic, window_, window_ * 1.5);
  window_ = std::max(window_ + (target - window_) / window_ * packets, reno_window_);
}

Duration QuicSender::loss_delay() const {
  return std::max(std::max(latest_, smoothed_) * 9 / 8, Duration(kGranularity));
}

void QuicSender::detect_losses(Time now) {
  loss_time_ = kNever;
  if (!any_acknowledged_) return;
  const Duration delay = loss_delay();
  for (auto each = in_flight_.begin();
       each != in_flight_.end() && each->first < largest_acknowledged_;) {
    const auto [number, sent] = *each;
    if (number + kPacketThreshold > largest_acknowledged_ && sent + delay > now) {
      loss_time_ = sent + delay;
      return;
    }
    reduce(sent, now);
    lost_.emplace_hint(lost_.end(), number, now);
    ++counters_.lost;
    each = in_flight_.erase(each);
  }
}

void QuicSender::reduce(Time sent, Time now) {
  if (sent <= recovery_start_) return;  // one reduction per round trip
  recovery_start_ = now;
  window_before_ = window_;
  window_ = std::max(window_ * kCubicBeta, kLeastWindow);
  threshold_ = window_;
  epoch_ = Time::min();
}

Duration QuicSender::probe_delay() const {
  const Duration basis =
      any_acknowledged_
          ? smoothed_ + std::max(variance_ * 4, Duration(kGranularity)) + Duration(kMaxAckDelay)
          : Duration(kInitialRoundTrip) * 2;
  return basis * (1 << std::min(probes_, kMaxBackOff));
}

void QuicSender::expire(Time now) {
  if (now >= loss_time_) detect_losses(now);
  if (!in_flight_.empty() && now >= last_sent_ + probe_delay()) {
    probe_due_ = true;
    ++probes_;
  }
}

Time QuicSender::deadline() const {
  Time next = loss_time_;
  if (!in_flight_.empty()) next = std::min(next, last_sent_ + probe_delay());
  if (static_cast<double>(in_flight_.size()) < window_) next = std::min(next, next_send_);
  return next;
}

void QuicSender::forget_old_losses(Time now) {
  while (!lost_.empty() && lost_.begin()->second + kRemembered < now) lost_.erase(lost_.begin());
}

}  // namespace wirebraid::scenarios
