#include "tests/core/sim/cubic.h"

#include <algorithm>
#include <cmath>

namespace wirebraid::sim {

namespace {
constexpr double kC = 0.4;
constexpr double kBeta = 0.7;
}  // namespace

void Cubic::on_congestion() {
  maximum_ = window_ < maximum_ ? window_ * (1 + kBeta) / 2 : window_;
  window_ = std::max(2.0, window_ * kBeta);
  threshold_ = window_;
  epoch_ = kNever;
}

void Cubic::on_acknowledged(uint64_t acknowledged, uint64_t in_flight, Duration smoothed_rtt,
                            Time now) {
  if (acknowledged == 0) return;
  if (static_cast<double>(in_flight + acknowledged) < window_ * 0.9 - 3) return;
  const auto count = static_cast<double>(acknowledged);
  if (slow_start()) {
    window_ += count;
    return;
  }
  if (epoch_ == kNever) {
    epoch_ = now;
    maximum_ = std::max(maximum_, window_);
    k_ = std::cbrt((maximum_ - window_) / kC);
    reno_window_ = window_;
  }
  const double t = std::chrono::duration<double>(now - epoch_ + smoothed_rtt).count();
  const double target = std::clamp(kC * std::pow(t - k_, 3) + maximum_, window_, 1.5 * window_);
  window_ += (target - window_) / window_ * count;
  reno_window_ += 3 * (1 - kBeta) / (1 + kBeta) * count / reno_window_;
  window_ = std::max(window_, reno_window_);
}

// Leaves slow start when the delay of a round has risen.
void Cubic::on_rtt(Duration rtt, uint64_t oldest, uint64_t next) {
  if (!slow_start()) return;
  if (oldest >= round_end_) {
    lowest_rtt_ = std::min(lowest_rtt_, round_rtt_);
    round_rtt_ = Duration::max();
    round_samples_ = 0;
    round_end_ = next;
  }
  round_rtt_ = std::min(round_rtt_, rtt);
  if (++round_samples_ < 8 || lowest_rtt_ == Duration::max() || window_ < 16) return;
  const Duration allowed = std::clamp<Duration>(lowest_rtt_ / 8, Duration(4000), Duration(16'000));
  if (round_rtt_ >= lowest_rtt_ + allowed) threshold_ = window_;
}

}  // namespace wirebraid::sim
