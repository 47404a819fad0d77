#include "core/exit/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/packet/tcp_segment.h"
#include "tests/core/packet/packet_builder.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::Bytes;
using test::PacketPlan;

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

Bytes packet(uint8_t protocol, const Bytes& transport, int version = 4) {
  PacketPlan plan;
  plan.version = version;
  plan.protocol = protocol;
  plan.payload = transport;
  const bool v4 = version == 4;
  return plan.build(address(v4 ? "10.0.0.1" : "fd00::1"),
                    address(v4 ? "192.0.2.7" : "2001:db8::7"));
}

Bytes tcp(uint8_t flags, uint32_t sequence, uint32_t acknowledged, size_t data = 0) {
  Bytes header(20 + data);
  store_be(&header[0], uint16_t{40000});
  store_be(&header[2], uint16_t{443});
  store_be(&header[4], sequence);
  store_be(&header[8], acknowledged);
  header[12] = 5 << 4;
  header[13] = flags;
  return packet(kTcp, header);
}

const Bytes kUdpPacket = packet(kUdp, {0x12, 0x34, 0, 53, 0, 8, 0, 0});

class FlowTableTest : public ::testing::Test {
 protected:
  Flow& pin(uint64_t hash, const Bytes& bytes, uint8_t path) {
    Flow& flow = table.pin(hash, *read_ip(bytes), path, now);
    FlowTable::touch(flow, bytes, now);
    return flow;
  }
  Flow& pin(uint64_t hash, uint8_t path) { return pin(hash, kUdpPacket, path); }
  Flow& after(std::initializer_list<Bytes> packets) {
    table.remove(1);
    Flow& flow = pin(1, *packets.begin(), 0);
    for (const auto* next = packets.begin() + 1; next != packets.end(); ++next)
      FlowTable::touch(flow, *next, now);
    return flow;
  }

  FlowTable table{64};
  Time now{1000s};
};

TEST_F(FlowTableTest, NothingIsFoundInAnEmptyOne) {
  EXPECT_EQ(table.find(0, now), nullptr);
  EXPECT_EQ(table.find(77, now), nullptr);
  table.remove(77);
  EXPECT_FALSE(table.take_pinned_to(0, 0, 10, now, [](Flow&) { return std::nullopt; }));
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(FlowTableTest, AFlowKeepsItsPath) {
  pin(77, 3);
  ASSERT_NE(table.find(77, now), nullptr);
  EXPECT_EQ(table.find(77, now)->path, 3);
  EXPECT_EQ(table.find(78, now), nullptr);
  EXPECT_EQ(table.pinned_to(3), 1u);
  pin(77, 4);
  EXPECT_EQ(table.find(77, now)->path, 4);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.pinned_to(3), 0u);
  EXPECT_EQ(table.pinned_to(4), 1u);
  table.remove(77);
  EXPECT_EQ(table.find(77, now), nullptr);
  EXPECT_EQ(table.pinned_to(4), 0u);
}

TEST_F(FlowTableTest, AHashOfZeroIsOneToo) {
  EXPECT_EQ(table.find(0, now), nullptr);
  pin(0, 2);
  ASSERT_NE(table.find(0, now), nullptr);
  EXPECT_EQ(table.find(0, now)->path, 2);
  table.remove(0);
  EXPECT_EQ(table.find(0, now), nullptr);
}

TEST_F(FlowTableTest, RemembersBothEnds) {
  for (const int version : {4, 6}) {
    const Bytes bytes = packet(kUdp, {0x12, 0x34, 0, 53, 0, 8, 0, 0}, version);
    const Flow& flow = pin(static_cast<uint64_t>(version), bytes, 0);
    EXPECT_EQ(flow.near_address, address(version == 4 ? "10.0.0.1" : "fd00::1"));
    EXPECT_EQ(flow.far_address, address(version == 4 ? "192.0.2.7" : "2001:db8::7"));
    EXPECT_EQ(flow.near_port, 0x1234);
    EXPECT_EQ(flow.far_port, 53);
    EXPECT_EQ(flow.protocol, kUdp);
    EXPECT_FALSE(flow.resettable());
  }
}

