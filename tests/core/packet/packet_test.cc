#include "wirebraid/packet.h"

#include <gtest/gtest.h>

#include <vector>

namespace wirebraid {
namespace {

TEST(BufferPool, HandsOutUpToItsBoundAndCountsRefusals) {
  BufferPool pool(1500, 100);
  std::vector<Packet> held;
  for (int i = 0; i < 100; ++i) {
    held.push_back(pool.allocate());
    ASSERT_TRUE(held.back());
    EXPECT_EQ(held.back().headroom(), kHeadroom);
    EXPECT_GE(held.back().tailroom(), 1500 + kTailroom);
  }
  EXPECT_FALSE(pool.allocate());
  EXPECT_EQ(pool.exhausted(), 1u);
  held.pop_back();
  EXPECT_TRUE(pool.allocate());
  EXPECT_EQ(pool.in_use(), 99u);
}

TEST(Packet, SharedSlotIsFreeOnlyAfterTheLastWindow) {
  BufferPool pool(100, 1);
  Packet first = pool.allocate();
  first.resize(10);
  first.data()[0] = 7;
  Packet second = first.share();
  EXPECT_TRUE(first.shared());
  first.reset();
  EXPECT_FALSE(pool.allocate());
  EXPECT_EQ(second.data()[0], 7);
  EXPECT_FALSE(second.shared());
  second = Packet();
  EXPECT_TRUE(pool.allocate());
}

TEST(Packet, WindowMovesWithinItsRoom) {
  BufferPool pool(100, 1);
  Packet packet = pool.allocate();
  packet.resize(20);
  uint8_t* const start = packet.data();
  packet.prepend(8);
  EXPECT_EQ(packet.size(), 28u);
  EXPECT_EQ(packet.data(), start - 8);
  packet.remove_prefix(8);
  EXPECT_EQ(packet.data(), start);
  EXPECT_EQ(packet.size(), 20u);
}

}  // namespace
}  // namespace wirebraid
