// What was found of each node and link of the map.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "twin/validate/report/sums.h"
#include "twin/validate/verdict.h"

namespace wirebraid::validate {

enum class State : uint8_t {
  passed,
  failed,     ///< something at least
  unchecked,  ///< nothing was checked, or all of it skipped
};
std::string_view name_of(State state);

struct Mark {
  Sums sums;
  std::vector<std::string> failures;  ///< the first few, "CHECK: MESSAGE"

  State state() const {
    return sums.failed != 0 ? State::failed : sums.passed != 0 ? State::passed : State::unchecked;
  }
};

struct MapMarks {
  std::vector<Mark> nodes;  ///< by index
  std::vector<Mark> links;
};

/// A result about "A -> B" counts for the links between the two. If there are none it counts for A,
/// which could not reach B: somewhere along a way that the map does not know.
MapMarks marks_of(const Verdict& verdict);

}  // namespace wirebraid::validate
