#include "bench/support/spread.h"

#include <algorithm>
#include <cmath>

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
  using lab::with_unit;
  const Spread all = spread(values);
  if (values.size() < 2) return with_unit(all.median, digits, unit);
  return with_unit(all.median, digits, "(") + with_unit(all.least, digits, "to ") +
         with_unit(all.most, digits, (std::string(") ") + unit).c_str());
}

}  // namespace wirebraid::bench
