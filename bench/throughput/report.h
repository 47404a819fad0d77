// The table on standard output, and the same as JSON.
#pragma once

#include <cstdio>
#include <string>

#include "bench/throughput/run.h"

namespace wirebraid::throughput {

/// Prints medians, with the least and the most where there are several repeats. True if all that is
/// promised of what was measured holds.
bool print_report(std::FILE* out, const Run& run);

/// Of the JSON's form; raised when a member changes its meaning or goes.
inline constexpr int kJsonVersion = 1;

/// bench/throughput/README.md describes it.
std::string to_json(const Run& run);

}  // namespace wirebraid::throughput
