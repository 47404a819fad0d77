// Everything measured in one run of the program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/scenarios/failure.h"
#include "bench/scenarios/scenario.h"
#include "bench/scenarios/throughput.h"

namespace wirebraid::scenarios {

/// One scenario, once: one of the two results, or why there is none.
struct Outcome {
  std::optional<ThroughputResult> throughput{};
  std::optional<FailureResult> failure{};
  std::string error{};
};

/// All repeats of a scenario.
struct ScenarioOutcome {
  Scenario scenario;
  std::vector<Outcome> repeats{};
};

}  // namespace wirebraid::scenarios
