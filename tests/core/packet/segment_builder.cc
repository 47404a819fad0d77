#include "tests/core/packet/segment_builder.h"

#include <algorithm>
#include <random>

namespace wirebraid::test {

namespace {

IpAddress source_of(const Segment& segment) {
  return address(segment.version == 4 ? "10.0.0.1" : "fd00::1");
}
IpAddress destination_of(const Segment& segment) {
  Bytes bytes{192, 0, 2, segment.host};
  if (segment.version == 4) return IpAddress::v4(ConstByteSpan(bytes).first<4>());
  bytes.insert(bytes.begin(), {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  return IpAddress::v6(ConstByteSpan(bytes).first<16>());
}

}  // namespace

void finish_ip(Bytes& packet) {
  if (packet[0] >> 4 != 4) return;
  store_be(&packet[10], uint16_t{0});
  store_be(&packet[10], full_checksum({}, ConstByteSpan(packet).first((packet[0] & 0xf) * 4u)));
}

size_t Segment::header_size() const {
  const size_t ip = version == 4 ? 20 + ip_options.size() : 40 + extensions.size();
  return ip + (tcp ? 20 + tcp_options.size() : 8);
}

Bytes Segment::build() const {
  PacketPlan plan;
  plan.version = version;
  plan.protocol = tcp ? 6 : 17;
  plan.options = ip_options;
  plan.first_extension = first_extension;
  plan.extensions = extensions;
  plan.payload.resize(tcp ? 20 : 8);
  uint8_t* const at = plan.payload.data();
  store_be(at, source_port);
  store_be(at + 2, destination_port);
  if (tcp) {
    store_be(at + 4, sequence);
    store_be(at + 8, acknowledged);
    at[12] = static_cast<uint8_t>((20 + tcp_options.size()) / 4 << 4 | reserved);
    at[13] = flags;
    store_be(at + 14, window);
    store_be(at + 18, urgent);
    plan.payload.insert(plan.payload.end(), tcp_options.begin(), tcp_options.end());
  } else {
    store_be(at + 4, static_cast<uint16_t>(8 + payload.size()));
  }
  plan.payload.insert(plan.payload.end(), payload.begin(), payload.end());

  Bytes packet = plan.build(source_of(*this), destination_of(*this));
  if (version == 4) {
    packet[1] = traffic_class;
    store_be(&packet[4], id);
    store_be(&packet[6], fragment_bits);
    packet[8] = ttl;
    finish_ip(packet);
  } else {
    store_be(packet.data(), 6u << 28 | uint32_t{traffic_class} << 20 | flow_label);
    packet[7] = ttl;
  }
  return packet;
}

std::vector<Bytes> Segment::split(size_t segment_size) const {
  std::vector<Bytes> all;
  size_t offset = 0;
  do {
    const size_t end = std::min(offset + segment_size, payload.size());
    Segment one = *this;
    one.payload.assign(payload.begin() + static_cast<std::ptrdiff_t>(offset),
                       payload.begin() + static_cast<std::ptrdiff_t>(end));
    one.sequence += static_cast<uint32_t>(offset);
    one.id = static_cast<uint16_t>(id + all.size());
    if (offset != 0) one.flags &= 0x7f;
    if (end != payload.size()) one.flags &= 0xf6;
    all.push_back(one.build());
    offset = end;
  } while (offset < payload.size());
  return all;
}

KernelPacket for_kernel(const Segment& segment, uint16_t segment_size) {
  KernelPacket made{segment.build(), {}};
  const size_t transport =
      segment.header_size() - (segment.tcp ? 20 + segment.tcp_options.size() : 8);
  Offload& offload = made.offload;
  if (segment_size != 0) {
    using Kind = Offload::Kind;
    offload.kind = !segment.tcp ? Kind::udp : segment.version == 4 ? Kind::tcp_v4 : Kind::tcp_v6;
    offload.segment_size = segment_size;
  }
  offload.needs_checksum = true;
  offload.checksum_start = static_cast<uint16_t>(transport);
  offload.checksum_offset = segment.tcp ? 16 : 6;
  const Bytes pseudo = pseudo_header(source_of(segment), destination_of(segment),
                                     segment.tcp ? 6 : 17, made.bytes.size() - transport);
  store_be(&made.bytes[transport + offload.checksum_offset],
           static_cast<uint16_t>(~full_checksum(pseudo, {})));
  return made;
}

Segment plain_segment(int version, bool tcp, size_t payload) {
  Segment segment;
  segment.version = version;
  segment.tcp = tcp;
  segment.payload = random_bytes(payload, static_cast<uint32_t>(payload) + 1);
  return segment;
}

Bytes random_bytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  std::ranges::generate(bytes, [&] { return static_cast<uint8_t>(random()); });
  return bytes;
}

}  // namespace wirebraid::test
