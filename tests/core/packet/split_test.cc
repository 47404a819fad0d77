// split() against segments that are built one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/core/packet/segment_builder.h"
#include "wirebraid/segmentation.h"

namespace wirebraid {
namespace {

using test::Bytes;
using test::for_kernel;
using test::KernelPacket;
using test::plain_segment;
using test::random_bytes;
using test::Segment;

constexpr size_t kSlot = 2048;

std::vector<Bytes> contents(const std::vector<Packet>& packets) {
  std::vector<Bytes> all;
  for (const Packet& packet : packets) {
    const auto bytes = packet.bytes();
    all.emplace_back(bytes.begin(), bytes.end());
  }
  return all;
}

class Split : public testing::Test {
 protected:
  /// `bytes` end where they end: what reads behind them is seen by AddressSanitizer.
  SplitResult split_exactly(const Bytes& bytes, const Offload& offload) {
    const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
    packets_.clear();
    return split(exact, offload, pool_, packets_);
  }
  SplitResult split_exactly(const KernelPacket& packet) {
    return split_exactly(packet.bytes, packet.offload);
  }
  /// One segment, unharmed but for its checksum.
  void expect_malformed(const Bytes& bytes, const Offload& offload, const char* why) {
    EXPECT_EQ(split_exactly(bytes, offload), SplitResult::malformed) << why;
    EXPECT_TRUE(packets_.empty()) << why;
  }

