// Coalescer::merge(): what it merges is byte for byte what the kernel would have handed over, and
// split() makes of it what was there before.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <numeric>
#include <random>

#include "core/packet/segmentation.h"
#include "tests/core/packet/segment_builder.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using test::Bytes;
using test::for_kernel;
using test::random_bytes;
using test::Segment;

constexpr uint8_t kFin = 0x01;
constexpr uint8_t kPsh = 0x08;
constexpr uint8_t kAck = 0x10;

struct Result {
  Offload offload;
  Bytes bytes;
  size_t count;
};

class CoalescerTest : public testing::Test {
 protected:
  Packet packet(const Bytes& bytes) {
    Packet made = pool_.allocate();
    made.resize(bytes.size());
    std::ranges::copy(bytes, made.data());
    return made;
  }
  std::vector<Result> merge(const std::vector<Bytes>& all, bool udp = true) {
    std::vector<Packet> batch;
    for (const Bytes& bytes : all) batch.push_back(packet(bytes));
    return merge(batch, udp);
  }
  std::vector<Result> merge(std::vector<Packet>& batch, bool udp) {
    std::vector<Packet> pieces(3);  // overwritten
    std::vector<SuperPacket> merged(3);
    coalescer_.merge(batch, udp, pieces, merged);
    std::vector<Result> results;
    size_t next = 0;
    for (const SuperPacket& one : merged) {
      EXPECT_EQ(one.first, next) << "every piece belongs to one";
      next += one.count;
      Result result{one.offload, {}, one.count};
      for (size_t i = one.first; i < next; ++i)
        result.bytes.insert(result.bytes.end(), pieces[i].data(),
                            pieces[i].data() + pieces[i].size());
      results.push_back(std::move(result));
    }
    EXPECT_EQ(next, pieces.size());
    return results;
  }
  /// What split() makes of them.
  std::vector<Bytes> split_again(const std::vector<Result>& results) {
    std::vector<Packet> packets;
    for (const Result& result : results)
      EXPECT_EQ(split(result.bytes, result.offload, pool_, packets), SplitResult::done);
    std::vector<Bytes> all;
    for (const Packet& one : packets) {
      const auto bytes = one.bytes();
      all.emplace_back(bytes.begin(), bytes.end());
    }
    return all;
  }

  BufferPool pool_{9000, 4000};
  Coalescer coalescer_;
};

Segment plain(int version, bool tcp, size_t payload) {
  Segment segment;
  segment.version = version;
  segment.tcp = tcp;
  segment.payload = random_bytes(payload, static_cast<uint32_t>(payload) + 1);
  return segment;
}

void expect_alone(const Result& result, const Bytes& as_it_was) {
  EXPECT_EQ(result.count, 1u);
  EXPECT_EQ(result.offload.kind, Offload::Kind::none);
  EXPECT_EQ(result.offload.segment_size, 0);
  EXPECT_FALSE(result.offload.needs_checksum);
  EXPECT_EQ(result.bytes, as_it_was);
}
void expect_all_alone(const std::vector<Result>& results, const std::vector<Bytes>& all) {
  ASSERT_EQ(results.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) expect_alone(results[i], all[i]);
}
void expect_merged(const Result& result, const Segment& segment, uint16_t segment_size) {
  const auto expected = for_kernel(segment, segment_size);
  EXPECT_EQ(result.bytes, expected.bytes);
  EXPECT_EQ(result.offload.kind, expected.offload.kind);
  EXPECT_EQ(result.offload.segment_size, segment_size);
  EXPECT_TRUE(result.offload.needs_checksum);
  EXPECT_EQ(result.offload.checksum_start, expected.offload.checksum_start);
  EXPECT_EQ(result.offload.checksum_offset, expected.offload.checksum_offset);
}

void for_all_kinds(const std::function<void(int version, bool tcp)>& check) {
  for (const int version : {4, 6}) {
    for (const bool tcp : {true, false}) {
      SCOPED_TRACE(testing::Message() << (tcp ? "TCP" : "UDP") << " in IPv" << version);
      check(version, tcp);
    }
  }
}

