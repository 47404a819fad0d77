// When a flow is back at its rate after a failure. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "twin/lab/arrival_log.h"

namespace wirebraid::scenarios {

struct Recovery {
  /// From `from` to the end of the first `window` that has the wanted rate again, after one that
  /// has it not; 0 if there is none of these.
  std::optional<std::chrono::milliseconds> first{};
  /// From `from` to the start of the first whole second that has it. A burst of what was held back
  /// can bring `first`, but not this.
  std::optional<std::chrono::milliseconds> steady{};
};

/// When arrivals are back at `bits_per_second`, looked for from `from` to `to`.
Recovery find_recovery(const lab::ArrivalLog& arrivals, lab::ArrivalLog::TimePoint from,
                       lab::ArrivalLog::TimePoint to, double bits_per_second,
                       std::chrono::milliseconds window = std::chrono::milliseconds(100));

}  // namespace wirebraid::scenarios
