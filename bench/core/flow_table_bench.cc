// What an exit's flow table costs per packet, and what moving all flows of a dead exit costs.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/exit/flow_table.h"

namespace wirebraid {
namespace {

constexpr size_t kCapacity = 65536;
constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;

std::vector<uint8_t> tcp_packet() {
  std::vector<uint8_t> bytes(1400);
  bytes[0] = 0x45;
  store_be(&bytes[2], static_cast<uint16_t>(bytes.size()));
  bytes[9] = 6;
  bytes[21] = 1;
  bytes[32] = 5 << 4;
  bytes[33] = 0x10;
  return bytes;
}

/// As many flows as half of the slots.
constexpr uint64_t kMany = kCapacity / 2;

void fill(FlowTable& table, const IpInfo& info, uint64_t flows) {
  for (uint64_t i = 0; i < flows; ++i)
    table.pin(i * kSpread, info, static_cast<uint8_t>(i % 3), Time{});
}

void find_and_touch_flow(benchmark::State& state) {
  const auto packet = tcp_packet();
  const auto flows = static_cast<uint64_t>(state.range(0));
  FlowTable table{kCapacity};
  fill(table, *read_ip(packet), flows);
  uint64_t i = 0;
  for (auto _ : state) {
    i = (i * 5 + 12345) % flows;  // not in the order of memory
    Flow* flow = table.find(i * kSpread, Time{});
    if (flow != nullptr) FlowTable::touch(*flow, packet, Time{});
    benchmark::DoNotOptimize(flow);
  }
}
BENCHMARK(find_and_touch_flow)->Arg(3)->Arg(1000)->Arg(kMany);

void pin_flow(benchmark::State& state) {
  const auto packet = tcp_packet();
  const auto info = read_ip(packet);
  FlowTable table{kCapacity};
  uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.pin(++i * kSpread, *info, 0, Time{}));
}
BENCHMARK(pin_flow);

/// The whole table: 11,000 flows of one exit among 33,000.
void move_all_flows_of_an_exit(benchmark::State& state) {
  const auto packet = tcp_packet();
  FlowTable table{kCapacity};
  fill(table, *read_ip(packet), kMany);
  uint8_t from = 0;
  for (auto _ : state) {
    const auto to = static_cast<uint8_t>(from == 0 ? 100 : 0);
    benchmark::DoNotOptimize(table.take_pinned_to(from, 0, kCapacity, Time{},
                                                  [to](Flow&) { return std::optional(to); }));
    from = to;
  }
}
BENCHMARK(move_all_flows_of_an_exit)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wirebraid
