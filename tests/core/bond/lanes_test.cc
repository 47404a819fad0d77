#include "core/bond/lanes.h"

#include <gtest/gtest.h>

#include <set>

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

class LanesTest : public ::testing::Test {
 protected:
  QueuedPacket queued(uint64_t flow, size_t size = 1000) {
    Packet packet = pool.allocate();
    packet.resize(size);
    std::fill_n(packet.data(), size, uint8_t{0});
    return {.packet = std::move(packet), .flow = flow, .enqueued = now};
  }
  /// Pinned lanes by their path, shared ones by 100 + their class.
  std::set<int> waiting() {
    std::set<int> names;
    lanes.for_each_waiting([&](Lanes::Lane lane, FairQueue& queue) {
      EXPECT_FALSE(queue.empty());
      EXPECT_EQ(&queue, &lanes.at(lane));
      EXPECT_TRUE(names.insert(lane.index + (lane.pinned ? 0 : 100)).second);
    });
    return names;
  }
  uint64_t take(Lanes::Lane lane) {
    FairQueue& queue = lanes.at(lane);
    EXPECT_TRUE(queue.peek(now));
    return queue.pop().flow;
  }

  BufferPool pool{1500, 1000};
  Lanes lanes;
  Time now{1000s};
};

TEST_F(LanesTest, EveryPathAndEveryClassHasAQueueOfItsOwn) {
  std::set<int> all;
  for (PathIndex i = 0; i < kMaxPaths; ++i) {
    lanes.push_pinned(i, queued(i));
    all.insert(i);
  }
  for (ClassIndex i = 0; i < kMaxClasses; ++i) {
    lanes.push_shared(i, queued(100u + i));
    all.insert(100 + i);
  }
  EXPECT_EQ(waiting(), all);
  EXPECT_EQ(lanes.packets(), kMaxPaths + kMaxClasses);
  for (PathIndex i = 0; i < kMaxPaths; ++i) EXPECT_EQ(take({true, i}), i);
  for (ClassIndex i = 0; i < kMaxClasses; ++i) EXPECT_EQ(take({false, i}), 100u + i);
  EXPECT_TRUE(lanes.empty());
}

TEST_F(LanesTest, OnlyThoseThatHoldSomethingAreVisited) {
  EXPECT_TRUE(waiting().empty());
  lanes.push_pinned(3, queued(1));
  lanes.push_shared(3, queued(2));
  EXPECT_EQ(waiting(), (std::set<int>{3, 103}));
  take({true, 3});
  EXPECT_EQ(waiting(), std::set<int>{103});
  EXPECT_EQ(lanes.packets(), 1u);
  lanes.push_pinned(3, queued(1));
  EXPECT_EQ(waiting(), (std::set<int>{3, 103})) << "it is filled again";
}

TEST_F(LanesTest, AVisitorMayEmptyAQueue) {
  for (PathIndex i = 0; i < 4; ++i) lanes.push_pinned(i, queued(i));
  std::vector<QueuedPacket> out;
  lanes.for_each_waiting([&](Lanes::Lane, FairQueue& queue) { queue.take_all(out); });
  EXPECT_EQ(out.size(), 4u);
  EXPECT_TRUE(lanes.empty());
  EXPECT_TRUE(waiting().empty());
}

TEST_F(LanesTest, WhatIsStaleGoesFromAllAndIsCounted) {
  lanes.push_pinned(1, queued(1));
  lanes.push_shared(2, queued(2));
  now += FairQueue::Options{}.max_age + 1us;
  lanes.push_shared(2, queued(2));
  lanes.drop_stale(now);
  EXPECT_EQ(lanes.packets(), 1u);
  EXPECT_EQ(lanes.statistics().dropped_stale, 2u);
  EXPECT_EQ(lanes.statistics().enqueued, 3u);
}

TEST_F(LanesTest, StatisticsAreOfAllQueuesTogether) {
  const size_t bound = FairQueue::Options{}.max_packets;
  BufferPool small(64, 2 * bound + 10);
  const auto push = [&](bool pinned) {
    Packet packet = small.allocate();
    packet.resize(40);
    QueuedPacket each{.packet = std::move(packet), .flow = 1, .enqueued = now};
    if (pinned) {
      lanes.push_pinned(0, std::move(each));
    } else {
      lanes.push_shared(0, std::move(each));
    }
  };
  for (size_t i = 0; i < bound + 2; ++i) push(true);
  for (size_t i = 0; i < bound + 3; ++i) push(false);
  EXPECT_EQ(lanes.statistics().dropped_full, 5u);
  EXPECT_EQ(lanes.packets(), 2 * bound);
  lanes.clear();
  EXPECT_TRUE(lanes.empty());
  EXPECT_EQ(small.in_use(), 0u);
  EXPECT_EQ(lanes.statistics().dropped_full, 5u) << "counters go on";
}

// A wait that is nobody's congestion: each queue's head has passed CoDel's patience.
TEST_F(LanesTest, ForgivenessIsForAllQueues) {
  const auto drops_after_wait = [this](bool forgiven) {
    lanes.clear();
    const uint64_t before = lanes.statistics().dropped_codel;
    for (uint64_t i = 0; i < 20; ++i) {
      lanes.push_pinned(0, queued(1));
      lanes.push_shared(0, queued(2));
    }
    now += 50ms;
    take({true, 0});
    take({false, 0});
    now += 150ms;
    if (forgiven) lanes.forgive();
    take({true, 0});
    take({false, 0});
    return lanes.statistics().dropped_codel - before;
  };
  EXPECT_GE(drops_after_wait(false), 2u);
  EXPECT_EQ(drops_after_wait(true), 0u);
}

TEST_F(LanesTest, ACollapseIsExpectedOfAllQueues) {
  lanes.expect_collapse(now);
  for (uint64_t i = 0; i < 60; ++i) {
    lanes.push_pinned(5, queued(1));
    lanes.push_shared(0, queued(2));
  }
  now += 100ms;
  take({true, 5});
  take({false, 0});
  now += 101ms;
  take({true, 5});
  take({false, 0});
  EXPECT_LE(lanes.packets(), 2u) << "both are trimmed";
}

TEST_F(LanesTest, CountsOnAfterAReleaseAndHoldsPacketsAgain) {
  lanes.push_pinned(3, queued(1));
  take({true, 3});
  ASSERT_TRUE(lanes.empty());
  lanes.release();
  EXPECT_TRUE(waiting().empty());
  EXPECT_EQ(lanes.statistics().enqueued, 1u);
  lanes.push_pinned(3, queued(2));
  lanes.push_shared(0, queued(3));
  EXPECT_EQ(lanes.statistics().enqueued, 3u);
  EXPECT_EQ(take({true, 3}), 2u);
}

TEST_F(LanesTest, AQueueMadeAfterACollapseKnowsOfIt) {
  lanes.expect_collapse(now);
  for (int i = 0; i < 200; ++i) lanes.push_shared(0, queued(1));
  FairQueue& queue = lanes.at({false, 0});
  ASSERT_TRUE(queue.peek(now + 50ms));
  ASSERT_TRUE(queue.peek(now + 151ms));
  EXPECT_GT(queue.statistics().dropped_codel, 100u) << "cut to the target at once";
}

}  // namespace
}  // namespace wirebraid
