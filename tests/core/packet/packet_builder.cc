#include "tests/core/packet/packet_builder.h"

#include <algorithm>
#include <cassert>

namespace wirebraid::test {

namespace {

// Byte by byte: GCC 12 sees insert() run out of bounds where it does not.
void append(Bytes& to, ConstByteSpan bytes) {
  for (const uint8_t byte : bytes) to.push_back(byte);
}

void finish_v4_header(Bytes& packet, size_t header) {
  packet[10] = packet[11] = 0;
  store_be(&packet[10], full_checksum({}, ConstByteSpan(packet).first(header)));
}

}  // namespace

std::optional<size_t> checksum_offset(uint8_t protocol) {
  switch (protocol) {
    case 1:
    case 58:
      return 2;
    case 6:
      return 16;
    case 17:
    case 33:
    case 136:
      return 6;
    default:
      return std::nullopt;
  }
}

uint16_t full_checksum(const Bytes& pseudo, ConstByteSpan bytes) {
  uint32_t sum = 0;
  const auto add = [&](ConstByteSpan part) {
    for (size_t i = 0; i < part.size(); ++i) {
      sum += i % 2 == 0 ? part[i] * 256u : part[i];
      sum = (sum & 0xffff) + (sum >> 16);
    }
  };
  add(pseudo);
  add(bytes);
  return static_cast<uint16_t>(~sum);
}

Bytes pseudo_header(const IpAddress& source, const IpAddress& destination, uint8_t protocol,
                    size_t length) {
  Bytes pseudo;
  append(pseudo, source.bytes());
  append(pseudo, destination.bytes());
  const auto high = static_cast<uint8_t>(length >> 8);
  const auto low = static_cast<uint8_t>(length);
  if (source.is_v4()) {
    append(pseudo, Bytes{0, protocol, high, low});
  } else {
    append(pseudo, Bytes{0, 0, high, low, 0, 0, 0, protocol});
  }
  return pseudo;
}

bool checksums_hold(ConstByteSpan packet) {
  const bool v4 = packet[0] >> 4 == 4;
  const size_t header = v4 ? (packet[0] & 0xf) * 4u : 40;
  if (v4 && full_checksum({}, packet.first(header)) != 0) return false;
  const uint8_t protocol = packet[v4 ? 9 : 6];
  const auto transport = packet.subspan(header);
  if (protocol == 17 && load_be<uint16_t>(&transport[6]) == 0) return true;
  Bytes pseudo;
  if (protocol != 1) {
    const auto from = v4 ? IpAddress::v4(packet.subspan(12).first<4>())
                         : IpAddress::v6(packet.subspan(8).first<16>());
    const auto to = v4 ? IpAddress::v4(packet.subspan(16).first<4>())
                       : IpAddress::v6(packet.subspan(24).first<16>());
    pseudo = pseudo_header(from, to, protocol, transport.size());
  }
  return full_checksum(pseudo, transport) == 0;
}

IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

Bytes PacketPlan::build(const IpAddress& source, const IpAddress& destination) const {
  Bytes transport = payload;
  if (!within.empty()) {
    Bytes inner = within.front().build(destination, source);
    inner.resize(std::min(inner.size(), within_size));
    append(transport, inner);
    append(transport, behind);
  }
  const auto at = checksum_offset(protocol);
  if (at && *at + 2 <= transport.size()) {
    store_be(&transport[*at], uint16_t{0});
    Bytes pseudo;
    if (protocol != 1 || version == 6) {
      pseudo = pseudo_header(source, pseudo_destination.value_or(destination), protocol,
                             transport.size());
    }
    uint16_t checksum = full_checksum(pseudo, transport);
    if (checksum == 0 && (protocol == 17 || protocol == 136)) checksum = 0xffff;
    if (without_checksum) checksum = 0;
    // ICMP has no checksum in IPv6 that would change with addresses, nor ICMPv6 in IPv4.
    const bool foreign = protocol == (version == 4 ? 58 : 1);
    if (!foreign) store_be(&transport[*at], checksum);
  }

  Bytes packet;
  if (version == 4) {
    const size_t header = 20 + options.size();
    packet.resize(20);
    packet[0] = static_cast<uint8_t>(0x40 | header / 4);
    packet[1] = 0xb9;
    store_be(&packet[2], static_cast<uint16_t>(header + transport.size()));
    packet[4] = 0x12;
    packet[8] = 63;
    packet[9] = protocol;
    std::ranges::copy(source.bytes(), packet.begin() + 12);
    std::ranges::copy(destination.bytes(), packet.begin() + 16);
    append(packet, options);
    finish_v4_header(packet, header);
  } else {
    packet.resize(8);
    packet[0] = 0x6b;
    packet[3] = 0x77;
    store_be(&packet[4], static_cast<uint16_t>(extensions.size() + transport.size()));
    packet[6] = extensions.empty() ? protocol : first_extension;
    packet[7] = 63;
    append(packet, source.bytes());
    append(packet, destination.bytes());
    append(packet, extensions);
  }
  append(packet, transport);
  packet.shrink_to_fit();
  return packet;
}

Fragments fragment(const PacketPlan& plan, const Bytes& packet, size_t first) {
  assert(first % 8 == 0);
  Fragments out;
  const size_t header = plan.version == 4 ? 20 + plan.options.size() : 40;
  const auto middle = packet.begin() + static_cast<std::ptrdiff_t>(header + first);
  if (plan.version == 4) {
    out.first.assign(packet.begin(), middle);
    store_be(&out.first[2], static_cast<uint16_t>(out.first.size()));
    store_be(&out.first[6], uint16_t{0x2000});
    finish_v4_header(out.first, header);
    out.second.assign(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
    out.second.insert(out.second.end(), middle, packet.end());
    store_be(&out.second[2], static_cast<uint16_t>(out.second.size()));
    store_be(&out.second[6], static_cast<uint16_t>(first / 8));
    finish_v4_header(out.second, header);
    return out;
  }
  for (Bytes* part : {&out.first, &out.second}) {
    part->assign(packet.begin(), packet.begin() + 40);
    const bool is_first = part == &out.first;
    const auto offset = static_cast<uint16_t>(is_first ? 1 : first);  // M, or 13 bits of 8 bytes
    append(*part, Bytes{packet[6], 0, static_cast<uint8_t>(offset >> 8),
                        static_cast<uint8_t>(offset), 1, 2, 3, 4});
    part->insert(part->end(), is_first ? packet.begin() + 40 : middle,
                 is_first ? middle : packet.end());
    (*part)[6] = 44;
    store_be(&(*part)[4], static_cast<uint16_t>(part->size() - 40));
  }
  return out;
}

}  // namespace wirebraid::test
