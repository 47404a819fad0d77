// What choosing an uplink for a flow costs, by the number of uplinks.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/rendezvous.h"

namespace wirebraid {
namespace {

void rendezvous(benchmark::State& state) {
  std::vector<RendezvousCandidate> candidates;
  for (int64_t i = 0; i < state.range(0); ++i)
    candidates.push_back({static_cast<uint64_t>(i), 1e6 * static_cast<double>(i + 1)});
  uint64_t key = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(rendezvous_pick(key += 0x9e3779b97f4a7c15, candidates));
}
BENCHMARK(rendezvous)->Arg(2)->Arg(4)->Arg(16);

}  // namespace
}  // namespace wirebraid
