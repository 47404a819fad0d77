// Cryptokey routing with a full table.
#include <benchmark/benchmark.h>

#include <random>

#include "wirebraid/allowed_ips.h"

namespace wirebraid {
namespace {

IpAddress random_v4(std::mt19937& random) {
  std::array<uint8_t, 4> bytes;
  store_be(bytes.data(), static_cast<uint32_t>(random()));
  return IpAddress::v4(bytes);
}

AllowedIps filled(size_t count) {
  std::mt19937 random(1);
  AllowedIps table;
  for (size_t i = 0; i < count; ++i) {
    const auto length = static_cast<uint8_t>(8 + random() % 25);
    table.insert({random_v4(random), length}, static_cast<uint32_t>(i % 1000));
  }
  return table;
}

void allowed_ips_insert(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(filled(static_cast<size_t>(state.range(0))));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(allowed_ips_insert)->Arg(1000)->Arg(300'000)->Unit(benchmark::kMillisecond);

void allowed_ips_find(benchmark::State& state) {
  const AllowedIps table = filled(static_cast<size_t>(state.range(0)));
  std::mt19937 random(2);
  std::vector<IpAddress> asked(1024);
  for (auto& address : asked) address = random_v4(random);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find_v4(asked[i++ % asked.size()].bytes().data()));
  }
}
BENCHMARK(allowed_ips_find)->Arg(3)->Arg(1000)->Arg(30'000)->Arg(300'000);

}  // namespace
}  // namespace wirebraid
