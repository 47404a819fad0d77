// Segmentation offload in software: a super-packet cut into segments, segments merged into one, and
// the checksum that both compute over every payload.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/packet/checksum.h"
#include "core/packet/tcp_segment.h"
#include "wirebraid/segmentation.h"

namespace wirebraid {
namespace {

constexpr size_t kSegments = 44;
constexpr size_t kSegmentSize = 1400;
constexpr size_t kSlot = 1500;

/// TCP without options; as long as so many segments.
std::vector<uint8_t> super_packet(int version) {
  const size_t transport = version == 4 ? 20 : 40;
  std::vector<uint8_t> bytes(transport + 20 + kSegments * kSegmentSize, 0x5a);
  std::fill_n(bytes.begin(), transport, uint8_t{0});
  if (version == 4) {
    bytes[0] = 0x45;
    store_be(&bytes[2], static_cast<uint16_t>(bytes.size()));
    bytes[9] = 6;
  } else {
    bytes[0] = 0x60;
    store_be(&bytes[4], static_cast<uint16_t>(bytes.size() - transport));
    bytes[6] = 6;
  }
  bytes[transport + 12] = 0x50;
  bytes[transport + 13] = kTcpAck;
  return bytes;
}

Offload offload_of(int version) {
  Offload offload;
  offload.kind = version == 4 ? Offload::Kind::tcp_v4 : Offload::Kind::tcp_v6;
  offload.segment_size = kSegmentSize;
  return offload;
}

void count_segments(benchmark::State& state) {
  // 1 / rate is the time of one segment.
  state.counters["segment"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kSegments,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void split_super_packet(benchmark::State& state) {
  const int version = static_cast<int>(state.range(0));
  const auto bytes = super_packet(version);
  const Offload offload = offload_of(version);
  BufferPool pool{kSlot, kSegments};
  std::vector<Packet> packets;
  for (auto _ : state) {
    packets.clear();
    if (split(bytes, offload, pool, packets) != SplitResult::done) state.SkipWithError("refused");
  }
  count_segments(state);
}
BENCHMARK(split_super_packet)->Arg(4)->Arg(6);

void merge_segments(benchmark::State& state) {
  const int version = static_cast<int>(state.range(0));
  BufferPool pool{kSlot, kSegments};
  std::vector<Packet> batch;
  if (split(super_packet(version), offload_of(version), pool, batch) != SplitResult::done)
    state.SkipWithError("refused");
  const size_t header = version == 4 ? 40 : 60;
  const std::vector<uint8_t> first_header(batch[0].data(), batch[0].data() + header);
  Coalescer coalescer;
  std::vector<Packet> pieces;
  std::vector<SuperPacket> merged;
  for (auto _ : state) {
    coalescer.merge(batch, true, pieces, merged);
    if (merged.size() != 1) state.SkipWithError("not merged");
    // As they were, for the next time.
    batch.swap(pieces);
    std::copy(first_header.begin(), first_header.end(), batch[0].data());
    for (size_t i = 1; i < batch.size(); ++i) batch[i].prepend(header);
  }
  count_segments(state);
}
BENCHMARK(merge_segments)->Arg(4)->Arg(6);

void checksum(benchmark::State& state) {
  const std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 0x5a);
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
    ChecksumSum sum;
    sum.add(bytes);
    benchmark::DoNotOptimize(sum.checksum());
  }
}
BENCHMARK(checksum)->Arg(20)->Arg(1400)->Arg(1403);

}  // namespace
}  // namespace wirebraid
