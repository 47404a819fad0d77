#include "core/packet/tcp_segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "tests/core/packet/packet_builder.h"

namespace wirebraid {
namespace {

using test::address;
using test::Bytes;
using test::PacketPlan;

Bytes tcp_payload(uint8_t flags, size_t data, size_t options = 0) {
  Bytes tcp(20 + options + data, 0xd5);
  store_be(&tcp[4], uint32_t{0xfffffff0});
  store_be(&tcp[8], uint32_t{0x12345678});
  tcp[12] = static_cast<uint8_t>((20 + options) / 4 << 4);
  tcp[13] = flags;
  return tcp;
}

Bytes packet(const PacketPlan& plan) {
  const bool v4 = plan.version == 4;
  return plan.build(address(v4 ? "10.0.0.1" : "fd00::1"),
                    address(v4 ? "192.0.2.7" : "2001:db8::7"));
}

TEST(TcpSegment, CountsDataSynAndFin) {
  for (const int version : {4, 6}) {
    PacketPlan plan;
    plan.version = version;
    plan.protocol = 6;
    plan.payload = tcp_payload(kTcpAck, 100, 12);
    auto segment = read_tcp(packet(plan));
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->sequence, 0xfffffff0);
    EXPECT_EQ(segment->acknowledged, 0x12345678u);
    EXPECT_EQ(segment->length, 100u);
    EXPECT_EQ(segment->next(), 84u) << "modulo 2^32";
    EXPECT_TRUE(segment->has(kTcpAck));
    EXPECT_FALSE(segment->has(kTcpSyn));
    plan.payload = tcp_payload(kTcpSyn, 0, 20);
    EXPECT_EQ(read_tcp(packet(plan))->length, 1u);
    plan.payload = tcp_payload(kTcpFin | kTcpAck, 7);
    EXPECT_EQ(read_tcp(packet(plan))->length, 8u);
  }
}

TEST(TcpSegment, PaddingIsNoData) {
  PacketPlan plan;
  plan.protocol = 6;
  plan.payload = tcp_payload(kTcpAck, 3);
  Bytes padded = packet(plan);
  padded.resize(padded.size() + 13);
  EXPECT_EQ(read_tcp(padded)->length, 3u);
}

TEST(TcpSegment, RefusesWhatIsNotAWholeHeader) {
  PacketPlan plan;
  plan.protocol = 6;
  plan.payload = tcp_payload(kTcpAck, 0, 8);
  for (size_t size = 0; size < 28; ++size) {
    PacketPlan cut = plan;
    cut.payload.resize(size);
    EXPECT_FALSE(read_tcp(packet(cut))) << size;
  }
  plan.payload[12] = 4 << 4;
  EXPECT_FALSE(read_tcp(packet(plan))) << "header shorter than 20";
  plan.payload = tcp_payload(kTcpAck, 60);
  plan.protocol = 17;
  EXPECT_FALSE(read_tcp(packet(plan)));
  plan.protocol = 6;
  const auto fragments = test::fragment(plan, packet(plan), 40);
  EXPECT_TRUE(read_tcp(fragments.first));
  EXPECT_FALSE(read_tcp(fragments.second));
}

TEST(TcpSegment, TimestampsAreFoundAmongOptions) {
  const auto has = [](std::initializer_list<uint8_t> options) {
    PacketPlan plan;
    plan.protocol = 6;
    plan.payload = tcp_payload(kTcpAck, 100, 12);
    std::copy(options.begin(), options.end(), plan.payload.begin() + 20);
    const Bytes bytes = packet(plan);
    EXPECT_TRUE(read_tcp(bytes));
    return tcp_has_timestamps(bytes);
  };
  EXPECT_TRUE(has({1, 1, 8, 10}));
  EXPECT_TRUE(has({8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}));
  EXPECT_TRUE(has({1, 3, 3, 7, 4, 2, 8, 10}));  // as in a SYN, but cut off
  EXPECT_FALSE(has({1, 1, 5, 10, 8, 8, 8, 8, 8, 8, 8, 8}));
  EXPECT_FALSE(has({0, 8, 10}));
  EXPECT_FALSE(has({1, 1, 5, 0, 8, 10}));    // an option without an end
  EXPECT_FALSE(has({1, 1, 5, 200, 8, 10}));  // beyond the header
  EXPECT_FALSE(has({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5}));
  PacketPlan plan;
  plan.protocol = 6;
  plan.payload = tcp_payload(kTcpAck, 3);
  EXPECT_FALSE(tcp_has_timestamps(packet(plan))) << "no options";
}

TEST(TcpSegment, OrderIsModulo) {
  EXPECT_TRUE(tcp_after(1, 0));
  EXPECT_TRUE(tcp_after(5, 0xfffffff0));
  EXPECT_FALSE(tcp_after(0xfffffff0, 5));
  EXPECT_FALSE(tcp_after(7, 7));
}

}  // namespace
}  // namespace wirebraid
