// What is read from every inner packet before a path is chosen, and what its memory costs.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "wirebraid/packet.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

constexpr size_t kPacketSize = 1400;
constexpr uint8_t kUdp = 17;

std::vector<uint8_t> udp_packet(int version) {
  std::vector<uint8_t> bytes(kPacketSize);
  if (version == 4) {
    bytes[0] = 0x45;
    store_be(&bytes[2], static_cast<uint16_t>(bytes.size()));
    bytes[9] = kUdp;
  } else {
    bytes[0] = 0x60;
    store_be(&bytes[4], static_cast<uint16_t>(bytes.size() - 40));
    bytes[6] = kUdp;
  }
  return bytes;
}

void read_packet(benchmark::State& state) {
  const auto bytes = udp_packet(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const auto info = read_ip(bytes);
    if (!info) state.SkipWithError("not a packet");
    benchmark::DoNotOptimize(info);
  }
}
BENCHMARK(read_packet)->Arg(4)->Arg(6);

void flow_hash(benchmark::State& state) {
  const auto bytes = udp_packet(static_cast<int>(state.range(0)));
  const auto info = read_ip(bytes);
  constexpr std::array<uint8_t, 16> kKey{1, 2, 3};
  const FlowHasher hasher(kKey);
  for (auto _ : state) benchmark::DoNotOptimize(hasher.flow(*info));
}
BENCHMARK(flow_hash)->Arg(4)->Arg(6);

void allocate_packet(benchmark::State& state) {
  BufferPool pool{kPacketSize, 64};
  for (auto _ : state) benchmark::DoNotOptimize(pool.allocate());
}
BENCHMARK(allocate_packet);

}  // namespace
}  // namespace wirebraid
