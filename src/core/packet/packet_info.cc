#include "wirebraid/packet_info.h"

#include <sodium.h>

#include <algorithm>

#include "core/packet/checksum.h"
#include "core/packet/protocols.h"

namespace wirebraid {

namespace {

bool has_ports(uint8_t protocol) {
  switch (static_cast<Protocol>(protocol)) {
    case Protocol::tcp:
    case Protocol::udp:
    case Protocol::dccp:
    case Protocol::sctp:
    case Protocol::udp_lite:
      return true;
    default:
      return false;
  }
}

void read_ports(ConstByteSpan transport, IpInfo& info) {
  if (info.fragment || !has_ports(info.protocol) || transport.size() < 4) return;
  info.source_port = load_be<uint16_t>(transport.data());
  info.destination_port = load_be<uint16_t>(transport.data() + 2);
}

std::optional<IpInfo> read_v4(ConstByteSpan bytes) {
  if (bytes.size() < kIpv4MinHeader) return std::nullopt;
  const size_t header = static_cast<size_t>(bytes[0] & 0xf) * 4;
  const size_t length = load_be<uint16_t>(bytes.data() + 2);
  if (header < kIpv4MinHeader || length < header || length > bytes.size()) return std::nullopt;
  IpInfo info;
  info.version = 4;
  info.traffic_class = bytes[1];
  info.protocol = bytes[9];
  info.length = length;
  info.source = bytes.data() + 12;
  info.destination = bytes.data() + 16;
  info.fragment = (load_be<uint16_t>(bytes.data() + 6) & 0x3fff) != 0;  // MF or an offset
  read_ports(bytes.subspan(header, length - header), info);
  return info;
}

std::optional<IpInfo> read_v6(ConstByteSpan bytes) {
  if (bytes.size() < kIpv6Header) return std::nullopt;
  const size_t length = kIpv6Header + load_be<uint16_t>(bytes.data() + 4);
  if (length > bytes.size()) return std::nullopt;
  IpInfo info;
  info.version = 6;
  info.traffic_class = static_cast<uint8_t>(load_be<uint16_t>(bytes.data()) >> 4);
  info.protocol = bytes[6];
  info.length = length;
  info.source = bytes.data() + 8;
  info.destination = bytes.data() + 24;
  ConstByteSpan rest = bytes.subspan(kIpv6Header, length - kIpv6Header);
  for (int i = 0; i < kMaxExtensionHeaders && is_extension_header(info.protocol); ++i) {
    if (rest.size() < 8) break;
    // What follows a fragment header stands in the first fragment only; all shall look the same.
    info.fragment = info.protocol == static_cast<uint8_t>(Protocol::fragment);
    const size_t size = extension_header_size(info.protocol, rest);
    info.protocol = rest[0];
    if (info.fragment || size > rest.size()) return info;
    rest = rest.subspan(size);
  }
  read_ports(rest, info);
  return info;
}

}  // namespace

std::optional<IpInfo> read_ip(ConstByteSpan bytes) {
  if (bytes.empty()) return std::nullopt;
  switch (bytes[0] >> 4) {
    case 4:
      return read_v4(bytes);
    case 6:
      return read_v6(bytes);
    default:
      return std::nullopt;
  }
}

FlowHasher::FlowHasher(std::span<const uint8_t, 16> key) {
  static_assert(sizeof key_ == crypto_shorthash_KEYBYTES);
  std::copy(key.begin(), key.end(), key_);
}

uint64_t FlowHasher::flow(const IpInfo& info) const {
  uint8_t input[2 * 16 + 5];
  const size_t address = info.version == 4 ? 4 : 16;
  uint8_t* end = std::copy_n(info.source, address, input);
  end = std::copy_n(info.destination, address, end);
  store_be(end, info.source_port);
  store_be(end + 2, info.destination_port);
  end[4] = info.protocol;
  uint8_t hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, input, static_cast<size_t>(end + 5 - input), key_);
  return load_le<uint64_t>(hash);
}

uint64_t FlowHasher::address(const uint8_t* address, size_t size) const {
  uint8_t hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, address, size, key_);
  return load_le<uint64_t>(hash);
}

void set_ecn(ByteSpan packet, uint8_t ecn) {
  if (packet[0] >> 4 == 6) {
    packet[1] = static_cast<uint8_t>((packet[1] & ~(kEcnMask << 4)) | (ecn << 4));
    return;
  }
  const uint16_t before = load_be<uint16_t>(packet.data());
  packet[1] = static_cast<uint8_t>((packet[1] & ~kEcnMask) | ecn);
  const uint16_t after = load_be<uint16_t>(packet.data());
  // RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m')
  ChecksumDelta delta;
  delta.replace(before, after);
  store_be(packet.data() + 10, delta.apply(load_be<uint16_t>(packet.data() + 10)));
}

uint8_t traffic_class_of(ConstByteSpan packet) {
  if (packet[0] >> 4 == 6) return static_cast<uint8_t>(load_be<uint16_t>(packet.data()) >> 4);
  return packet[1];
}

bool ecn_decapsulate(ByteSpan packet, uint8_t outer_traffic_class) {
  const uint8_t outer = outer_traffic_class & kEcnMask;
  const uint8_t inner = traffic_class_of(packet) & kEcnMask;
  if (inner == kEcnNotEct) return outer != kEcnCe;
  if (inner == kEcnCe || outer == inner || outer == kEcnNotEct || outer == kEcnEct0) return true;
  // Left: outer CE on ECT(0) or ECT(1), and outer ECT(1) on ECT(0).
  set_ecn(packet, outer);
  return true;
}

}  // namespace wirebraid