  BufferPool pool_{kSlot, 2000};
  std::vector<Packet> packets_;
};

TEST_F(Split, CopiesWhatHasNothingLeftToDo) {
  for (const size_t size : {1, 60, 2048}) {
    const Bytes bytes = random_bytes(size, 3);
    EXPECT_EQ(split_exactly(bytes, {}), SplitResult::done);
    EXPECT_EQ(contents(packets_), std::vector<Bytes>{bytes});
  }
  expect_malformed({}, {}, "nothing");
}

TEST_F(Split, CompletesTheChecksum) {
  for (const int version : {4, 6}) {
    for (const bool tcp : {true, false}) {
      for (const size_t payload : {0, 1, 2, 3, 1000, 1001}) {
        const Segment segment = plain_segment(version, tcp, payload);
        ASSERT_EQ(split_exactly(for_kernel(segment, 0)), SplitResult::done);
        EXPECT_EQ(contents(packets_), std::vector<Bytes>{segment.build()}) << payload;
      }
    }
  }
}

TEST_F(Split, CompletesTheChecksumOfAPacketWithinAPacket) {
  // IPv4 in IPv4, as RFC 2003 has it: the outer header has no checksum of a transport.
  const Segment inner = plain_segment(4, true, 100);
  const KernelPacket partial = for_kernel(inner, 0);
  Bytes outer(20);
  outer[0] = 0x45;
  store_be(&outer[2], static_cast<uint16_t>(20 + partial.bytes.size()));
  outer[8] = 64;
  outer[9] = 4;
  test::finish_ip(outer);
  Bytes whole = outer;
  whole.insert(whole.end(), partial.bytes.begin(), partial.bytes.end());
  Offload offload = partial.offload;
  offload.checksum_start = static_cast<uint16_t>(offload.checksum_start + 20);
  ASSERT_EQ(split_exactly(whole, offload), SplitResult::done);
  const Bytes complete = inner.build();
  outer.insert(outer.end(), complete.begin(), complete.end());
  EXPECT_EQ(contents(packets_), std::vector<Bytes>{outer});
}

TEST_F(Split, CutsAsIfEachSegmentHadBeenMadeByItself) {
  std::mt19937 random(7);
  const auto below = [&](uint32_t bound) { return random() % bound; };
  for (int round = 0; round < 300; ++round) {
    Segment segment = plain_segment(below(2) == 0 ? 4 : 6, below(2) == 0, 0);
    segment.sequence = static_cast<uint32_t>(0 - below(70000));
    segment.id = static_cast<uint16_t>(0xffff - below(50));
    segment.flags = static_cast<uint8_t>(0x10 | (random() & 0xf9));  // all but SYN and RST
    segment.reserved = static_cast<uint8_t>(below(16));
    segment.urgent = static_cast<uint16_t>(random());
    segment.traffic_class = static_cast<uint8_t>(random());
    segment.fragment_bits = below(2) == 0 ? 0 : 0x4000;
    segment.tcp_options = random_bytes(4 * below(11), random());
    if (segment.version == 4) {
      segment.ip_options = Bytes(4 * below(11), 1);
    } else if (below(3) == 0) {
      segment.first_extension = below(2) == 0 ? 0 : 60;
      segment.extensions = Bytes(8 * (1 + below(3)));
      segment.extensions[0] = segment.tcp ? 6 : 17;
      segment.extensions[1] = static_cast<uint8_t>(segment.extensions.size() / 8 - 1);
    }
    const size_t room = 65535 - segment.header_size();
    segment.payload = random_bytes(
        below(2) == 0 ? below(3000) : below(static_cast<uint32_t>(room + 1)), random());
    const auto segment_size =
        static_cast<uint16_t>(segment.payload.size() / 1500 + 1 + below(1700));
    KernelPacket packet = for_kernel(segment, segment_size);
    if (below(4) == 0) {
      // The kernel may leave the checksum's place as it likes when it has nothing to say of it.
      const size_t at = packet.offload.checksum_start + packet.offload.checksum_offset;
      store_be(&packet.bytes[at], static_cast<uint16_t>(random()));
      packet.offload.needs_checksum = false;
    }
    if (below(4) == 0) packet.bytes.resize(packet.bytes.size() + below(40));
    ASSERT_EQ(split_exactly(packet), SplitResult::done) << round;
    ASSERT_EQ(contents(packets_), segment.split(segment_size)) << round;
  }
}

TEST_F(Split, AUdpChecksumIsNeverZero) {
  Segment segment = plain_segment(4, false, 40);
  // The payload's last word makes the first datagram's sum 0xffff.
  store_be(&segment.payload[18], uint16_t{0});
  segment.payload.resize(20);
  const Bytes first = segment.build();
  const auto checksum = load_be<uint16_t>(&first[26]);
  segment.payload.resize(40);
  store_be(&segment.payload[18], checksum);
  ASSERT_EQ(split_exactly(for_kernel(segment, 20)), SplitResult::done);
  ASSERT_EQ(packets_.size(), 2u);
  EXPECT_EQ(load_be<uint16_t>(packets_[0].data() + 26), 0xffff);
  EXPECT_EQ(contents(packets_), segment.split(20));
}

TEST_F(Split, ARoutingHeaderKeepsItsPseudoHeader) {
  // The pseudo-header has the last of the addresses, which only the kernel's sum knows.
  Segment segment = plain_segment(6, true, 3000);
  segment.first_extension = 43;
  segment.extensions = Bytes(24);
  segment.extensions[0] = 6;
  segment.extensions[1] = 2;
  segment.extensions[3] = 1;
  KernelPacket packet = for_kernel(segment, 1000);
  ASSERT_EQ(split_exactly(packet), SplitResult::done);
  EXPECT_EQ(contents(packets_), segment.split(1000));
  packet.offload.needs_checksum = false;
  expect_malformed(packet.bytes, packet.offload, "no sum of the pseudo-header");
}

TEST_F(Split, RefusesWhatIsNotWhatTheOffloadSays) {
  for (const int version : {4, 6}) {
    for (const bool tcp : {true, false}) {
      const Segment segment = plain_segment(version, tcp, 3000);
      const KernelPacket good = for_kernel(segment, 1000);
      ASSERT_EQ(split_exactly(good), SplitResult::done);
      const auto broken = [&](const char* why, auto change) {
        KernelPacket bad = good;
        change(bad);
        expect_malformed(bad.bytes, bad.offload, why);
      };
      using Kind = Offload::Kind;
      for (const Kind kind : {Kind::tcp_v4, Kind::tcp_v6, Kind::udp}) {
        if (kind == good.offload.kind) continue;
        broken("kind", [&](KernelPacket& bad) { bad.offload.kind = kind; });
        broken("kind", [&](KernelPacket& bad) {
          bad.offload.kind = kind;
          bad.offload.needs_checksum = false;
        });
      }
      broken("no size", [](KernelPacket& bad) { bad.offload.segment_size = 0; });
      for (const int difference : {-20, -1, 1, 2, 1000, 65000 - 40}) {
        broken("start", [&](KernelPacket& bad) {
          bad.offload.checksum_start =
              static_cast<uint16_t>(bad.offload.checksum_start + difference);
        });
        broken("offset", [&](KernelPacket& bad) {
          bad.offload.checksum_offset =
              static_cast<uint16_t>(bad.offload.checksum_offset + difference);
        });
      }
      for (size_t size = 0; size < good.bytes.size(); size += size < 100 ? 1 : 97) {
        broken("cut off", [&](KernelPacket& bad) { bad.bytes.resize(size); });
      }
      broken("version", [](KernelPacket& bad) { bad.bytes[0] = 0x75; });
      if (version == 4) {
        broken("IPv4 header", [](KernelPacket& bad) { bad.bytes[0] = 0x44; });
        broken("first fragment", [](KernelPacket& bad) { bad.bytes[6] = 0x20; });
        broken("later fragment", [](KernelPacket& bad) { bad.bytes[7] = 1; });
      } else {
        broken("not TCP or UDP", [](KernelPacket& bad) { bad.bytes[6] = 0; });
      }
      if (tcp) {
        const size_t at = good.offload.checksum_start;
        broken("short TCP header", [&](KernelPacket& bad) { bad.bytes[at + 12] = 0x40; });
        broken("SYN", [&](KernelPacket& bad) { bad.bytes[at + 13] |= 0x02; });
      }
    }
  }
}

TEST_F(Split, RefusesHeadersThatLeadOutOfTheIpPacket) {
  for (const int version : {4, 6}) {
    for (const bool tcp : {true, false}) {
      Segment segment = plain_segment(version, tcp, 0);
      for (size_t missing = 1; missing <= (tcp ? 20 : 8); ++missing) {
        KernelPacket packet = for_kernel(segment, 1000);
        // The bytes are there, behind the packet's end.
        const size_t at = version == 4 ? 2 : 4;
        const auto length = load_be<uint16_t>(&packet.bytes[at]);
        store_be(&packet.bytes[at], static_cast<uint16_t>(length - missing));
        expect_malformed(packet.bytes, packet.offload, "header behind the end");
      }
    }
  }
}

TEST_F(Split, RefusesChecksumsOutOfThePacket) {
  const KernelPacket good = for_kernel(plain_segment(4, false, 30), 0);  // 58 bytes
  const auto with = [&](uint16_t start, uint16_t offset) {
    Offload offload = good.offload;
    offload.checksum_start = start;
    offload.checksum_offset = offset;
    return offload;
  };
  EXPECT_EQ(split_exactly(good.bytes, with(20, 36)), SplitResult::done) << "the last two bytes";
  expect_malformed(good.bytes, with(20, 38), "behind the end");
  expect_malformed(good.bytes, with(21, 36), "half of it");
  expect_malformed(good.bytes, with(20, 5), "odd");
  expect_malformed(good.bytes, with(18, 6), "in the IP header");
  expect_malformed(good.bytes, with(58, 0), "behind the end");
  expect_malformed(good.bytes, with(65535, 65534), "far away");
  Bytes fragment = good.bytes;
  fragment[6] = 0x20;
  expect_malformed(fragment, good.offload, "fragment");
}

TEST_F(Split, StopsWhenThePoolIsExhausted) {
  const Segment segment = plain_segment(4, true, 5000);
  const KernelPacket packet = for_kernel(segment, 1000);
  BufferPool small{kSlot, 3};
  EXPECT_EQ(split(packet.bytes, packet.offload, small, packets_), SplitResult::exhausted);
  auto expected = segment.split(1000);
  expected.resize(3);
  EXPECT_EQ(contents(packets_), expected);
  EXPECT_EQ(small.exhausted(), 1u);
  EXPECT_EQ(split(packet.bytes, {}, small, packets_), SplitResult::exhausted);
  packets_.clear();

  BufferPool narrow{1039, 10};
  EXPECT_EQ(split(packet.bytes, packet.offload, narrow, packets_), SplitResult::exhausted);
  EXPECT_EQ(split(packet.bytes, {}, narrow, packets_), SplitResult::exhausted);
  EXPECT_EQ(split(packet.bytes, for_kernel(segment, 0).offload, narrow, packets_),
            SplitResult::exhausted);
  EXPECT_TRUE(packets_.empty());
  BufferPool exact{1040, 10};
  EXPECT_EQ(split(packet.bytes, packet.offload, exact, packets_), SplitResult::done);
  packets_.clear();
}

TEST_F(Split, AppendsToWhatIsThere) {
  const Segment segment = plain_segment(6, false, 2500);
  const KernelPacket packet = for_kernel(segment, 1000);
  ASSERT_EQ(split(packet.bytes, packet.offload, pool_, packets_), SplitResult::done);
  ASSERT_EQ(split(packet.bytes, packet.offload, pool_, packets_), SplitResult::done);
  auto expected = segment.split(1000);
  const auto again = expected;
  expected.insert(expected.end(), again.begin(), again.end());
  EXPECT_EQ(contents(packets_), expected);
}

TEST_F(Split, StaysWithinAnyBytes) {
  std::mt19937 random(11);
  const auto below = [&](uint32_t bound) { return random() % bound; };
  for (int round = 0; round < 30000; ++round) {
    Bytes bytes;
    Offload offload;
    if (below(4) == 0) {
      bytes = random_bytes(below(200), random());
      if (!bytes.empty()) bytes[0] = static_cast<uint8_t>(below(2) == 0 ? 0x45 : 0x60);
    } else {
      Segment segment = plain_segment(below(2) == 0 ? 4 : 6, below(2) == 0, below(300));
      const KernelPacket packet = for_kernel(segment, static_cast<uint16_t>(below(100)));
      bytes = packet.bytes;
      offload = packet.offload;
      for (uint32_t i = below(4); i > 0; --i)
        bytes[below(60) % bytes.size()] = static_cast<uint8_t>(random());
      if (below(4) == 0) bytes.resize(below(static_cast<uint32_t>(bytes.size())));
    }
    if (below(3) == 0) offload.kind = static_cast<Offload::Kind>(below(4));
    if (below(3) == 0) offload.segment_size = static_cast<uint16_t>(below(2) == 0 ? random() : 1);
    if (below(3) == 0) offload.needs_checksum = below(2) == 0;
    if (below(3) == 0) offload.checksum_start = static_cast<uint16_t>(below(300));
    if (below(3) == 0) offload.checksum_offset = static_cast<uint16_t>(below(300));
    const SplitResult result = split_exactly(bytes, offload);
    EXPECT_EQ(packets_.empty(), result != SplitResult::done);
  }
}

}  // namespace
}  // namespace wirebraid
