// The figures as JSON, for programs. bench/scenarios/README.md describes it.
#pragma once

#include <string>
#include <vector>

#include "bench/scenarios/outcome.h"

namespace wirebraid::scenarios {

/// Of the JSON's form; raised when a member changes its meaning or goes.
inline constexpr int kJsonVersion = 1;

std::string to_json(const std::vector<ScenarioOutcome>& outcomes);

}  // namespace wirebraid::scenarios
