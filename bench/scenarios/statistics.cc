#include "bench/scenarios/statistics.h"

#include <algorithm>
#include <cmath>

namespace wirebraid::scenarios {

double percentile(std::vector<double> values, double rank) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double position = std::clamp(rank, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(std::floor(position));
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (position - std::floor(position));
}

Spread spread(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {.median = median(values), .least = *least, .most = *most};
}

Recovery find_recovery(const lab::ArrivalLog& arrivals, lab::ArrivalLog::TimePoint from,
                       lab::ArrivalLog::TimePoint to, double bits_per_second,
                       std::chrono::milliseconds window) {
  using std::chrono::milliseconds;
  constexpr milliseconds kStep{10};
  constexpr milliseconds kSteady{1000};
  Recovery recovery{.first = milliseconds(0)};
  bool has_fallen = false;
  for (milliseconds at{}; from + at + window <= to; at += kStep) {
    const auto start = from + at;
    const bool there = arrivals.rate(start, start + window) >= bits_per_second;
    if (!there && !has_fallen) {
      has_fallen = true;
      recovery.first.reset();
    }
    if (there && !recovery.first) recovery.first = at + window;
    if (!recovery.steady && start + kSteady <= to &&
        arrivals.rate(start, start + kSteady) >= bits_per_second) {
      recovery.steady = at;
    }
  }
  return recovery;
}

}  // namespace wirebraid::scenarios
