#include "core/packet/tcp_reset.h"

#include <gtest/gtest.h>

#include <random>

#include "core/packet/tcp_segment.h"
#include "tests/core/packet/packet_builder.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using test::address;

TcpNearEnd near_end(int version) {
  TcpNearEnd end;
  end.near_address = address(version == 4 ? "10.0.0.1" : "fd00::1");
  end.far_address = address(version == 4 ? "192.0.2.7" : "2001:db8::7");
  end.near_port = 40000;
  end.far_port = 443;
  end.next_sequence = 0xffffff00;
  return end;
}

TEST(TcpReset, ComesFromTheFarEnd) {
  BufferPool pool{1500, 4};
  for (const int version : {4, 6}) {
    Packet packet = make_tcp_reset(pool, near_end(version));
    const auto info = read_ip(packet.bytes());
    ASSERT_TRUE(info);
    EXPECT_EQ(info->length, packet.size());
    EXPECT_FALSE(info->fragment);
    EXPECT_EQ(info->source_port, 443);
    EXPECT_EQ(info->destination_port, 40000);
    EXPECT_TRUE(std::ranges::equal(near_end(version).far_address.bytes(),
                                   ConstByteSpan(info->source, version == 4 ? 4 : 16)));
    EXPECT_TRUE(std::ranges::equal(near_end(version).near_address.bytes(),
                                   ConstByteSpan(info->destination, version == 4 ? 4 : 16)));
    const auto segment = read_tcp(packet.bytes());
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->length, 0u);
  }
}

TEST(TcpReset, IsJustWhatTheNearEndExpects) {
  BufferPool pool{1500, 4};
  TcpNearEnd end = near_end(4);
  end.ack_known = true;
  end.acknowledged = 0x89abcdef;
  Packet packet = make_tcp_reset(pool, end);
  EXPECT_EQ(read_tcp(packet.bytes())->sequence, 0x89abcdef);
  EXPECT_EQ(read_tcp(packet.bytes())->flags, kTcpRst);
}

TEST(TcpReset, AcknowledgesALoneSyn) {
  BufferPool pool{1500, 4};
  Packet packet = make_tcp_reset(pool, near_end(6));
  EXPECT_EQ(read_tcp(packet.bytes())->acknowledged, 0xffffff00);
  EXPECT_EQ(read_tcp(packet.bytes())->flags, kTcpRst | kTcpAck);
}

TEST(TcpReset, ChecksumsHold) {
  BufferPool pool{1500, 4};
  std::mt19937 random{3};
  for (int i = 0; i < 20'000; ++i) {
    TcpNearEnd end = near_end(i % 2 == 0 ? 4 : 6);
    end.near_port = static_cast<uint16_t>(random());
    end.far_port = static_cast<uint16_t>(random());
    end.next_sequence = static_cast<uint32_t>(random());
    end.acknowledged = static_cast<uint32_t>(random());
    end.ack_known = random() % 2 == 0;
    Packet packet = make_tcp_reset(pool, end);
    ASSERT_TRUE(test::checksums_hold(packet.bytes()));
  }
}

TEST(TcpReset, NoRoomMakesNoPacket) {
  BufferPool small{39, 4};
  EXPECT_FALSE(make_tcp_reset(small, near_end(4)));
  BufferPool one{1500, 1};
  const Packet taken = one.allocate();
  EXPECT_FALSE(make_tcp_reset(one, near_end(4)));
}

}  // namespace
}  // namespace wirebraid
