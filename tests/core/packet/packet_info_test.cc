#include "wirebraid/packet_info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace wirebraid {
namespace {

using Bytes = std::vector<uint8_t>;

uint16_t checksum(const Bytes& packet) {
  uint32_t sum = 0;
  for (size_t i = 0; i < 20; i += 2) sum += load_be<uint16_t>(packet.data() + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

Bytes v4(uint8_t protocol, const Bytes& payload, uint8_t traffic_class = 0, uint16_t fragment = 0) {
  Bytes packet(20 + payload.size());
  packet[0] = 0x45;
  packet[1] = traffic_class;
  store_be(packet.data() + 2, static_cast<uint16_t>(20 + payload.size()));
  store_be(packet.data() + 6, fragment);
  packet[8] = 64;
  packet[9] = protocol;
  const uint8_t addresses[8] = {10, 0, 0, 1, 192, 0, 2, 7};
  std::copy_n(addresses, 8, packet.begin() + 12);
  store_be(packet.data() + 10, checksum(packet));
  std::copy(payload.begin(), payload.end(), packet.begin() + 20);
  return packet;
}

Bytes v6(uint8_t next, const Bytes& payload, uint8_t traffic_class = 0) {
  Bytes packet(40 + payload.size());
  store_be(packet.data(), static_cast<uint32_t>(0x60000000u | uint32_t{traffic_class} << 20));
  store_be(packet.data() + 4, static_cast<uint16_t>(payload.size()));
  packet[6] = next;
  packet[7] = 64;
  packet[23] = 1;
  packet[39] = 2;
  std::copy(payload.begin(), payload.end(), packet.begin() + 40);
  return packet;
}

const Bytes kUdp = {0x12, 0x34, 0x56, 0x78, 0, 8, 0, 0};
uint64_t flow_of(const Bytes& packet) {
  const Bytes key(16, 7);
  return FlowHasher(std::span<const uint8_t, 16>(key.data(), 16)).flow(*read_ip(packet));
}

TEST(PacketInfo, ReadsIpv4) {
  const Bytes packet = v4(17, kUdp, 0xb9);
  const auto info = read_ip(packet);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, 4);
  EXPECT_EQ(info->traffic_class, 0xb9);
  EXPECT_EQ(info->protocol, 17);
  EXPECT_FALSE(info->fragment);
  EXPECT_EQ(info->source_port, 0x1234);
  EXPECT_EQ(info->destination_port, 0x5678);
  EXPECT_EQ(info->length, 28u);
  EXPECT_EQ(info->source[0], 10);
  EXPECT_EQ(info->destination[3], 7);
}

TEST(PacketInfo, ReadsIpv4Options) {
  Bytes packet = v4(17, {1, 1, 1, 1, 0x12, 0x34, 0x56, 0x78});
  packet[0] = 0x46;
  EXPECT_EQ(read_ip(packet)->source_port, 0x1234);
  packet[0] = 0x4f;
  EXPECT_FALSE(read_ip(packet)) << "options longer than the packet";
  packet[0] = 0x44;
  EXPECT_FALSE(read_ip(packet)) << "header shorter than 20";
}

TEST(PacketInfo, ReadsIpv6BehindExtensionHeaders) {
  Bytes payload = {60, 0, 0, 0, 0, 0, 0, 0};  // hop-by-hop, 8 bytes
  payload.insert(payload.end(), {17, 1});     // destination options, 16 bytes
  payload.insert(payload.end(), 14, uint8_t{0});
  payload.insert(payload.end(), kUdp.begin(), kUdp.end());
  const auto info = read_ip(v6(0, payload, 0xb8));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, 6);
  EXPECT_EQ(info->traffic_class, 0xb8);
  EXPECT_EQ(info->protocol, 17);
  EXPECT_EQ(info->destination_port, 0x5678);
}

TEST(PacketInfo, AllFragmentsAreOneFlow) {
  EXPECT_TRUE(read_ip(v4(17, kUdp, 0, 0x2000))->fragment);
  EXPECT_TRUE(read_ip(v4(17, kUdp, 0, 0x0010))->fragment);
  EXPECT_FALSE(read_ip(v4(17, kUdp, 0, 0x4000))->fragment) << "don't fragment";
  EXPECT_EQ(flow_of(v4(17, kUdp, 0, 0x2000)), flow_of(v4(17, Bytes(8, 0xee), 0, 0x0010)));

  Bytes first = {60, 0, 0, 1, 0, 0, 0, 9};  // a fragment header, then destination options
  Bytes second = {60, 0, 0x01, 0x00, 0, 0, 0, 9};
  first.insert(first.end(), {17, 0, 0, 0, 0, 0, 0, 0});
  second.insert(second.end(), {43, 0, 1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(read_ip(v6(44, first))->fragment);
  EXPECT_EQ(flow_of(v6(44, first)), flow_of(v6(44, second)));
}

TEST(PacketInfo, FlowsDifferByEveryField) {
  const Bytes base = v4(17, kUdp);
  for (const size_t at : {9, 12, 15, 16, 19, 20, 21, 22, 23}) {
    Bytes other = base;
    other[at] ^= at == 9 ? 17 ^ 6 : 1;
    EXPECT_NE(flow_of(base), flow_of(other)) << "byte " << at;
  }
  Bytes same = base;
  same[1] = 3;
  same[8] = 1;
  EXPECT_EQ(flow_of(base), flow_of(same)) << "neither DSCP nor TTL makes a flow";
}

TEST(PacketInfo, RefusesEveryTruncation) {
  Bytes payload = {17, 0, 0, 0, 0, 0, 0, 0};
  payload.insert(payload.end(), kUdp.begin(), kUdp.end());
  for (const Bytes& packet : {v4(17, kUdp), v6(0, payload)}) {
    for (size_t size = 0; size < packet.size(); ++size) {
      const Bytes cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(read_ip(cut)) << size;
    }
    Bytes padded = packet;
    padded.resize(packet.size() + 15);
    ASSERT_TRUE(read_ip(padded));
    EXPECT_EQ(read_ip(padded)->length, packet.size());
  }
}

// A whole packet whose extension headers claim more than there is: read, without ports.
TEST(PacketInfo, ExtensionHeadersCannotLeaveThePacket) {
  for (int length = 0; length < 256; ++length) {
    const Bytes payload = {17, static_cast<uint8_t>(length), 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    const auto info = read_ip(v6(0, payload));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->source_port, length == 0 ? 0x0102 : 0);
  }
  EXPECT_EQ(read_ip(v4(17, {1, 2, 3}))->source_port, 0) << "too short for ports";
}

TEST(PacketInfo, RefusesOtherVersions) {
  for (int version = 0; version < 16; ++version) {
    Bytes packet(64, 0);
    packet[0] = static_cast<uint8_t>(version << 4 | 5);
    packet[3] = 64;
    EXPECT_EQ(read_ip(packet).has_value(), version == 4 || version == 6) << version;
  }
}

// RFC 6040, figure 4.
TEST(Ecn, DecapsulatesAsTheTableSays) {
  constexpr int kDrop = -1;
  constexpr int kTable[4][4] = {
      // outer: Not-ECT, ECT(1), ECT(0), CE
      {kEcnNotEct, kEcnNotEct, kEcnNotEct, kDrop},  // inner Not-ECT
      {kEcnEct1, kEcnEct1, kEcnEct1, kEcnCe},       // inner ECT(1)
      {kEcnEct0, kEcnEct1, kEcnEct0, kEcnCe},       // inner ECT(0)
      {kEcnCe, kEcnCe, kEcnCe, kEcnCe},             // inner CE
  };
  for (uint8_t dscp : {0x00, 0xb8, 0xfc}) {
    for (uint8_t inner = 0; inner < 4; ++inner) {
      for (uint8_t outer = 0; outer < 4; ++outer) {
        const auto inner_class = static_cast<uint8_t>(dscp | inner);
        for (Bytes packet : {v4(17, kUdp, inner_class), v6(17, kUdp, inner_class)}) {
          const Bytes before = packet;
          const bool kept = ecn_decapsulate(packet, static_cast<uint8_t>(0xa0 | outer));
          ASSERT_EQ(kept, kTable[inner][outer] != kDrop);
          if (!kept) continue;
          const auto info = read_ip(packet);
          EXPECT_EQ(info->traffic_class, dscp | kTable[inner][outer]);
          if (info->version == 4) {
            EXPECT_EQ(checksum(packet), 0);
          } else {
            set_ecn(packet, inner);
            EXPECT_EQ(packet, before) << "nothing else changes";
          }
        }
      }
    }
  }
}

TEST(Ecn, TheChecksumHoldsForEveryHeader) {
  for (int id = 0; id < 65536; id += 7) {
    Bytes packet = v4(17, {}, static_cast<uint8_t>(id));
    store_be(packet.data() + 4, static_cast<uint16_t>(id));
    store_be(packet.data() + 10, uint16_t{0});
    store_be(packet.data() + 10, checksum(packet));
    set_ecn(packet, static_cast<uint8_t>(id / 7 & 3));
    ASSERT_EQ(checksum(packet), 0) << id;
  }
}

}  // namespace
}  // namespace wirebraid
