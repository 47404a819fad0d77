// Counts outcomes, of results and of comparisons alike.
#pragma once

#include <cstddef>

#include "twin/validate/verdict.h"

namespace wirebraid::validate {

struct Sums {
  size_t passed = 0;
  size_t failed = 0;
  size_t skipped = 0;

  size_t all() const { return passed + failed + skipped; }
  void add(check::Outcome outcome) {
    ++(outcome == check::Outcome::passed   ? passed
       : outcome == check::Outcome::failed ? failed
                                           : skipped);
  }
};

template <typename List>
Sums sums_of(const List& list) {
  Sums sums;
  for (const auto& each : list) sums.add(each.outcome);
  return sums;
}

/// Of the results of all steps.
inline Sums sums_of_steps(const Verdict& verdict) {
  Sums sums;
  for (const Step& step : verdict.steps) {
    for (const check::Result& result : step.results) sums.add(result.outcome);
  }
  return sums;
}

}  // namespace wirebraid::validate
