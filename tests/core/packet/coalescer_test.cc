// Coalescer::merge(): what it merges is byte for byte what the kernel would have handed over, and
// split() makes of it what was there before.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "core/packet/tcp_segment.h"
#include "tests/core/packet/coalescer_fixture.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using test::Bytes;
using test::CoalescerTest;
using test::expect_all_alone;
using test::expect_alone;
using test::expect_merged;
using test::for_all_kinds;
using test::plain_segment;
using test::random_bytes;
using test::Result;
using test::Segment;

TEST_F(CoalescerTest, MakesWhatTheKernelWouldHandOver) {
  for_all_kinds([&](int version, bool tcp) {
    for (const size_t payload : {2000, 2001, 3000, 5000, 5017, 6000}) {
      for (const uint8_t flags :
           {kTcpAck, uint8_t{kTcpAck | kTcpPsh}, uint8_t{kTcpAck | kTcpPsh | kTcpFin}}) {
        Segment segment = plain_segment(version, tcp, payload);
        segment.flags = flags;
        segment.sequence = static_cast<uint32_t>(-1500);
        segment.id = 0xffff;
        segment.fragment_bits = payload % 2 == 0 ? 0x4000 : 0;
        segment.tcp_options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
        segment.traffic_class = 0xb9;
        const auto results = merge(segment.split(1000));
        ASSERT_EQ(results.size(), 1u);
        EXPECT_EQ(results[0].count, (payload + 999) / 1000);
        expect_merged(results[0], segment, 1000);
      }
    }
  });
}

TEST_F(CoalescerTest, LeavesASinglePacketAsItIs) {
  for_all_kinds([&](int version, bool tcp) {
    Bytes one = plain_segment(version, tcp, 100).build();
    one.back() ^= 1;  // not even looked at
    expect_all_alone(merge({one}), {one});
    one.resize(one.size() + 5);
    expect_all_alone(merge({one}), {one});
  });
  EXPECT_TRUE(merge(std::vector<Bytes>{}).empty());
}

TEST_F(CoalescerTest, TakesPaddingAwayWhereItMerges) {
  for_all_kinds([&](int version, bool tcp) {
    const Segment segment = plain_segment(version, tcp, 2500);
    auto all = segment.split(1000);
    for (Bytes& one : all) one.resize(one.size() + 7);
    const auto results = merge(all);
    ASSERT_EQ(results.size(), 1u);
    expect_merged(results[0], segment, 1000);
  });
}

TEST_F(CoalescerTest, SkipsPacketsThatAreNone) {
  const Segment segment = plain_segment(4, true, 3000);
  std::vector<Packet> batch(7);
  const auto all = segment.split(1000);
  for (size_t i = 0; i < 3; ++i) batch[i * 2 + 1] = packet(all[i]);
  const auto results = merge(batch, true);
  ASSERT_EQ(results.size(), 1u);
  expect_merged(results[0], segment, 1000);
}

TEST_F(CoalescerTest, MergesUdpOnlyIfAsked) {
  const auto all = plain_segment(4, false, 3000).split(1000);
  expect_all_alone(merge(all, false), all);
  EXPECT_EQ(merge(plain_segment(4, true, 3000).split(1000), false).size(), 1u);
}

TEST_F(CoalescerTest, HasABoundInPacketsAndInBytes) {
  for_all_kinds([&](int version, bool tcp) {
    auto results = merge(plain_segment(version, tcp, 150 * 10).split(10));
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results[0].count, kMaxMerged);
    EXPECT_EQ(results[1].count, kMaxMerged);
    EXPECT_EQ(results[2].count, 150 - 2 * kMaxMerged);

    // As long as it can be, and one byte longer.
    Segment segment = plain_segment(version, tcp, 0);
    const size_t room = kMaxSuperPacket - segment.header_size();
    segment.payload = random_bytes(room, 1);
    results = merge(segment.split(8000));
    ASSERT_EQ(results.size(), 1u);
    expect_merged(results[0], segment, 8000);
    auto all = segment.split(8000);
    Segment next = segment;
    next.payload = random_bytes(room % 8000 + 1, 1);
    next.sequence += static_cast<uint32_t>(room / 8000 * 8000);
    next.id = static_cast<uint16_t>(next.id + 8);
    all.back() = next.build();
    results = merge(all);
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0].count, 8u);
    expect_alone(results[1], all.back());
  });
}

TEST_F(CoalescerTest, AShorterOneIsTheLast) {
  for_all_kinds([&](int version, bool tcp) {
    const Segment segment = plain_segment(version, tcp, 2500);
    auto all = segment.split(1000);
    Segment next = segment;
    next.sequence += 2500;
    next.id = static_cast<uint16_t>(next.id + 3);
    next.payload.resize(1500);
    for (const Bytes& one : next.split(500)) all.push_back(one);
    const auto results = merge(all);
    ASSERT_EQ(results.size(), 2u);
    expect_merged(results[0], segment, 1000);
    expect_merged(results[1], next, 500);
  });
}

TEST_F(CoalescerTest, ALongerOneBeginsAnew) {
  for_all_kinds([&](int version, bool tcp) {
    const Segment segment = plain_segment(version, tcp, 1000);
    auto all = segment.split(500);
    Segment next = segment;
    next.sequence += 1000;
    next.id = static_cast<uint16_t>(next.id + 2);
    next.payload.resize(1002);
    for (const Bytes& one : next.split(501)) all.push_back(one);
    const auto results = merge(all);
    ASSERT_EQ(results.size(), 2u);
    expect_merged(results[0], segment, 500);
    expect_merged(results[1], next, 501);
  });
}

