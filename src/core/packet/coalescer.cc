#include <algorithm>
#include <cstring>
#include <utility>

#include "core/packet/checksum.h"
#include "core/packet/make_ip.h"
#include "core/packet/tcp_segment.h"
#include "wirebraid/segmentation.h"

namespace wirebraid {

namespace {

constexpr uint16_t kDontFragment = 0x4000;

/// Source and destination, which follow each other.
ConstByteSpan addresses(ConstByteSpan packet, bool v4) {
  return v4 ? packet.subspan(12, 8) : packet.subspan(8, 32);
}

bool same(ConstByteSpan a, ConstByteSpan b, size_t at, size_t size) {
  return std::memcmp(&a[at], &b[at], size) == 0;
}

ChecksumSum pseudo_header_of(ConstByteSpan packet, bool v4, bool tcp, size_t length) {
  const ConstByteSpan both = addresses(packet, v4);
  return pseudo_header_sum(both.first(both.size() / 2), both.last(both.size() / 2),
                           tcp ? Protocol::tcp : Protocol::udp, length);
}

uint64_t flow_key(ConstByteSpan packet, bool v4, uint32_t ports, bool tcp) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
  uint64_t key = tcp ? 1 : 0;
  const ConstByteSpan both = addresses(packet, v4);
  for (size_t i = 0; i < both.size(); i += 8) key = (key + load_le<uint64_t>(&both[i])) * kOdd;
  return (key + ports) * kOdd;
}

}  // namespace

Coalescer::Segment Coalescer::read(const Packet& packet, bool udp) {
  using Place = Segment::Place;
  const ConstByteSpan bytes = packet.bytes();
  Segment segment;
  segment.v4 = bytes[0] >> 4 == 4;
  const uint8_t protocol = segment.v4 ? bytes[9] : bytes[6];
  segment.tcp = protocol == static_cast<uint8_t>(Protocol::tcp);
  if (!segment.tcp && protocol != static_cast<uint8_t>(Protocol::udp)) {
    if (!segment.v4 && is_extension_header(protocol)) segment.place = Place::unclear;
    return segment;
  }
  segment.place = Place::unclear;
  if (segment.v4) {
    segment.transport = kIpv4MinHeader;
    segment.length = load_be<uint16_t>(&bytes[2]);
    // Options, or anything in the word of the fragment but that it is none.
    if (bytes[0] != 0x45 || (load_be<uint16_t>(&bytes[6]) & ~kDontFragment) != 0) return segment;
  } else {
    segment.transport = kIpv6Header;
    segment.length = kIpv6Header + load_be<uint16_t>(&bytes[4]);
  }
  read_transport(bytes.first(segment.length), udp, segment);
  if (packet.shared() && segment.place == Place::mergeable) segment.place = Place::flow;
  return segment;
}

void Coalescer::read_transport(ConstByteSpan packet, bool udp, Segment& segment) {
  using Place = Segment::Place;
  const ConstByteSpan transport = packet.subspan(segment.transport);
  if (transport.size() < (segment.tcp ? kTcpMinHeader : kUdpHeader)) return;
  segment.place = Place::flow;
  segment.key = flow_key(packet, segment.v4, load_be<uint32_t>(transport.data()), segment.tcp);
  if (!segment.tcp) {
    segment.header = segment.transport + kUdpHeader;
    if (udp && load_be<uint16_t>(&transport[4]) == transport.size() && segment.payload() > 0 &&
        load_be<uint16_t>(&transport[kUdpChecksum]) != 0)
      segment.place = Place::mergeable;
    return;
  }
  const size_t header = static_cast<size_t>(transport[12] >> 4) * 4;
  if (header < kTcpMinHeader || header >= transport.size()) return;
  segment.header = segment.transport + header;
  // Neither the bits behind the length, one of which is a flag (RFC 9768), nor any other flag.
  if ((transport[12] & 0xf) == 0 && (transport[13] & ~(kTcpPsh | kTcpFin)) == kTcpAck)
    segment.place = Place::mergeable;
}

bool Coalescer::same_flow(ConstByteSpan a, ConstByteSpan b, const Segment& both) {
  return std::ranges::equal(addresses(a, both.v4), addresses(b, both.v4)) &&
         same(a, b, both.transport, 4);
}

bool Coalescer::same_headers(ConstByteSpan a, ConstByteSpan b, const Segment& both) {
  // Type of service, don't fragment, TTL; or traffic class, flow label, hop limit.
  if (both.v4 ? !same(a, b, 1, 1) || !same(a, b, 6, 3) : !same(a, b, 0, 4) || !same(a, b, 7, 1))
    return false;
  if (!both.tcp) return true;
  const size_t tcp = both.transport;
  // Acknowledgement and length of the header; window; urgent pointer and options, which are as long
  // in both by then.
  return same(a, b, tcp + 8, 5) && same(a, b, tcp + 14, 2) &&
         same(a, b, tcp + 18, both.header - tcp - 18);
}

bool Coalescer::verify(ConstByteSpan packet, const Segment& segment) {
  if (segment.v4) {
    ChecksumSum sum;
    sum.add(packet.first(kIpv4MinHeader));
    if (sum.checksum() != 0) return false;
  }
  const ConstByteSpan transport =
      packet.subspan(segment.transport, segment.length - segment.transport);
  ChecksumSum sum = pseudo_header_of(packet, segment.v4, segment.tcp, transport.size());
  sum.add(transport);
  return sum.checksum() == 0;
}

void Coalescer::close(size_t open) {
  std::copy(open_.begin() + open + 1, open_.begin() + open_count_, open_.begin() + open);
  --open_count_;
}

