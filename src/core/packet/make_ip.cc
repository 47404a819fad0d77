#include "core/packet/make_ip.h"

#include <algorithm>
#include <cassert>

#include "core/packet/checksum.h"

namespace wirebraid {

namespace {
constexpr uint8_t kTtl = 64;
constexpr uint16_t kDontFragment = 0x4000;

size_t header_size(const uint8_t* packet) {
  return packet[0] >> 4 == 4 ? kIpv4MinHeader : kIpv6Header;
}
}  // namespace

Packet make_ip(BufferPool& pool, const IpAddress& from, const IpAddress& to, Protocol protocol,
               size_t payload_size) {
  assert(from && from.family() == to.family());
  const size_t header = from.is_v4() ? kIpv4MinHeader : kIpv6Header;
  if (header + payload_size > pool.payload_size()) return {};
  Packet packet = pool.allocate();
  if (!packet) return packet;
  packet.resize(header + payload_size);
  uint8_t* const at = packet.data();
  std::fill_n(at, packet.size(), uint8_t{0});
  if (from.is_v4()) {
    at[0] = 0x45;
    store_be(at + 2, static_cast<uint16_t>(packet.size()));
    store_be(at + 6, kDontFragment);
    at[8] = kTtl;
    at[9] = static_cast<uint8_t>(protocol);
    std::ranges::copy(from.bytes(), at + 12);
    std::ranges::copy(to.bytes(), at + 16);
    ChecksumSum sum;
    sum.add(ConstByteSpan(at, header));
    store_be(at + 10, sum.checksum());
  } else {
    at[0] = 0x60;
    store_be(at + 4, static_cast<uint16_t>(payload_size));
    at[6] = static_cast<uint8_t>(protocol);
    at[7] = kTtl;
    std::ranges::copy(from.bytes(), at + 8);
    std::ranges::copy(to.bytes(), at + 24);
  }
  return packet;
}

ByteSpan payload_of(Packet& packet) { return packet.bytes().subspan(header_size(packet.data())); }

ChecksumSum pseudo_header_sum(ConstByteSpan source, ConstByteSpan destination, Protocol protocol,
                              size_t length) {
  ChecksumSum sum;
  sum.add(source);
  sum.add(destination);
  sum.add(static_cast<uint32_t>(length));
  sum.add(static_cast<uint32_t>(protocol));
  return sum;
}

uint16_t transport_checksum(ConstByteSpan source, ConstByteSpan destination, Protocol protocol,
                            ConstByteSpan transport) {
  ChecksumSum sum;
  if (protocol != Protocol::icmp)
    sum = pseudo_header_sum(source, destination, protocol, transport.size());
  sum.add(transport);
  return sum.checksum();
}

}  // namespace wirebraid
