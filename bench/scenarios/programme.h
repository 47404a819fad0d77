// Uplinks whose rate or delay moves. Pure, and the same for the same seed.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/scenarios/scenario.h"

namespace wirebraid::scenarios {

/// As a radio cell gives it: every `every` another rate, drawn evenly from [least, most] bits per
/// second, the same both ways; otherwise as `base`. Steps from 0 until before `until`.
std::vector<Step> moving_rate(const fabric::WireOptions& base, uint64_t least, uint64_t most,
                              Duration every, Duration until, uint64_t seed);

/// As a satellite constellation gives it: every `every` the round trip jumps by `swing`, in turn
/// above and below that of `base`.
std::vector<Step> jumping_delay(const fabric::WireOptions& base, Duration swing, Duration every,
                                Duration until);

}  // namespace wirebraid::scenarios
