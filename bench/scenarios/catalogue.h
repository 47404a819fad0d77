// The scenarios by name.
#pragma once

#include <string>
#include <vector>

#include "bench/scenarios/scenario.h"

namespace wirebraid::scenarios {

std::vector<Scenario> catalogue();

/// Those of the catalogue whose name one of `patterns` (as a shell has them) matches, in the order
/// of the catalogue; all if there is no pattern. Throws std::runtime_error for a pattern without a
/// match.
std::vector<Scenario> select(const std::vector<std::string>& patterns);

}  // namespace wirebraid::scenarios
