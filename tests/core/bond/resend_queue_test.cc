#include "core/bond/resend_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace wirebraid {
namespace {

class ResendQueueTest : public ::testing::Test {
 protected:
  std::vector<uint32_t> take_all() {
    std::vector<uint32_t> out;
    while (!queue.empty()) {
      const uint32_t front = queue.front();
      EXPECT_EQ(queue.pop_front(), front);
      out.push_back(front);
    }
    EXPECT_EQ(queue.size(), 0u);
    return out;
  }
  ResendQueue queue;
};

using Sequences = std::vector<uint32_t>;

TEST_F(ResendQueueTest, TheOldestOfAFlowGoesFirst) {
  // What a path had under way, and then what waited for another: interleaved.
  for (const uint32_t sequence : {1, 2, 5, 6, 9}) queue.push(sequence, 7, 1000);
  for (const uint32_t sequence : {3, 4, 7, 8}) queue.push(sequence, 7, 1000);
  EXPECT_EQ(queue.size(), 9u);
  EXPECT_EQ(take_all(), (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(ResendQueueTest, SequencesWrap) {
  for (const uint32_t sequence : {0xfffffffeu, 1u, 0xffffffffu, 0u}) queue.push(sequence, 7, 1000);
  EXPECT_EQ(take_all(), (Sequences{0xfffffffe, 0xffffffff, 0, 1}));
}

TEST_F(ResendQueueTest, ACallDoesNotWaitForADownload) {
  for (uint32_t i = 0; i < 300; ++i) queue.push(i, 1, 1400);
  for (uint32_t i = 300; i < 320; ++i) queue.push(i, 2, 200);
  std::map<bool, size_t> bytes;
  for (size_t taken = 0; bytes[true] < 20 * 200; ++taken) {
    ASSERT_LT(taken, 30u);
    const bool call = queue.pop_front() >= 300;
    bytes[call] += call ? 200 : 1400;
  }
  EXPECT_LE(bytes[false], 20 * 200 + 2 * 1514u) << "no more than its share";
  EXPECT_EQ(queue.size(), 300u - bytes[false] / 1400);
}

TEST_F(ResendQueueTest, BytesAreSharedWhateverTheSizes) {
  for (uint32_t i = 0; i < 1000; ++i) {
    queue.push(2 * i, 1, 300);
    queue.push(2 * i + 1, 2, 9000);
  }
  std::map<uint32_t, size_t> bytes;
  for (int i = 0; i < 900; ++i) {
    const uint32_t odd = queue.pop_front() % 2;
    bytes[odd] += odd == 1 ? 9000 : 300;
  }
  EXPECT_NEAR(static_cast<double>(bytes[0]), static_cast<double>(bytes[1]), 12'000);
}

TEST_F(ResendQueueTest, KnowsWhichFlowsItHolds) {
  EXPECT_FALSE(queue.holds(5));
  queue.push(1, 5, 100);
  queue.push(2, 6, 100);
  EXPECT_TRUE(queue.holds(5));
  EXPECT_TRUE(queue.holds(6));
  EXPECT_FALSE(queue.holds(7));
  while (queue.pop_front() != 1) {
  }
  EXPECT_FALSE(queue.holds(5));
}

TEST_F(ResendQueueTest, CanBeClearedAndUsedAgain) {
  for (uint32_t i = 0; i < 100; ++i) queue.push(i, i % 5, 100);
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.holds(3));
  queue.push(7, 3, 100);
  EXPECT_EQ(take_all(), (Sequences{7}));
}

TEST_F(ResendQueueTest, WorksAgainAfterARelease) {
  queue.push(7, 1, 1000);
  queue.release();
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.holds(1));
  queue.clear();
  queue.push(8, 1, 1000);
  EXPECT_TRUE(queue.holds(1));
  EXPECT_EQ(queue.pop_front(), 8u);
}

}  // namespace
}  // namespace wirebraid
