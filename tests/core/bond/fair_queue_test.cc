#include "core/bond/fair_queue.h"

#include <gtest/gtest.h>

#include <map>

#include "core/packet/protocols.h"
#include "core/packet/tcp_segment.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

class FairQueueTest : public ::testing::Test {
 protected:
  void push(uint64_t flow, size_t size, uint8_t ecn = kEcnNotEct) {
    Packet packet = pool.allocate();
    ASSERT_TRUE(packet);
    packet.resize(size);
    std::fill_n(packet.data(), size, uint8_t{0});
    packet.data()[0] = 0x45;
    packet.data()[1] = ecn;
    store_be(packet.data() + 2, static_cast<uint16_t>(size));
    queue.push({.packet = std::move(packet), .flow = flow, .enqueued = now});
  }
  /// A TCP segment with `data` bytes of data.
  void push_tcp(uint64_t flow, uint32_t sequence, uint8_t flags = kTcpAck, size_t data = 1000,
                bool timestamps = false) {
    const size_t headers = timestamps ? 52 : 40;
    Packet packet = pool.allocate();
    ASSERT_TRUE(packet);
    packet.resize(headers + data);
    uint8_t* at = packet.data();
    std::fill_n(at, packet.size(), uint8_t{0});
    at[0] = 0x45;
    store_be(at + 2, static_cast<uint16_t>(packet.size()));
    at[9] = static_cast<uint8_t>(Protocol::tcp);
    store_be(at + 24, sequence);
    at[32] = static_cast<uint8_t>((headers - 20) / 4 << 4);
    at[33] = flags;
    if (timestamps) {
      constexpr uint8_t kOptions[] = {1, 1, 8, 10};
      std::copy(std::begin(kOptions), std::end(kOptions), at + 40);
    }
    queue.push({.packet = std::move(packet), .flow = flow, .enqueued = now});
  }
  std::vector<uint32_t> take_sequences() {
    std::vector<uint32_t> sequences;
    while (const auto taken = take()) {
      sequences.push_back(load_be<uint32_t>(taken->packet.data() + 24));
    }
    return sequences;
  }
  /// Takes a packet if there is one.
  std::optional<QueuedPacket> take() {
    if (!queue.peek(now)) return std::nullopt;
    return queue.pop();
  }
  BufferPool pool{1500, 10'000};
  FairQueue queue;
  Time now{1000s};
};

TEST_F(FairQueueTest, KeepsTheOrderOfAFlow) {
  for (size_t i = 0; i < 50; ++i) push(1, 100 + i);
  for (size_t i = 0; i < 50; ++i) EXPECT_EQ(take()->packet.size(), 100 + i);
  EXPECT_FALSE(take());
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST_F(FairQueueTest, SharesBytesEquallyWhateverTheSizes) {
  for (int i = 0; i < 1000; ++i) {
    push(1, 1400);
    push(2, 200);
    push(2, 200);
    push(3, 700);
  }
  std::map<uint64_t, size_t> bytes;
  for (int i = 0; i < 600; ++i) {
    const auto taken = take();
    bytes[taken->flow] += taken->packet.size();
  }
  for (const auto& [flow, sum] : bytes) EXPECT_NEAR(static_cast<double>(sum), bytes[1], 3100.0);
}

TEST_F(FairQueueTest, ASparseFlowGoesFirst) {
  for (int i = 0; i < 100; ++i) push(1, 1400);
  for (int i = 0; i < 5; ++i) take();
  push(2, 80);
  const auto head = queue.peek(now);
  ASSERT_TRUE(head);
  EXPECT_TRUE(head->sparse);
  EXPECT_EQ(take()->flow, 2u);
}

TEST_F(FairQueueTest, DropsFromTheLongestWhenFull) {
  for (size_t i = 0; i < 4096; ++i) push(1, 100);
  push(2, 100);
  EXPECT_EQ(queue.packets(), 4096u);
  EXPECT_EQ(queue.statistics().dropped_full, 1u);
  bool survived = false;
  for (int i = 0; i < 20; ++i) survived = survived || take()->flow == 2;
  EXPECT_TRUE(survived) << "the newcomer is not the one to be dropped";
}

TEST_F(FairQueueTest, WhenFullDropsFromAllThatAreLongAndNoOther) {
  const auto push_some = [this](uint64_t flow, int count) {
    for (int i = 0; i < count; ++i) push(flow, 100);
  };
  push_some(1, 2500);
  push_some(2, 1500);
  push_some(3, 96);
  push_some(4, 3000);
  EXPECT_EQ(queue.statistics().dropped_full, 3000u);
  std::map<uint64_t, int> left;
  while (const auto packet = take()) ++left[packet->flow];
  EXPECT_EQ(left[3], 96);
  for (const uint64_t flow : {1, 2, 4}) {
    EXPECT_GE(left[flow], 4000 / 3 / 2) << flow;
    EXPECT_LE(left[flow], 4000 * 2 / 3) << flow;
  }
  // Of those that were long nothing is left.
  push_some(3, 4096);
  push_some(4, 1);
  left.clear();
  while (const auto packet = take()) ++left[packet->flow];
  EXPECT_EQ(left[3], 4095);
  EXPECT_EQ(left[4], 1);
}

TEST_F(FairQueueTest, AStandingQueueIsDroppedFromOrMarked) {
  for (const uint8_t ecn : {kEcnNotEct, kEcnEct0}) {
    queue.clear();
    const FairQueueStatistics before = queue.statistics();
    uint64_t ce = 0;
    for (int i = 0; i < 2000; ++i) {  // arrives as it leaves, behind 50 ms of queue
      push(1, 1000, ecn);
      if (i >= 50) {
        const auto taken = take();
        if (taken && (taken->packet.data()[1] & kEcnMask) == kEcnCe) ++ce;
      }
      now += 1ms;
    }
    const uint64_t dropped = queue.statistics().dropped_codel - before.dropped_codel;
    if (ecn == kEcnNotEct) {
      EXPECT_GT(dropped, 5u);
      EXPECT_EQ(ce, 0u);
    } else {
      EXPECT_EQ(dropped, 0u);
      EXPECT_GT(ce, 5u);
    }
  }
}

TEST_F(FairQueueTest, AShortQueueIsLeftAlone) {
  for (int i = 0; i < 5000; ++i) {
    push(1, 1000);
    if (i >= 10) take();
    now += 1ms;
  }
  EXPECT_EQ(queue.statistics().dropped_codel, 0u);
}

TEST_F(FairQueueTest, NothingIsKeptForEver) {
  for (uint64_t flow = 0; flow < 100; ++flow) push(flow, 100);
  now += 3s + 1us;
  queue.drop_stale(now);
  EXPECT_EQ(queue.statistics().dropped_stale, 100u);
  EXPECT_FALSE(take());
  EXPECT_EQ(pool.in_use(), 0u);
  push(5, 100);
  EXPECT_TRUE(take());
}

// Capacity has collapsed: a flow with much in the queue loses the old of it at once.
TEST_F(FairQueueTest, AQueueFarAboveTheTargetIsTrimmedAtOnce) {
  for (int i = 0; i < 100; ++i) {
    push(1, 1000);
    now += 1ms;
  }
  queue.expect_collapse(now);
  take();  // 100 ms old: CoDel begins to wait
  now += 101ms;
  const auto taken = take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(queue.statistics().dropped_codel, 98u);
  EXPECT_EQ(queue.packets(), 0u) << "all but one packet's worth were older than the target";
}

TEST_F(FairQueueTest, OnlyAnExpectedCollapseTrimsAndOnlyForATime) {
  for (const bool expected : {false, true}) {
    queue.clear();
    const uint64_t before = queue.statistics().dropped_codel;
    if (expected) queue.expect_collapse(now);
    now += 1s;
    for (int i = 0; i < 100; ++i) push(1, 1000);
    now += 100ms;
    take();
    now += 101ms;
    ASSERT_TRUE(take());
    EXPECT_EQ(queue.statistics().dropped_codel - before, 1u);
  }
}

TEST_F(FairQueueTest, WhatIsYoungerThanTheTargetSurvivesTheTrim) {
  for (int i = 0; i < 100; ++i) push(1, 1000);
  queue.expect_collapse(now);
  now += 100ms;
  take();
  now += 90ms;
  for (int i = 0; i < 10; ++i) push(1, 1000);
  now += 15ms;
  const auto taken = take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(now - taken->enqueued, 15ms);
  EXPECT_EQ(queue.statistics().dropped_codel, 99u);
  EXPECT_EQ(queue.packets(), 9u);
}

TEST_F(FairQueueTest, AQueueLittleAboveTheTargetLosesOneAtATime) {
  for (int i = 0; i < 160; ++i) {
    push(1, 1000);
    now += 1ms;
    if (i >= 30) take();  // behind 30 ms of queue
  }
  EXPECT_GE(queue.statistics().dropped_codel, 1u);
  EXPECT_LE(queue.statistics().dropped_codel, 2u);
}

TEST_F(FairQueueTest, OneTrimIsBounded) {
  for (int i = 0; i < 2000; ++i) push(1, 1000);
  queue.expect_collapse(now);
  now += 100ms;
  take();
  now += 101ms;
  ASSERT_TRUE(take());
  EXPECT_GT(queue.statistics().dropped_codel, 100u);
  EXPECT_LT(queue.statistics().dropped_codel, 300u);
}

TEST_F(FairQueueTest, ATrimSparesOtherFlows) {
  for (int i = 0; i < 100; ++i) push(1, 1000);
  queue.expect_collapse(now);
  now += 100ms;
  take();
  now += 101ms;
  push(2, 1000);
  push(2, 1000);
  size_t of_second = 0;
  while (const auto taken = take()) of_second += taken->flow == 2;
  EXPECT_EQ(of_second, 2u);
  EXPECT_GE(queue.statistics().dropped_codel, 90u) << "of the first";
}

TEST_F(FairQueueTest, ACallsQueueIsNotTrimmed) {
  for (int i = 0; i < 100; ++i) push(1, 200);
  queue.expect_collapse(now);
  now += 100ms;
  take();
  now += 101ms;
  ASSERT_TRUE(take());
  EXPECT_EQ(queue.statistics().dropped_codel, 1u);
}

TEST_F(FairQueueTest, WhatIsTakenOutKeepsEachFlowsOrder) {
  for (size_t i = 0; i < 300; ++i) push(i % 7, 100 + i);
  ASSERT_TRUE(queue.peek(now));
  std::vector<QueuedPacket> out;
  queue.take_all(out);
  EXPECT_EQ(out.size(), 300u);
  std::map<uint64_t, size_t> last;
  for (const QueuedPacket& each : out) {
    EXPECT_GT(each.packet.size(), last[each.flow]);
    last[each.flow] = each.packet.size();
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_FALSE(take());
  EXPECT_EQ(queue.statistics().dropped_codel + queue.statistics().dropped_stale, 0u);
  for (QueuedPacket& each : out) queue.push(std::move(each));
  for (size_t i = 0; i < 300; ++i) ASSERT_TRUE(take());
  EXPECT_FALSE(take());
}

using Sequences = std::vector<uint32_t>;

TEST_F(FairQueueTest, WhatTcpSendsAgainGoesFirstInItsOrder) {
  for (const uint32_t sequence : {1000, 2000, 3000, 4000}) push_tcp(1, sequence);
  EXPECT_EQ(load_be<uint32_t>(take()->packet.data() + 24), 1000u);
  ASSERT_TRUE(queue.peek(now));
  for (const uint32_t sequence : {500, 1000}) push_tcp(1, sequence);
  push_tcp(1, 5000);
  EXPECT_EQ(take_sequences(), (Sequences{500, 1000, 2000, 3000, 4000, 5000}));
  push_tcp(1, 2000);
  push_tcp(1, 6000);
  push_tcp(1, 3000);
  EXPECT_EQ(take_sequences(), (Sequences{2000, 3000, 6000})) << "into an empty queue";
}

// The receiver would drop what it overtakes (PAWS).
TEST_F(FairQueueTest, WhatTcpSendsAgainKeepsItsPlaceIfItHasTimestamps) {
  for (const uint32_t sequence : {1000, 2000, 3000}) push_tcp(1, sequence);
  push_tcp(1, 1000, kTcpAck, 1000, true);
  EXPECT_EQ(take_sequences(), (Sequences{1000, 2000, 3000, 1000}));
  for (const uint32_t sequence : {4000, 5000}) push_tcp(1, sequence);
  queue.expect_collapse(now);
  push_tcp(1, 2000, kTcpAck, 1000, true);
  EXPECT_EQ(take_sequences(), (Sequences{2000, 4000, 5000}));
}

TEST_F(FairQueueTest, WhatIsNewIsNotTakenForSentAgain) {
  push_tcp(1, 1000);
  push_tcp(1, 1500);              // new in part
  push_tcp(1, 2500, kTcpAck, 0);  // an acknowledgement without data
  push_tcp(1, 2000, kTcpAck, 0);  // an old one
  push_tcp(1, 100, kTcpSyn, 0);   // another connection in the same place
  push_tcp(1, 101);               // and its data
  EXPECT_EQ(take_sequences(), (Sequences{1000, 1500, 2500, 2000, 100, 101}));
  push_tcp(1, 0xfffffc00);  // far behind, modulo 2^32: again
  push_tcp(1025, 5);        // another flow in the same bucket
  push_tcp(1025, 1005);
  push_tcp(1, 7);  // the first one is forgotten
  EXPECT_EQ(take_sequences(), (Sequences{0xfffffc00, 5, 1005, 7}));
}

TEST_F(FairQueueTest, WhatTcpSendsAgainIsNotDropped) {
  for (uint32_t i = 0; i < 100; ++i) push_tcp(1, 1000 * i);
  for (uint32_t i = 0; i < 5; ++i) take();
  queue.expect_collapse(now);
  now += 100ms;
  take();  // CoDel begins to wait
  push_tcp(1, 0);
  push_tcp(1, 1000);
  now += 101ms;
  EXPECT_EQ(load_be<uint32_t>(take()->packet.data() + 24), 0u);
  EXPECT_EQ(load_be<uint32_t>(take()->packet.data() + 24), 1000u);
  EXPECT_EQ(queue.statistics().dropped_codel, 0u);
  take();
  EXPECT_GT(queue.statistics().dropped_codel, 80u) << "the rest is cut";
}

TEST_F(FairQueueTest, WhatIsTakenOutAndPutBackIsStillNew) {
  for (uint32_t i = 0; i < 4; ++i) push_tcp(1, 1000 * i);
  std::vector<QueuedPacket> out;
  queue.take_all(out);
  for (QueuedPacket& each : out) queue.push(std::move(each));
  push_tcp(1, 1000);
  EXPECT_EQ(take_sequences(), (Sequences{1000, 0, 1000, 2000, 3000}));
}

TEST_F(FairQueueTest, AFlowMayBePassed) {
  for (int i = 0; i < 10; ++i) push(1, 1000);
  push(2, 500);
  ASSERT_EQ(queue.peek(now)->flow, 1u);
  queue.pass();
  ASSERT_EQ(queue.peek(now)->flow, 2u);
  EXPECT_EQ(take()->flow, 2u);
  EXPECT_EQ(queue.peek(now)->flow, 1u);
  queue.pass();
  EXPECT_EQ(queue.peek(now)->flow, 1u) << "alone";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(take()->flow, 1u);
  EXPECT_TRUE(queue.empty());
}

TEST_F(FairQueueTest, AnUnusedQueueCanBeEmptied) {
  std::vector<QueuedPacket> out;
  queue.take_all(out);
  queue.drop_stale(now);
  queue.forgive();
  EXPECT_TRUE(out.empty());
  EXPECT_FALSE(take());
}

}  // namespace
}  // namespace wirebraid