TEST_F(FlowTableTest, FollowsAConnection) {
  Flow& flow = after({tcp(kTcpSyn, 99, 0)});
  EXPECT_TRUE(flow.syn_seen);
  EXPECT_FALSE(flow.established);
  EXPECT_TRUE(flow.resettable());
  EXPECT_FALSE(flow.ack_known);
  EXPECT_EQ(flow.next_sequence, 100u);
  EXPECT_EQ(flow.timeout(), FlowTimeouts::kTcpTransitory);

  FlowTable::touch(flow, tcp(kTcpAck, 100, 5000), now);
  EXPECT_TRUE(flow.established);
  EXPECT_TRUE(flow.ack_known);
  EXPECT_EQ(flow.acknowledged, 5000u);
  EXPECT_EQ(flow.timeout(), FlowTimeouts::kTcpEstablished);

  FlowTable::touch(flow, tcp(kTcpAck, 100, 6000, 500), now);
  EXPECT_EQ(flow.next_sequence, 600u);
  EXPECT_EQ(flow.acknowledged, 6000u);
  FlowTable::touch(flow, tcp(kTcpAck, 100, 5500, 200), now);
  EXPECT_EQ(flow.next_sequence, 600u) << "sent again";
  EXPECT_EQ(flow.acknowledged, 6000u) << "overtaken";

  FlowTable::touch(flow, tcp(kTcpFin | kTcpAck, 600, 6000), now);
  EXPECT_EQ(flow.next_sequence, 601u);
  EXPECT_TRUE(flow.resettable());
  EXPECT_EQ(flow.timeout(), FlowTimeouts::kTcpTransitory);

  FlowTable::touch(flow, tcp(kTcpRst, 601, 0), now);
  EXPECT_FALSE(flow.resettable());
  EXPECT_EQ(flow.timeout(), FlowTimeouts::kTcpReset);
}

TEST_F(FlowTableTest, NumbersGoRoundTheCorner) {
  const Flow& flow =
      after({tcp(kTcpAck, 0xffffff00, 0xfffffff8), tcp(kTcpAck, 0xffffff00, 8, 512)});
  EXPECT_EQ(flow.next_sequence, 256u);
  EXPECT_EQ(flow.acknowledged, 8u);
  EXPECT_FALSE(flow.syn_seen);
  EXPECT_TRUE(flow.established) << "seen from the middle on";
}

TEST_F(FlowTableTest, AnAcceptedConnectionIsEstablishedByItsNextAcknowledgment) {
  EXPECT_FALSE(after({tcp(kTcpSyn | kTcpAck, 10, 20)}).established);
  EXPECT_TRUE(after({tcp(kTcpSyn | kTcpAck, 10, 20), tcp(kTcpAck, 11, 21)}).established);
}

TEST_F(FlowTableTest, ASynOnTheSamePortsIsAnotherConnection) {
  Flow& flow = after({tcp(kTcpAck, 5000, 9000), tcp(kTcpRst, 5000, 0)});
  flow.reset_sent = true;
  FlowTable::touch(flow, tcp(kTcpSyn, 70, 0), now);
  EXPECT_TRUE(flow.resettable());
  EXPECT_FALSE(flow.established || flow.rst_seen || flow.ack_known || flow.reset_sent);
  EXPECT_EQ(flow.next_sequence, 71u) << "though it is before the old one";
}

TEST_F(FlowTableTest, FragmentsHaveNoConnection) {
  PacketPlan plan;
  plan.protocol = kTcp;
  plan.payload = Bytes(64, 0);
  plan.payload[12] = 5 << 4;
  plan.payload[13] = kTcpSyn;
  const auto fragments =
      test::fragment(plan, plan.build(address("10.0.0.1"), address("192.0.2.7")), 24);
  const Flow& flow = pin(1, fragments.first, 0);
  EXPECT_FALSE(flow.resettable());
  EXPECT_FALSE(flow.syn_seen);
}

TEST_F(FlowTableTest, SilentFlowsExpire) {
  pin(1, 0);
  now += FlowTimeouts::kOther - 1us;
  Flow* flow = table.find(1, now);
  ASSERT_NE(flow, nullptr);
  FlowTable::touch(*flow, kUdpPacket, now);
  now += FlowTimeouts::kOther - 1us;
  EXPECT_NE(table.find(1, now), nullptr);
  now += 1us;
  EXPECT_EQ(table.find(1, now), nullptr);
  EXPECT_EQ(table.size(), 0u);

  pin(2, tcp(kTcpAck, 1, 1), 0);
  now += FlowTimeouts::kTcpEstablished - 1us;
  EXPECT_NE(table.find(2, now), nullptr);
  now += 1us;
  EXPECT_EQ(table.find(2, now), nullptr);
}

