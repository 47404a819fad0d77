#include "core/packet/icmp_echo.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/packet/packet_builder.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using test::address;
using test::Bytes;

class IcmpEchoTest : public ::testing::TestWithParam<int> {
 protected:
  bool v4() const { return GetParam() == 4; }
  EchoSession session() const {
    return {address(v4() ? "10.64.0.2" : "fd64::2"), 0xbeef, 0x0123456789abcdef};
  }
  std::vector<IpAddress> targets() const {
    if (v4()) return {address("192.0.2.1"), address("198.51.100.1")};
    return {address("2001:db8::1"), address("2001:db8::2")};
  }
  Bytes request(uint16_t sequence, size_t data_size = kMinEchoData) {
    Packet packet = make_echo_request(pool, session(), targets()[1], sequence, data_size);
    return Bytes(packet.bytes().begin(), packet.bytes().end());
  }
  /// As an answering host makes it: ends exchanged, another type, the rest untouched.
  Bytes reply(uint16_t sequence, size_t data_size = kMinEchoData) {
    Bytes packet = request(sequence, data_size);
    const size_t size = v4() ? 4 : 16;
    const auto source = packet.begin() + (v4() ? 12 : 8);
    const auto middle = source + static_cast<std::ptrdiff_t>(size);
    std::swap_ranges(source, middle, middle);
    packet[icmp()] = v4() ? 0 : 129;
    fix(packet);
    return packet;
  }
  size_t icmp() const { return v4() ? 20 : 40; }
  /// Makes the ICMP checksum right again.
  void fix(Bytes& packet) const {
    store_be(&packet[icmp() + 2], uint16_t{0});
    const auto whole = ConstByteSpan(packet).subspan(icmp());
    Bytes pseudo;
    if (!v4()) {
      pseudo = test::pseudo_header(IpAddress::v6(ConstByteSpan(packet).subspan(8).first<16>()),
                                   IpAddress::v6(ConstByteSpan(packet).subspan(24).first<16>()), 58,
                                   whole.size());
    }
    store_be(&packet[icmp() + 2], test::full_checksum(pseudo, whole));
  }
  std::optional<uint16_t> read(const Bytes& packet) const {
    EXPECT_TRUE(read_ip(packet));
    return read_echo_reply(packet, session(), targets());
  }

  BufferPool pool{1500, 4};
};
INSTANTIATE_TEST_SUITE_P(Versions, IcmpEchoTest, ::testing::Values(4, 6));

TEST_P(IcmpEchoTest, ARequestIsWhatHostsAnswer) {
  for (const size_t data_size : {size_t{0}, size_t{8}, size_t{9}, size_t{56}, size_t{1001}}) {
    for (uint32_t sequence = 0; sequence < 0x10000; sequence += 257) {
      const Bytes packet = request(static_cast<uint16_t>(sequence), data_size);
      ASSERT_TRUE(read_ip(packet));
      ASSERT_EQ(packet.size(), icmp() + 8 + std::max<size_t>(data_size, 8));
      ASSERT_TRUE(test::checksums_hold(packet));
      ASSERT_EQ(packet[icmp()], v4() ? 8 : 128);
      ASSERT_EQ(load_be<uint16_t>(&packet[icmp() + 4]), 0xbeef);
      ASSERT_EQ(load_be<uint16_t>(&packet[icmp() + 6]), sequence);
    }
  }
  EXPECT_TRUE(std::ranges::equal(ConstByteSpan(read_ip(request(1))->source, v4() ? 4 : 16),
                                 session().from.bytes()));
}

TEST_P(IcmpEchoTest, RepliesAreRecognised) {
  for (uint32_t sequence = 0; sequence < 0x10000; sequence += 255) {
    ASSERT_EQ(read(reply(static_cast<uint16_t>(sequence))), sequence);
    ASSERT_EQ(read(reply(static_cast<uint16_t>(sequence), 77)), sequence);
  }
}

TEST_P(IcmpEchoTest, AReplyMayBePadded) {
  Bytes padded = reply(7);
  padded.resize(padded.size() + 12, 0xee);
  EXPECT_EQ(read(padded), 7);
}

TEST_P(IcmpEchoTest, ARequestIsNoReply) { EXPECT_FALSE(read(request(1))); }

TEST_P(IcmpEchoTest, WhatIsNotOursIsLeftAlone) {
  const Bytes good = reply(7);
  // Type, code, identifier, token: each byte on its own, with the checksum right.
  for (const size_t at : {0, 1, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15}) {
    Bytes other = good;
    other[icmp() + at] ^= 0x10;
    fix(other);
    EXPECT_FALSE(read(other)) << "byte " << at;
  }
  // Every byte of the addresses.
  for (size_t at = v4() ? 12 : 8; at < (v4() ? 20u : 40u); ++at) {
    Bytes other = good;
    other[at] ^= 0x10;
    fix(other);
    EXPECT_FALSE(read(other)) << "byte " << at;
  }
  Bytes wrong = good;
  wrong[icmp() + 2] ^= 1;
  EXPECT_FALSE(read(wrong)) << "checksum";
  EXPECT_FALSE(read_echo_reply(good, session(), {}));
}

TEST_P(IcmpEchoTest, CutRepliesAreRefused) {
  const Bytes good = reply(7);
  for (size_t size = icmp(); size < good.size(); ++size) {
    Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    if (v4()) {
      store_be(&cut[2], static_cast<uint16_t>(size));
    } else {
      store_be(&cut[4], static_cast<uint16_t>(size - 40));
    }
    if (size >= icmp() + 4) fix(cut);
    cut.shrink_to_fit();
    EXPECT_FALSE(read(cut)) << size;
  }
}

TEST_P(IcmpEchoTest, NoRoomMakesNoPacket) {
  EXPECT_FALSE(make_echo_request(pool, session(), targets()[0], 1, 1600));
  BufferPool one{1500, 1};
  const Packet taken = one.allocate();
  EXPECT_FALSE(make_echo_request(one, session(), targets()[0], 1));
}

}  // namespace
}  // namespace wirebraid
