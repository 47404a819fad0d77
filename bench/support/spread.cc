#include "bench/support/spread.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "twin/lab/format.h"

namespace wirebraid::bench {

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

std::string shown(const std::vector<double>& values, int digits, const char* unit) {
  const Spread all = spread(values);
  if (values.size() < 2) return lab::with_unit(all.median, digits, unit);
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "%.*f (%.*f to %.*f) %s", digits, all.median, digits,
                all.least, digits, all.most, unit);
  return text.data();
}

}  // namespace wirebraid::bench
