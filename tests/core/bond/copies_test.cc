#include "core/bond/copies.h"

#include <gtest/gtest.h>

namespace wirebraid {
namespace {

constexpr uint64_t kFlow = 7;

TEST(Copies, TheFirstToLeaveGivesTheOthersItsSequence) {
  Copies copies;
  const uint32_t packet = copies.add();
  EXPECT_NE(packet, 0u);
  EXPECT_FALSE(copies.sequence(packet));
  EXPECT_FALSE(copies.forgotten(packet));
  copies.leave(packet, kFlow, 100);
  EXPECT_EQ(copies.sequence(packet), 100u);
  const uint32_t next = copies.add();
  EXPECT_NE(next, packet);
  EXPECT_FALSE(copies.sequence(next));
}

TEST(Copies, WhatANewerPacketOfItsFlowHasOvertakenShallNotLeave) {
  Copies copies;
  const uint32_t dropped = copies.add();  // on the path where the next one has left already
  const uint32_t left = copies.add();
  EXPECT_FALSE(copies.overtaken(dropped, kFlow));
  copies.leave(left, kFlow, 1);
  EXPECT_TRUE(copies.overtaken(dropped, kFlow));
  EXPECT_FALSE(copies.overtaken(dropped, kFlow + 1)) << "another flow has its own order";
  EXPECT_FALSE(copies.overtaken(left, kFlow));
  EXPECT_FALSE(copies.overtaken(copies.add(), kFlow)) << "newer";
}

TEST(Copies, ASecondCopyOfWhatHasLeftIsNotOvertaken) {
  Copies copies;
  const uint32_t first = copies.add();
  const uint32_t second = copies.add();
  copies.leave(first, kFlow, 1);
  copies.leave(second, kFlow, 2);
  EXPECT_FALSE(copies.overtaken(first, kFlow)) << "it has its sequence, and its place in the order";
  EXPECT_EQ(copies.sequence(first), 1u);
}

TEST(Copies, WhatIsLongGoneIsForgotten) {
  Copies copies;
  const uint32_t first = copies.add();
  copies.leave(first, kFlow, 1);
  for (int i = 0; i < 4096; ++i) copies.add();
  EXPECT_EQ(copies.sequence(first), 1u) << "a full queue ago";
  for (int i = 0; i < 8192; ++i) copies.add();
  EXPECT_TRUE(copies.forgotten(first));
  EXPECT_FALSE(copies.sequence(first));
}

}  // namespace
}  // namespace wirebraid
