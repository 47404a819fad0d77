// What Coalescer::merge() leaves alone: each rule broken once.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

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
using test::Result;
using test::Segment;

TEST_F(CoalescerTest, IdentificationsCountUpOrMeanNothing) {
  const auto ids = [&](std::vector<uint16_t> all_ids, bool tcp, bool dont_fragment) {
    Segment segment = plain_segment(4, tcp, 100);
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
  Segment segment = plain_segment(version, tcp, 100);
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

TEST_F(CoalescerTest, SomePacketsAreNeverMerged) {
  const std::vector<Change> changes{
      {"reserved bit", [](Segment& s) { s.fragment_bits = 0xc000; }},
      {"IPv4 options", [](Segment& s) { s.ip_options = Bytes(4, 1); }},
      {"first fragments", [](Segment& s) { s.fragment_bits = 0x2000; }},
      {"no ACK", [](Segment& s) { s.flags = 0; }},
      {"SYN", [](Segment& s) { s.flags |= 0x02; }},
      {"RST", [](Segment& s) { s.flags |= 0x04; }},
      {"URG", [](Segment& s) { s.flags |= 0x20; }},
      {"ECE", [](Segment& s) { s.flags |= 0x40; }},
      {"CWR", [](Segment& s) { s.flags |= 0x80; }},
      {"reserved bits", [](Segment& s) { s.reserved = 1; }},
  };
  for (const Change& change : changes) {
    SCOPED_TRACE(change.what);
    std::vector<Bytes> all;
    for (uint16_t i = 0; i < 3; ++i) {
      Segment segment = plain_segment(4, true, 100);
      segment.sequence += 100u * i;
      segment.id = static_cast<uint16_t>(segment.id + i);
      change.make(segment);
      all.push_back(segment.build());
    }
    expect_all_alone(merge(all), all);
  }
}

TEST_F(CoalescerTest, FlowsOfOneKeyAreToldApart) {
  // The key is ((1 + addresses) * kOdd + ports) * kOdd: the addresses that make up for another
  // port.
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t inverse = kOdd;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kOdd * inverse;
  ASSERT_EQ(inverse * kOdd, 1u);
  Segment segment = plain_segment(4, true, 100);
  Bytes first = segment.build();
  segment.sequence += 100;
  ++segment.id;
  segment.destination_port = static_cast<uint16_t>(segment.destination_port - 1);
  Bytes second = segment.build();
  store_le(&second[12], load_le<uint64_t>(&second[12]) + inverse);
  test::finish_ip(second);
  store_be(&second[36], uint16_t{0});
  const auto from = IpAddress::v4(ConstByteSpan(second).subspan(12).first<4>());
  const auto to = IpAddress::v4(ConstByteSpan(second).subspan(16).first<4>());
  const auto tcp = ConstByteSpan(second).subspan(20);
  store_be(&second[36], test::full_checksum(test::pseudo_header(from, to, 6, tcp.size()), tcp));
  ASSERT_TRUE(test::checksums_hold(second));
  expect_all_alone(merge({first, second}), {first, second});
}

TEST_F(CoalescerTest, DifferentOptionsOfOneLength) {
  Segment segment = plain_segment(6, true, 100);
  segment.tcp_options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<Bytes> all{segment.build()};
  segment.sequence += 100;
  segment.tcp_options.back() = 9;
  all.push_back(segment.build());
  expect_all_alone(merge(all), all);
}

TEST_F(CoalescerTest, WhatHidesItsFlowClosesAllBetweenItsAddresses) {
  for_all_kinds([&](int version, bool tcp) {
    Segment segment = plain_segment(version, tcp, 400);
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
  const Segment segment = plain_segment(4, true, 200);
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
    const auto all = plain_segment(version, tcp, 500).split(100);
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
    const auto all = plain_segment(version, false, 300).split(100);
    const size_t udp = version == 4 ? 20 : 40;
    auto batch = all;
    for (Bytes& one : batch) one[udp + 6] = one[udp + 7] = 0;
    expect_all_alone(merge(batch), batch);
    // Also if none happens to look right.
    Segment segment = plain_segment(version, false, 100);
    store_be(&segment.payload[98], uint16_t{0});
    store_be(&segment.payload[98], load_be<uint16_t>(&segment.build()[udp + 6]));
    Bytes zero = segment.build();
    ASSERT_EQ(load_be<uint16_t>(&zero[udp + 6]), 0xffff);
    zero[udp + 6] = zero[udp + 7] = 0;
    expect_all_alone(merge({zero, zero}), {zero, zero});
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
    const auto all = plain_segment(version, tcp, 0).split(1);
    for (size_t missing = 1; missing <= (tcp ? 20 : 8); ++missing) {
      Bytes one = all[0];
      one.resize(one.size() - missing);
      const size_t at = version == 4 ? 2 : 4;
      store_be(&one[at], static_cast<uint16_t>(load_be<uint16_t>(&one[at]) - missing));
      ASSERT_TRUE(read_ip(one));
      expect_all_alone(merge({one, one}), {one, one});
    }
    if (!tcp) return;
    for (const size_t header : {0, 4, 16, 24, 60}) {
      // The next begins where what such a header has behind it would end.
      std::vector<Bytes> batch;
      for (uint16_t i = 0; i < 2; ++i) {
        Segment segment = plain_segment(version, true, 0);
        segment.sequence += static_cast<uint32_t>(20 - header) * i;
        segment.id = static_cast<uint16_t>(segment.id + i);
        Bytes one = segment.build();
        const size_t at = version == 4 ? 20 : 40;
        one[at + 12] = static_cast<uint8_t>(header * 4);
        const auto checksum = load_be<uint16_t>(&one[at + 16]);
        // RFC 1624 eqn. 3, modulo 0xffff.
        store_be(&one[at + 16],
                 static_cast<uint16_t>((checksum + 0x5000 + 0xffff - (header << 10)) % 0xffff));
        ASSERT_TRUE(test::checksums_hold(one));
        batch.push_back(one);
      }
      expect_all_alone(merge(batch), batch);
    }
  });
}

TEST_F(CoalescerTest, SharedPacketsAreNotChanged) {
  const Segment segment = plain_segment(4, true, 500);
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

}  // namespace
}  // namespace wirebraid