TEST_F(CoalescerTest, MakesWhatTheKernelWouldHandOver) {
  for_all_kinds([&](int version, bool tcp) {
    for (const size_t payload : {2000, 2001, 3000, 5000, 5017, 6000}) {
      for (const uint8_t flags : {kAck, uint8_t{kAck | kPsh}, uint8_t{kAck | kPsh | kFin}}) {
        Segment segment = plain(version, tcp, payload);
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
    Bytes one = plain(version, tcp, 100).build();
    one.back() ^= 1;  // not even looked at
    expect_all_alone(merge({one}), {one});
    one.resize(one.size() + 5);
    expect_all_alone(merge({one}), {one});
  });
  EXPECT_TRUE(merge(std::vector<Bytes>{}).empty());
}

TEST_F(CoalescerTest, TakesPaddingAwayWhereItMerges) {
  for_all_kinds([&](int version, bool tcp) {
    const Segment segment = plain(version, tcp, 2500);
    auto all = segment.split(1000);
    for (Bytes& one : all) one.resize(one.size() + 7);
    const auto results = merge(all);
    ASSERT_EQ(results.size(), 1u);
    expect_merged(results[0], segment, 1000);
  });
}

TEST_F(CoalescerTest, SkipsPacketsThatAreNone) {
  const Segment segment = plain(4, true, 3000);
  std::vector<Packet> batch(7);
  const auto all = segment.split(1000);
  for (size_t i = 0; i < 3; ++i) batch[i * 2 + 1] = packet(all[i]);
  const auto results = merge(batch, true);
  ASSERT_EQ(results.size(), 1u);
  expect_merged(results[0], segment, 1000);
}

TEST_F(CoalescerTest, MergesUdpOnlyIfAsked) {
  const auto all = plain(4, false, 3000).split(1000);
  expect_all_alone(merge(all, false), all);
  EXPECT_EQ(merge(plain(4, true, 3000).split(1000), false).size(), 1u);
}

TEST_F(CoalescerTest, HasABoundInPacketsAndInBytes) {
  for_all_kinds([&](int version, bool tcp) {
    auto results = merge(plain(version, tcp, 150 * 10).split(10));
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results[0].count, kMaxMerged);
    EXPECT_EQ(results[1].count, kMaxMerged);
    EXPECT_EQ(results[2].count, 150 - 2 * kMaxMerged);

    // As long as it can be, and one byte longer.
    Segment segment = plain(version, tcp, 0);
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
    const Segment segment = plain(version, tcp, 2500);
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
    const Segment segment = plain(version, tcp, 1000);
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
  for (const uint8_t flag : {kPsh, kFin}) {
    Segment segment = plain(4, true, 2000);
    segment.flags = kAck | flag;
    auto all = segment.split(1000);
    Segment next = segment;
    next.sequence += 2000;
    next.id = static_cast<uint16_t>(next.id + 2);
    // Nothing joins it any more, though it is as long as the others, and it is not joined either.
    for (const Bytes& one : next.split(2000)) all.push_back(one);
    next.sequence += 2000;
    next.id = static_cast<uint16_t>(next.id + 1);
    for (const Bytes& one : next.split(1000)) all.push_back(one);
    const auto results = merge(all);
    ASSERT_EQ(results.size(), 3u);
    expect_merged(results[0], segment, 1000);
    expect_alone(results[1], all[2]);
    expect_merged(results[2], next, 1000);
  }
}

TEST_F(CoalescerTest, IdentificationsCountUpOrMeanNothing) {
  const auto ids = [&](std::vector<uint16_t> all_ids, bool tcp, bool dont_fragment) {
    Segment segment = plain(4, tcp, 100);
    std::vector<Bytes> all;
    segment.fragment_bits = dont_fragment ? 0x4000 : 0;
    for (const uint16_t id : all_ids) {
      segment.id = id;
      all.push_back(segment.build());
      segment.sequence += 100;
    }
    std::vector<size_t> counts;
    for (const Result& result : merge(all)) counts.push_back(result.count);
    return counts;
  };
  using Counts = std::vector<size_t>;
  for (const bool tcp : {true, false}) {
    for (const bool dont_fragment : {true, false}) {
      EXPECT_EQ(ids({0xfffe, 0xffff, 0, 1}, tcp, dont_fragment), Counts{4});
      EXPECT_EQ(ids({5, 6, 8, 9}, tcp, dont_fragment), (Counts{2, 2}));
      EXPECT_EQ(ids({5, 4, 3}, tcp, dont_fragment), (Counts{1, 1, 1}));
    }
    EXPECT_EQ(ids({0, 0, 0}, tcp, true), Counts{3});
    EXPECT_EQ(ids({0, 0, 1, 2}, tcp, true), (Counts{2, 2}));
    EXPECT_EQ(ids({0, 1, 1, 1}, tcp, true), (Counts{2, 2}));
    EXPECT_EQ(ids({0, 0, 0}, tcp, false), (Counts{1, 1, 1}));
  }
}

struct Change {
  const char* what;
  std::function<void(Segment&)> make;
};

/// Two packets that fit, and one between them that does not.
std::vector<Bytes> with_change(int version, bool tcp, const Change& change) {
  Segment segment = plain(version, tcp, 100);
  std::vector<Bytes> all{segment.build()};
  segment.sequence += 100;
  ++segment.id;
  Segment changed = segment;
  change.make(changed);
  all.push_back(changed.build());
  all.push_back(segment.build());
  return all;
}

TEST_F(CoalescerTest, EveryRuleCounts) {
  std::vector<Change> both{
      {"nothing left", [](Segment& s) { s.payload.clear(); }},
      {"TTL", [](Segment& s) { s.ttl = 63; }},
      {"DSCP", [](Segment& s) { s.traffic_class = 4; }},
      {"ECN", [](Segment& s) { s.traffic_class = 1; }},
  };
  std::vector<Change> v4{
      {"DF", [](Segment& s) { s.fragment_bits = 0; }},
      {"reserved bit", [](Segment& s) { s.fragment_bits = 0xc000; }},
      {"first fragment", [](Segment& s) { s.fragment_bits = 0x2000; }},
      {"later fragment", [](Segment& s) { s.fragment_bits = 20; }},
      {"IPv4 options", [](Segment& s) { s.ip_options = Bytes(4, 1); }},
      {"identification", [](Segment& s) { s.id = 77; }},
  };
  std::vector<Change> v6{
      {"flow label", [](Segment& s) { s.flow_label = 0x4321; }},
  };
  std::vector<Change> tcp{
      {"sequence", [](Segment& s) { s.sequence += 1; }},
      {"sequence", [](Segment& s) { s.sequence -= 1; }},
      {"acknowledgement", [](Segment& s) { s.acknowledged += 1; }},
      {"window", [](Segment& s) { s.window = 1; }},
      {"urgent pointer", [](Segment& s) { s.urgent = 1; }},
      {"no ACK", [](Segment& s) { s.flags = 0; }},
      {"SYN", [](Segment& s) { s.flags |= 0x02; }},
      {"RST", [](Segment& s) { s.flags |= 0x04; }},
      {"URG", [](Segment& s) { s.flags |= 0x20; }},
      {"ECE", [](Segment& s) { s.flags |= 0x40; }},
      {"CWR", [](Segment& s) { s.flags |= 0x80; }},
      {"reserved bits", [](Segment& s) { s.reserved = 1; }},
      {"options", [](Segment& s) { s.tcp_options = Bytes(4, 1); }},
  };
  std::vector<Change> other_flow{
      {"destination", [](Segment& s) { s.host = 8; }},
      {"source port", [](Segment& s) { s.source_port = 1; }},
      {"destination port", [](Segment& s) { s.destination_port = 1; }},
      {"protocol", [](Segment& s) { s.tcp = !s.tcp; }},
      {"version", [](Segment& s) { s.version = 10 - s.version; }},
  };
  for_all_kinds([&](int version, bool is_tcp) {
    const auto check = [&](const std::vector<Change>& changes) {
      for (const Change& change : changes) {
        SCOPED_TRACE(change.what);
        const auto all = with_change(version, is_tcp, change);
        expect_all_alone(merge(all), all);
      }
    };
    check(both);
    check(version == 4 ? v4 : v6);
    if (is_tcp) check(tcp);
    for (const Change& change : other_flow) {
      SCOPED_TRACE(change.what);
      const auto all = with_change(version, is_tcp, change);
      const auto results = merge(all);
      ASSERT_EQ(results.size(), 2u);
      EXPECT_EQ(results[0].count, 2u);
      expect_alone(results[1], all[1]);
    }
  });
}

TEST_F(CoalescerTest, DifferentOptionsOfOneLength) {
  Segment segment = plain(6, true, 100);
  segment.tcp_options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<Bytes> all{segment.build()};
  segment.sequence += 100;
  segment.tcp_options.back() = 9;
  all.push_back(segment.build());
  expect_all_alone(merge(all), all);
}

TEST_F(CoalescerTest, WhatHidesItsFlowClosesAllBetweenItsAddresses) {
  for_all_kinds([&](int version, bool tcp) {
    Segment segment = plain(version, tcp, 400);
    Segment other = segment;
    other.host = 8;
    auto all = segment.split(100);
    const auto others = other.split(100);
    Segment hidden = segment;
    hidden.tcp = !tcp;
    if (version == 4) {
      hidden.fragment_bits = 0x2000;
    } else {
      hidden.first_extension = 60;
      hidden.extensions = Bytes(8);
      hidden.extensions[0] = hidden.tcp ? 6 : 17;
    }
    const auto results = merge({all[0], others[0], all[1], others[1], hidden.build(), all[2],
                                others[2], all[3], others[3]});
    ASSERT_EQ(results.size(), 4u);
    EXPECT_EQ(results[0].count, 2u);
    expect_merged(results[1], other, 100);
    expect_alone(results[2], hidden.build());
    EXPECT_EQ(results[3].count, 2u);
  });
}

TEST_F(CoalescerTest, OtherProtocolsAreInNobodysWay) {
  const Segment segment = plain(4, true, 200);
  const auto all = segment.split(100);
  Bytes ping = all[0];
  ping[9] = 1;
  const auto results = merge({ping, all[0], ping, all[1]});
  ASSERT_EQ(results.size(), 3u);
  expect_alone(results[0], ping);
  expect_merged(results[1], segment, 100);
  expect_alone(results[2], ping);
}

TEST_F(CoalescerTest, AWrongChecksumGoesAlone) {
  for_all_kinds([&](int version, bool tcp) {
    const auto all = plain(version, tcp, 500).split(100);
    const size_t ip_checksum = 10;
    for (const size_t at : {all[0].size() - 1, all[0].size() - 100, ip_checksum}) {
      if (at == ip_checksum && version == 6) continue;
      for (size_t bad = 0; bad < all.size(); ++bad) {
        auto batch = all;
        batch[bad][at] ^= 0x10;
        std::vector<size_t> expected;
        if (bad > 0) expected.push_back(bad);
        expected.push_back(1);
        if (bad < 4) expected.push_back(4 - bad);
        std::vector<size_t> counts;
        const auto results = merge(batch);
        for (const Result& result : results) counts.push_back(result.count);
        EXPECT_EQ(counts, expected) << bad << ' ' << at;
        ASSERT_GT(results.size(), bad == 0 ? 0u : 1u);
        expect_alone(results[bad == 0 ? 0 : 1], batch[bad]);
      }
    }
  });
}

TEST_F(CoalescerTest, UdpWithoutChecksumOrWithAnotherLengthGoesAlone) {
  for (const int version : {4, 6}) {
    const auto all = plain(version, false, 300).split(100);
    const size_t udp = version == 4 ? 20 : 40;
    auto batch = all;
    for (Bytes& one : batch) one[udp + 6] = one[udp + 7] = 0;
    expect_all_alone(merge(batch), batch);
    for (const int difference : {-1, 1}) {
      batch = all;
      // Its checksum is right, had it not this length.
      for (Bytes& one : batch) {
        one[udp + 5] = static_cast<uint8_t>(one[udp + 5] + difference);
        const auto checksum = load_be<uint16_t>(&one[udp + 6]);
        store_be(&one[udp + 6], static_cast<uint16_t>(checksum - difference));
      }
      expect_all_alone(merge(batch), batch);
    }
  }
}

TEST_F(CoalescerTest, HeadersThatLeadOutOfThePacketGoAlone) {
  for_all_kinds([&](int version, bool tcp) {
    const auto all = plain(version, tcp, 0).split(1);
    for (size_t missing = 1; missing <= (tcp ? 20 : 8); ++missing) {
      Bytes one = all[0];
      one.resize(one.size() - missing);
      const size_t at = version == 4 ? 2 : 4;
      store_be(&one[at], static_cast<uint16_t>(load_be<uint16_t>(&one[at]) - missing));
      ASSERT_TRUE(read_ip(one));
      expect_all_alone(merge({one, one}), {one, one});
    }
    if (!tcp) return;
    for (const uint8_t length : {0x00, 0x40, 0x60, 0xf0}) {
      Bytes one = all[0];
      one[version == 4 ? 32 : 52] = length;
      expect_all_alone(merge({one, one}), {one, one});
    }
  });
}

TEST_F(CoalescerTest, SharedPacketsAreNotChanged) {
  const Segment segment = plain(4, true, 500);
  const auto all = segment.split(100);
  for (size_t shared = 0; shared < all.size(); ++shared) {
    std::vector<Packet> batch;
    for (const Bytes& one : all) batch.push_back(packet(one));
    const Packet kept = batch[shared].share();
    const auto results = merge(batch, true);
    EXPECT_EQ(results.size(), shared == 0 || shared == 4 ? 2u : 3u);
    expect_alone(results[shared == 0 ? 0 : 1], all[shared]);
    EXPECT_TRUE(std::ranges::equal(kept.bytes(), all[shared]));
    EXPECT_EQ(split_again(results), all);
  }
}

TEST_F(CoalescerTest, KeepsEightFlowsOpen) {
  for (const size_t flows : {8, 9}) {
    std::vector<std::vector<Bytes>> all;
    for (size_t i = 0; i < flows; ++i) {
      Segment segment = plain(i % 2 == 0 ? 4 : 6, i % 3 == 0, 500);
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
      Segment segment = plain(below(2) == 0 ? 4 : 6, below(3) != 0, 0);
      segment.destination_port = static_cast<uint16_t>(i);
      segment.tcp_options = Bytes(4 * below(3), 1);
      segment.sequence = static_cast<uint32_t>(0 - below(3000));
      for (uint32_t bursts = below(6); bursts > 0; --bursts) {
        const uint32_t size = 1 + below(300);
        segment.payload = random_bytes(below(size * 12), random());
        segment.flags = kAck;
        if (below(3) == 0) segment.flags |= kPsh;
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
    Segment segment = plain(below(2) == 0 ? 4 : 6, below(2) == 0, 200);
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