TEST_F(CoalescerTest, PushAndFinAreTheLast) {
  for (const uint8_t flag : {kTcpPsh, kTcpFin}) {
    Segment segment = plain_segment(4, true, 2000);
    segment.flags = kTcpAck | flag;
    auto all = segment.split(1000);
    Segment next = segment;
    next.sequence += 2000;
    next.id = static_cast<uint16_t>(next.id + 2);
    // It joins nothing any more, though it is as long as the others, and it is not joined either.
    next.payload.resize(1000);
    all.push_back(next.build());
    next.payload.resize(2000);
    next.sequence += 1000;
    next.id = static_cast<uint16_t>(next.id + 1);
    for (const Bytes& one : next.split(1000)) all.push_back(one);
    const auto results = merge(all);
    ASSERT_EQ(results.size(), 3u);
    expect_merged(results[0], segment, 1000);
    expect_alone(results[1], all[2]);
    expect_merged(results[2], next, 1000);
  }
}

TEST_F(CoalescerTest, KeepsEightFlowsOpen) {
  for (const size_t flows : {8, 9}) {
    std::vector<std::vector<Bytes>> all;
    for (size_t i = 0; i < flows; ++i) {
      Segment segment = plain_segment(i % 2 == 0 ? 4 : 6, i % 3 == 0, 500);
      segment.source_port = static_cast<uint16_t>(i);
      all.push_back(segment.split(100));
    }
    std::vector<Bytes> batch;
    for (size_t i = 0; i < 5; ++i) {
      for (const auto& flow : all) batch.push_back(flow[i]);
    }
    const auto results = merge(batch);
    EXPECT_EQ(results.size(), flows == 8 ? 8u : 45u) << "in turns, nine find no room";
  }
}

TEST_F(CoalescerTest, EveryFlowKeepsItsPacketsInOrder) {
  std::mt19937 random(5);
  const auto below = [&](uint32_t bound) { return random() % bound; };
  using Flow = std::vector<Bytes>;
  size_t packets = 0;
  size_t left = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<Flow> flows(1 + below(12));
    for (size_t i = 0; i < flows.size(); ++i) {
      Segment segment = plain_segment(below(2) == 0 ? 4 : 6, below(3) != 0, 0);
      segment.destination_port = static_cast<uint16_t>(i);
      segment.tcp_options = Bytes(4 * below(3), 1);
      segment.sequence = static_cast<uint32_t>(0 - below(3000));
      for (uint32_t bursts = below(6); bursts > 0; --bursts) {
        const uint32_t size = 1 + below(300);
        segment.payload = random_bytes(below(size * 12), random());
        segment.flags = kTcpAck;
        if (below(3) == 0) segment.flags |= kTcpPsh;
        if (below(20) == 0) segment.flags = static_cast<uint8_t>(random());
        if (below(6) == 0) segment.window = static_cast<uint16_t>(below(3));
        if (below(9) == 0) segment.ttl = static_cast<uint8_t>(60 + below(3));
        if (below(9) == 0) segment.traffic_class = static_cast<uint8_t>(below(3));
        for (Bytes& one : segment.split(size)) {
          if (below(30) == 0) continue;
          if (below(30) == 0) one.back() ^= 1;
          flows[i].push_back(one);
          // Of UDP that would be one with a constant identification, which split() does not know.
          if (segment.tcp && below(30) == 0) flows[i].push_back(one);
        }
        segment.sequence += static_cast<uint32_t>(segment.payload.size());
        segment.id = static_cast<uint16_t>(random());
      }
    }
    // The flows in turns, in runs as links deliver them.
    std::vector<Bytes> batch;
    std::vector<size_t> taken(flows.size());
    const size_t all = std::accumulate(flows.begin(), flows.end(), size_t{0},
                                       [](size_t n, const Flow& flow) { return n + flow.size(); });
    while (batch.size() < all) {
      const size_t i = below(static_cast<uint32_t>(flows.size()));
      for (uint32_t n = below(20); n > 0 && taken[i] < flows[i].size(); --n)
        batch.push_back(flows[i][taken[i]++]);
    }
    const auto results = merge(batch);
    packets += all;
    left += results.size();
    std::vector<Flow> after(flows.size());
    for (const Bytes& one : split_again(results)) {
      const size_t port = one[0] >> 4 == 4 ? 22 : 42;
      after.at(load_be<uint16_t>(&one[port])).push_back(one);
    }
    for (size_t i = 0; i < flows.size(); ++i) ASSERT_EQ(after[i], flows[i]) << round << ' ' << i;
  }
  EXPECT_LT(left, packets / 2) << "else it did not merge much";
}

TEST_F(CoalescerTest, StaysWithinAnyPackets) {
  std::mt19937 random(3);
  const auto below = [&](uint32_t bound) { return random() % bound; };
  for (int round = 0; round < 3000; ++round) {
    std::vector<Bytes> batch;
    Segment segment = plain_segment(below(2) == 0 ? 4 : 6, below(2) == 0, 200);
    for (const Bytes& one : segment.split(20)) {
      Bytes changed = one;
      for (uint32_t i = below(3); i > 0; --i)
        changed[below(static_cast<uint32_t>(changed.size()))] = static_cast<uint8_t>(random());
      if (below(9) == 0) changed.resize(below(static_cast<uint32_t>(changed.size())));
      changed.shrink_to_fit();
      if (read_ip(changed)) batch.push_back(changed);
    }
    size_t count = 0;
    for (const Result& result : merge(batch)) count += result.count;
    ASSERT_EQ(count, batch.size());
  }
}

}  // namespace
}  // namespace wirebraid
