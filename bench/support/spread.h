// The middle of repeated measurements, and how far they lie apart. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace wirebraid::bench {

/// The value below which a part `rank` (0 to 1) of `values` lies, between neighbours in a straight
/// line; 0 if there are none.
double percentile(std::vector<double> values, double rank);
inline double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};
Spread spread(const std::vector<double>& values);

/// "61.9 Mbit/s", or "61.9 (61.2 to 62.4) Mbit/s" where there are several.
std::string shown(const std::vector<double>& values, int digits, const char* unit);

}  // namespace wirebraid::bench