// Keys of one bucket: the table has 64 slots, so the bits from 6 on do not choose it.
TEST_F(FlowTableTest, AFullBucketGivesUpWhatWouldExpireFirst) {
  const auto key = [](uint64_t i) { return i << 6 | 5; };
  pin(key(0), tcp(kTcpAck, 1, 1), 0);  // the longest idle, yet good for two hours
  for (uint64_t i = 1; i < FlowTable::kWays; ++i) {
    now += 1s;
    pin(key(i), 0);
  }
  EXPECT_EQ(table.evicted(), 0u);
  now += 1s;
  pin(key(100), 1);
  EXPECT_EQ(table.evicted(), 1u);
  EXPECT_EQ(table.size(), FlowTable::kWays);
  EXPECT_NE(table.find(key(0), now), nullptr);
  EXPECT_EQ(table.find(key(1), now), nullptr);
  EXPECT_NE(table.find(key(2), now), nullptr);
  EXPECT_EQ(table.pinned_to(0), FlowTable::kWays - 1);
  EXPECT_EQ(table.pinned_to(1), 1u);

  now += FlowTimeouts::kOther;
  pin(key(101), 1);
  EXPECT_EQ(table.evicted(), 1u) << "an expired one is no loss";
}

TEST_F(FlowTableTest, ANewFlowInheritsNothing) {
  for (uint64_t i = 0; i < 64; ++i) pin(i, tcp(kTcpAck, 5, 6), 0);
  for (uint64_t i = 0; i < 64; ++i) table.remove(i);
  for (uint64_t i = 0; i < 64; ++i) {
    const Flow& flow = table.pin(i << 8 | i, *read_ip(tcp(kTcpSyn, 9, 0)), 0, now);
    ASSERT_FALSE(flow.established || flow.numbers_known || flow.ack_known);
  }
}

TEST_F(FlowTableTest, ADeadExitsFlowsAreMovedOrForgotten) {
  for (uint64_t i = 1; i <= 40; ++i) pin(i * 0x9e3779b97f4a7c15, static_cast<uint8_t>(i % 4));
  const size_t all = table.size();
  const size_t on_two = table.pinned_to(2);
  const size_t on_three = table.pinned_to(3);
  ASSERT_GT(on_two, 4u);
  size_t visited = 0;
  size_t forgotten = 0;
  size_t calls = 0;
  std::optional<size_t> next = 0;
  while (next) {
    size_t visited_now = 0;
    next = table.take_pinned_to(2, *next, 5, now, [&](Flow& flow) -> std::optional<uint8_t> {
      EXPECT_EQ(flow.path, 2);
      ++visited_now;
      if (++visited % 2 == 0) return uint8_t{3};
      ++forgotten;
      return std::nullopt;
    });
    EXPECT_LE(visited_now, 5u);
    ASSERT_LE(++calls, 64u / 5 + 1);
  }
  EXPECT_GT(calls, 5u);
  EXPECT_EQ(visited, on_two);
  EXPECT_EQ(table.pinned_to(2), 0u);
  EXPECT_EQ(table.pinned_to(3), on_three + visited - forgotten);
  EXPECT_EQ(table.size(), all - forgotten);
}

TEST_F(FlowTableTest, ExpiredFlowsAreNotVisited) {
  pin(1, 0);
  now += FlowTimeouts::kOther;
  pin(2, 0);
  size_t visited = 0;
  EXPECT_FALSE(table.take_pinned_to(0, 0, 1000, now, [&](Flow&) -> std::optional<uint8_t> {
    ++visited;
    return uint8_t{1};
  }));
  EXPECT_EQ(visited, 1u);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.pinned_to(0), 0u);
}

TEST_F(FlowTableTest, AgreesWithAMapUnderRandomUse) {
  FlowTable large{1024};
  std::map<uint64_t, uint8_t> model;
  std::mt19937_64 random{3};
  const auto info = read_ip(kUdpPacket);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t hash = random() % 300 * 0x9e3779b97f4a7c15;
    const auto path = static_cast<uint8_t>(random() % 8);
    switch (random() % 8) {
      case 0:
        large.remove(hash);
        model.erase(hash);
        break;
      case 1:
      case 2:
        large.pin(hash, *info, path, now);
        model[hash] = path;
        break;
      default: {
        const Flow* flow = large.find(hash, now);
        ASSERT_EQ(flow != nullptr, model.contains(hash));
        if (flow == nullptr) break;
        ASSERT_EQ(flow->path, model[hash]);
        break;
      }
    }
    ASSERT_EQ(large.size(), model.size());
  }
  ASSERT_EQ(large.evicted(), 0u) << "a bucket overflowed, so the map is no model";
  size_t pinned = 0;
  for (uint8_t path = 0; path < 8; ++path) pinned += large.pinned_to(path);
  EXPECT_EQ(pinned, model.size());
}

}  // namespace
}  // namespace wirebraid
