// The table on standard output, and whether the figures hold what is promised.
#pragma once

#include <chrono>
#include <cstdio>

#include "bench/scenarios/outcome.h"

namespace wirebraid::scenarios {

/// Beside a scenario's own (Wanted). The failure scenarios' are in milliseconds.
inline constexpr double kPingOverMs = 30;  ///< above the slowest used path's round trip
inline constexpr std::chrono::milliseconds kLongestStall{150};
inline constexpr std::chrono::milliseconds kRecoveredWithin{500};
inline constexpr std::chrono::milliseconds kCarriesWithin{1000};

/// Prints medians, with the least and the most where there are several repeats. True if all that is
/// promised holds (for medians; for losses, always).
bool print_report(std::FILE* out, const ScenarioOutcome& outcome);

}  // namespace wirebraid::scenarios