bool Coalescer::join(std::span<Packet> batch, Run& run, const Segment& segment, size_t index) {
  const ConstByteSpan first = batch[run.first].bytes();
  const ConstByteSpan packet = batch[index].bytes();
  const Segment& head = run.segment;
  if (segment.payload() > head.payload() || run.length + segment.payload() > kMaxSuperPacket ||
      !same_headers(first, packet, head))
    return false;
  if (head.tcp && load_be<uint32_t>(&packet[head.transport + 4]) != run.next_sequence) return false;
  auto id = run.id;
  uint16_t last_id = 0;
  if (head.v4) {
    last_id = load_be<uint16_t>(&packet[4]);
    const auto step = static_cast<uint16_t>(last_id - run.last_id);
    const bool may_be_constant = (load_be<uint16_t>(&packet[6]) & kDontFragment) != 0;
    if (step > 1 || (step == 0 && !may_be_constant)) return false;
    id = step == 1 ? Run::Id::counts : Run::Id::constant;
    if (run.id != Run::Id::any && run.id != id) return false;
  }
  // One that is wrong begins a run that nothing joins, for then it is verified again as the first.
  if (!run.verified && !verify(first, head)) return false;
  run.verified = true;
  if (!verify(packet, segment)) return false;

  run.id = id;
  run.last_id = last_id;
  run.length += segment.payload();
  run.next_sequence += static_cast<uint32_t>(segment.payload());
  if (head.tcp) run.flags = packet[head.transport + 13];
  next_[run.last] = index;
  run.last = index;
  ++run.count;
  batch[index].resize(segment.length);
  batch[index].remove_prefix(segment.header);
  return true;
}

void Coalescer::start(ConstByteSpan packet, const Segment& segment, size_t index) {
  Run& run = runs_.emplace_back();
  run.first = run.last = index;
  run.segment = segment;
  if (segment.place != Segment::Place::mergeable) return;
  run.length = segment.length;
  if (segment.v4) run.last_id = load_be<uint16_t>(&packet[4]);
  if (segment.tcp) {
    run.flags = packet[segment.transport + 13];
    run.next_sequence = load_be<uint32_t>(&packet[segment.transport + 4]) +
                        static_cast<uint32_t>(segment.payload());
    if (run.flags != kTcpAck) return;  // PSH and FIN are for the last only
  }
  if (open_count_ == kMaxOpen) close(0);
  open_[open_count_++] = runs_.size() - 1;
}

void Coalescer::take(std::span<Packet> batch, size_t index, bool udp) {
  using Place = Segment::Place;
  const ConstByteSpan packet = batch[index].bytes();
  const Segment segment = read(batch[index], udp);
  for (size_t i = open_count_; segment.place != Place::elsewhere && i-- > 0;) {
    Run& run = runs_[open_[i]];
    const Segment& head = run.segment;
    const ConstByteSpan first = batch[run.first].bytes();
    if (segment.place == Place::unclear) {
      if (segment.v4 == head.v4 &&
          std::ranges::equal(addresses(packet, head.v4), addresses(first, head.v4)))
        close(i);
      continue;
    }
    if (segment.key != head.key || segment.v4 != head.v4 || segment.tcp != head.tcp ||
        !same_flow(first, packet, head))
      continue;
    const bool joined = segment.place == Place::mergeable && join(batch, run, segment, index);
    const bool last = segment.payload() < head.payload() || run.count == kMaxMerged ||
                      (head.tcp && run.flags != kTcpAck);
    if (!joined || last) close(i);
    if (joined) return;
    break;
  }
  start(packet, segment, index);
}

Offload Coalescer::finish(Packet& packet, const Run& run) {
  Offload offload;
  if (run.count == 1) return offload;
  using Kind = Offload::Kind;
  const Segment& segment = run.segment;
  offload.kind = !segment.tcp ? Kind::udp : segment.v4 ? Kind::tcp_v4 : Kind::tcp_v6;
  offload.segment_size = static_cast<uint16_t>(segment.payload());
  offload.needs_checksum = true;
  offload.checksum_start = static_cast<uint16_t>(segment.transport);
  offload.checksum_offset = segment.tcp ? kTcpChecksum : kUdpChecksum;

  packet.resize(segment.length);
  uint8_t* const at = packet.data();
  if (segment.v4) {
    store_be(at + 2, static_cast<uint16_t>(run.length));
    store_be(at + 10, uint16_t{0});
    ChecksumSum sum;
    sum.add(packet.bytes().first(kIpv4MinHeader));
    store_be(at + 10, sum.checksum());
  } else {
    store_be(at + 4, static_cast<uint16_t>(run.length - kIpv6Header));
  }
  const size_t length = run.length - segment.transport;
  uint8_t* const transport = at + segment.transport;
  if (segment.tcp) {
    transport[13] = run.flags;
  } else {
    store_be(transport + 4, static_cast<uint16_t>(length));
  }
  store_be(transport + offload.checksum_offset,
           pseudo_header_of(packet.bytes(), segment.v4, segment.tcp, length).folded());
  return offload;
}

void Coalescer::merge(std::span<Packet> batch, bool udp, std::vector<Packet>& pieces,
                      std::vector<SuperPacket>& merged) {
  pieces.clear();
  merged.clear();
  runs_.clear();
  // So that only a larger batch than ever needs memory, not one that is more mixed.
  runs_.reserve(batch.size());
  pieces.reserve(batch.size());
  merged.reserve(batch.size());
  next_.resize(batch.size());
  open_count_ = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    if (batch[i]) take(batch, i, udp);
  }
  for (const Run& run : runs_) {
    merged.push_back({finish(batch[run.first], run), pieces.size(), run.count});
    size_t index = run.first;
    for (size_t i = 0; i < run.count; ++i, index = next_[index])
      pieces.push_back(std::move(batch[index]));
  }
}

}  // namespace wirebraid
