#include "bench/scenarios/programme.h"

#include <algorithm>
#include <random>

namespace wirebraid::scenarios {

std::vector<Step> moving_rate(const fabric::WireOptions& base, uint64_t least, uint64_t most,
                              Duration every, Duration until, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Step> steps;
  for (Duration at{}; at < until; at += every) {
    fabric::WireOptions wire = base;
    wire.from_a.rate = wire.from_b.rate = least + random() % (most - least + 1);
    steps.push_back({at, wire});
  }
  return steps;
}

std::vector<Step> jumping_delay(const fabric::WireOptions& base, Duration swing, Duration every,
                                Duration until) {
  std::vector<Step> steps;
  bool above = true;
  for (Duration at = every; at < until; at += every) {
    fabric::WireOptions wire = base;
    const Duration each_way = above ? swing / 2 : -swing / 2;
    for (fabric::LinkOptions* link : {&wire.from_a, &wire.from_b}) {
      link->delay = std::max(link->delay + each_way, Duration::zero());
    }
    steps.push_back({at, wire});
    above = !above;
  }
  return steps;
}

}  // namespace wirebraid::scenarios
