// What an exit adds to every packet: the interface's address for the uplink's own, checksums
// included.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/packet/rewrite.h"

namespace wirebraid {
namespace {

constexpr size_t kPacketSize = 1400;
constexpr uint8_t kTcp = 6;

void rewrite(benchmark::State& state) {
  const bool v4 = state.range(0) == 4;
  std::vector<uint8_t> packet(kPacketSize);
  if (v4) {
    packet[0] = 0x45;
    store_be(&packet[2], static_cast<uint16_t>(packet.size()));
    packet[9] = kTcp;
  } else {
    packet[0] = 0x60;
    store_be(&packet[4], static_cast<uint16_t>(packet.size() - 40));
    packet[6] = kTcp;
  }
  const auto to = IpAddress::parse(v4 ? "10.64.0.2" : "fd64::2");
  for (auto _ : state) benchmark::DoNotOptimize(rewrite_address(packet, AddressPlace::source, *to));
}
BENCHMARK(rewrite)->Arg(4)->Arg(6);

}  // namespace
}  // namespace wirebraid
