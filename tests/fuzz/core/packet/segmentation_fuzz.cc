// Any bytes as a super-packet with any offload, and then its segments, and the bytes cut in
// packets, through the Coalescer: never outside of a packet, nothing lost, and what was split from
// one packet is split from the merged one again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "wirebraid/packet_info.h"
#include "wirebraid/segmentation.h"

namespace {

using namespace wirebraid;
using Bytes = std::vector<uint8_t>;

constexpr size_t kOffloadSize = 8;

Offload read_offload(const uint8_t* data) {
  Offload offload;
  offload.kind = static_cast<Offload::Kind>(data[0] % 4);
  offload.needs_checksum = (data[1] & 1) != 0;
  offload.segment_size = load_le<uint16_t>(data + 2);
  offload.checksum_start = load_le<uint16_t>(data + 4);
  offload.checksum_offset = load_le<uint16_t>(data + 6);
  return offload;
}

std::vector<Bytes> contents(const std::vector<Packet>& packets) {
  std::vector<Bytes> all;
  for (const Packet& packet : packets)
    all.emplace_back(packet.data(), packet.data() + packet.size());
  return all;
}

/// Packets of one after the other, each with its length in front.
std::vector<Packet> read_batch(const uint8_t* data, size_t size, BufferPool& pool) {
  std::vector<Packet> batch;
  while (size > 1 && batch.size() < 256) {
    const size_t length = std::min<size_t>(data[0], size - 1);
    if (read_ip({data + 1, length})) {
      batch.push_back(pool.allocate());
      batch.back().resize(length);
      std::copy_n(data + 1, length, batch.back().data());
    }
    data += 1 + length;
    size -= 1 + length;
  }
  return batch;
}

/// What split() makes of the merged ones.
std::vector<Bytes> merge(std::vector<Packet> batch, BufferPool& pool) {
  const size_t before = batch.size();
  Coalescer coalescer;
  std::vector<Packet> pieces;
  std::vector<SuperPacket> merged;
  coalescer.merge(batch, true, pieces, merged);
  if (pieces.size() != before) abort();
  size_t next = 0;
  std::vector<Packet> again;
  for (const SuperPacket& one : merged) {
    if (one.first != next || one.count == 0 || one.count > kMaxMerged) abort();
    next += one.count;
    Bytes whole;
    for (size_t i = one.first; i < next; ++i)
      whole.insert(whole.end(), pieces[i].data(), pieces[i].data() + pieces[i].size());
    if (whole.size() > kMaxSuperPacket && one.count > 1) abort();
    if (split(whole, one.offload, pool, again) != SplitResult::done) abort();
  }
  if (next != pieces.size() || again.size() != before) abort();
  return contents(again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kOffloadSize) return 0;
  const Offload offload = read_offload(data);
  data += kOffloadSize;
  size -= kOffloadSize;
  BufferPool pool{2000, 2000};
  std::vector<Packet> packets;
  const SplitResult result = split({data, size}, offload, pool, packets);
  if (result == SplitResult::malformed && !packets.empty()) abort();
  if (offload.kind != Offload::Kind::none) {
    for (const Packet& packet : packets) {
      if (!read_ip(packet.bytes())) abort();
    }
    const auto before = contents(packets);
    if (before.size() <= 256 && merge(std::move(packets), pool) != before) abort();
  }
  packets.clear();
  (void)merge(read_batch(data, size, pool), pool);
  return 0;
}
