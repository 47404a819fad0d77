#include "core/bond/resequencer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

/// A packet of some flow whose bytes name it.
struct Sent {
  uint32_t sequence = 0;
  uint32_t flow = 0;
  uint16_t delta = 0;
};

class ResequencerTest : public ::testing::Test {
 protected:
  ResequencerTest() { resequencer.reset(kFirst); }

  void arrive(const Sent& sent, PathIndex path = 0, bool first = true) {
    Packet packet = pool.allocate();
    packet.resize(8);
    store_le(packet.data(), sent.sequence);
    store_le(packet.data() + 4, sent.flow);
    std::vector<Packet> out;
    resequencer.insert({.sequence = sent.sequence,
                        .predecessor_delta = sent.delta,
                        .first_transmission = first,
                        .path = path,
                        .flow = sent.flow,
                        .packet = std::move(packet)},
                       now, out);
    take(out);
  }
  void advance(Duration by) {
    const Time until = now + by;
    while (resequencer.next_deadline() <= until) {
      now = std::max(now, resequencer.next_deadline());
      std::vector<Packet> out;
      resequencer.handle_deadline(now, out);
      take(out);
    }
    now = until;
  }
  void take(std::vector<Packet>& out) {
    for (const Packet& packet : out) {
      const auto sequence = load_le<uint32_t>(packet.data());
      const auto flow = load_le<uint32_t>(packet.data() + 4);
      EXPECT_TRUE(once.insert(sequence).second) << "twice: " << sequence - kFirst;
      const auto [last, fresh] = newest.try_emplace(flow, sequence);
      if (!fresh) {
        EXPECT_LT(static_cast<int32_t>(last->second - sequence), 0)
            << "flow " << flow << ": " << sequence - kFirst << " after " << last->second - kFirst;
        last->second = sequence;
      }
      order.push_back(sequence - kFirst);
    }
  }
  /// `count` packets of `flows` flows in turn, with their predecessors. A sender may take so many
  /// flows for one.
  static std::vector<Sent> make(uint32_t count, uint32_t flows, std::mt19937* random = nullptr,
                                uint32_t taken_for_one = 1) {
    std::vector<Sent> sent(count);
    std::map<uint32_t, uint32_t> last;
    for (uint32_t i = 0; i < count; ++i) {
      sent[i].sequence = kFirst + i;
      sent[i].flow = random != nullptr ? (*random)() % flows : i % flows;
      const uint32_t chain = sent[i].flow / taken_for_one;
      if (last.contains(chain)) sent[i].delta = static_cast<uint16_t>(i - last[chain]);
      last[chain] = i;
    }
    return sent;
  }

  static constexpr uint32_t kFirst = 0xffffff00;  // the sequence wraps in every longer test
  BufferPool pool{64, 40'000};
  Resequencer resequencer;
  Time now{1000s};
  std::set<uint32_t> once;
  std::map<uint32_t, uint32_t> newest;
  std::vector<uint32_t> order;
};

TEST_F(ResequencerTest, EveryPermutationOfSixComesOutInOrder) {
  for (const uint32_t flows : {1u, 2u, 3u}) {
    const auto sent = make(6, flows);
    std::vector<size_t> permutation(6);
    std::iota(permutation.begin(), permutation.end(), size_t{0});
    do {
      resequencer.reset(kFirst);
      once.clear();
      newest.clear();
      order.clear();
      for (const size_t i : permutation) arrive(sent[i]);
      ASSERT_EQ(order.size(), 6u);
      ASSERT_EQ(resequencer.waiting(), 0u);
      ASSERT_EQ(resequencer.cumulative(), kFirst + 6);
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
}

// Every arrival order of every subset of six, with the duplicates that a resend may cause.
TEST_F(ResequencerTest, LossAndDuplicatesNeverBreakTheOrder) {
  for (unsigned trial = 0; trial < 128; ++trial) {
    const unsigned lost = trial % 64;
    const auto sent = make(6, 2, nullptr, trial < 64 ? 1 : 2);
    std::vector<size_t> permutation(6);
    std::iota(permutation.begin(), permutation.end(), size_t{0});
    do {
      resequencer.reset(kFirst);
      once.clear();
      newest.clear();
      order.clear();
      for (const size_t i : permutation) {
        if ((lost >> i & 1) == 0) arrive(sent[i]);
      }
      advance(5s);
      ASSERT_EQ(order.size(), static_cast<size_t>(6 - std::popcount(lost))) << "lost " << lost;
      ASSERT_EQ(resequencer.waiting(), 0u);
      for (const Sent& each : sent) arrive(each, 1, false);  // all of them again, too late
      ASSERT_EQ(pool.in_use(), 0u);
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
}

// Arrivals displaced at random over two paths with losses and resends, against the two rules that
// define the result: at most once, in order per flow (checked in take()); and nothing stays.
TEST_F(ResequencerTest, RandomArrivalsKeepTheRules) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    resequencer.reset(kFirst);
    once.clear();
    newest.clear();
    order.clear();
    const auto sent = make(5000, 1 + random() % 40, &random, 1 + random() % 3);
    std::multimap<uint64_t, std::pair<Sent, bool>> arrivals;
    size_t lost = 0;
    for (uint32_t i = 0; i < sent.size(); ++i) {
      const uint64_t at = i * 100 + (random() % 2 == 0 ? 0 : 20'000) + random() % 3000;
      if (random() % 50 != 0) {
        arrivals.emplace(at, std::pair(sent[i], true));
      } else if (random() % 4 == 0) {
        ++lost;
      } else {
        arrivals.emplace(at + 30'000 + random() % 200'000, std::pair(sent[i], false));
      }
    }
    const Time start = now;
    for (const auto& [at, arrival] : arrivals) {
      const Time when = start + Duration(static_cast<int64_t>(at));
      if (when > now) advance(when - now);
      arrive(arrival.first, static_cast<PathIndex>(random() % 2), arrival.second);
    }
    advance(5s);
    EXPECT_EQ(resequencer.waiting(), 0u);
    EXPECT_EQ(resequencer.cumulative(), resequencer.next_expected());
    EXPECT_EQ(pool.in_use(), 0u);
    EXPECT_GT(order.size(), sent.size() * 95 / 100);
    EXPECT_LE(order.size(), sent.size() - lost);
  }
}

TEST_F(ResequencerTest, ALostPacketHoldsUpItsOwnFlowOnly) {
  const auto sent = make(4, 2);  // flows 0 1 0 1
  arrive(sent[1]);
  arrive(sent[2]);
  arrive(sent[3]);
  EXPECT_EQ(order, (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(resequencer.waiting(), 1u);
  arrive(sent[0], 0, false);
  EXPECT_EQ(order, (std::vector<uint32_t>{1, 3, 0, 2}));
}

TEST_F(ResequencerTest, WithoutEvidenceItWaitsForTheStall) {
  const auto sent = make(3, 1);
  resequencer.set_hold(50ms);
  resequencer.advance_front(1, kFirst, now);  // a second path, live, that has delivered nothing
  arrive(sent[1]);
  advance(399ms);
  EXPECT_TRUE(order.empty());
  advance(1ms);
  EXPECT_EQ(order, (std::vector<uint32_t>{1}));
}

TEST_F(ResequencerTest, WithEvidenceItWaitsForTheHold) {
  const auto sent = make(3, 1);
  resequencer.set_hold(50ms);
  resequencer.advance_front(1, kFirst, now);
  arrive(sent[1]);
  advance(10ms);
  resequencer.advance_front(1, kFirst + 1, now);  // the other path has passed the missing one
  advance(49ms);
  EXPECT_TRUE(order.empty());
  advance(1ms);
  EXPECT_EQ(order, (std::vector<uint32_t>{1}));
  arrive(sent[0], 0, false);
  EXPECT_EQ(resequencer.statistics().late, 1u);
}

// A path on which nothing comes may be dead, then it proves nothing; or it is known to work, and a
// packet may still come on it.
TEST_F(ResequencerTest, ASilentPathHoldsBackOnlyIfItIsKnownToWork) {
  for (const bool live : {false, true}) {
    resequencer = Resequencer{};
    resequencer.reset(kFirst);
    resequencer.set_hold(50ms);
    once.clear();
    newest.clear();
    order.clear();
    resequencer.set_live(live ? mask_of(0) | mask_of(1) : mask_of(0));
    resequencer.advance_front(1, kFirst, now);
    advance(Resequencer::kSilence + 1ms);
    const auto sent = make(2, 1);
    arrive(sent[1]);  // by path 0: the missing one was for path 1, or is lost
    advance(51ms);
    EXPECT_EQ(order.size(), live ? 0u : 1u);
    if (live) arrive(sent[0], 1);
    advance(1s);
    EXPECT_EQ(order.size(), live ? 2u : 1u);
  }
}

TEST_F(ResequencerTest, APathThatWorksNoMoreHoldsNothingBackAfterItsSilence) {
  resequencer.set_hold(50ms);
  resequencer.set_live(mask_of(0) | mask_of(1));
  resequencer.advance_front(1, kFirst, now);
  advance(Resequencer::kSilence);
  const auto sent = make(3, 1);
  arrive(sent[1]);
  advance(51ms);
  EXPECT_TRUE(order.empty());
  resequencer.set_live(mask_of(0));
  arrive(sent[2]);
  advance(51ms);
  EXPECT_EQ(order, (std::vector<uint32_t>{1, 2}));
}

// The case that the simulator found: 1 and 2 are missing, 3 gives up 2; then 1 comes.
TEST_F(ResequencerTest, AnUnknownPredecessorOfTheGivenUpComesTooLate) {
  const auto sent = make(4, 1);
  arrive(sent[0]);
  arrive(sent[3]);
  advance(450ms);
  EXPECT_EQ(order, (std::vector<uint32_t>{0, 3}));
  arrive(sent[1], 0, false);
  EXPECT_EQ(order, (std::vector<uint32_t>{0, 3}));
  EXPECT_EQ(resequencer.statistics().late, 1u);
}

TEST_F(ResequencerTest, HostileJumpsAreBounded) {
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    Sent sent;
    sent.sequence = static_cast<uint32_t>(random());
    if (i % 3 == 0) sent.sequence = resequencer.next_expected() + random() % 20'000;
    sent.flow = i % 5;
    sent.delta = static_cast<uint16_t>(random());
    once.clear();
    newest.clear();
    arrive(sent);
    ASSERT_LE(resequencer.next_expected() - resequencer.cumulative(), Resequencer::kMaxWindow);
    ASSERT_LE(resequencer.waiting(), Resequencer::kMaxWindow);
    now += 1ms;
  }
  once.clear();
  newest.clear();
  advance(5s);
  EXPECT_EQ(resequencer.waiting(), 0u);
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST_F(ResequencerTest, IsNotReleasedWhileAPacketWaits) {
  arrive({kFirst, 1, 0});
  arrive({kFirst + 2, 1, 1});
  EXPECT_FALSE(resequencer.release());
  arrive({kFirst + 1, 1, 1});
  EXPECT_TRUE(resequencer.release());
  EXPECT_EQ(order, (std::vector<uint32_t>{0, 1, 2}));
}

TEST_F(ResequencerTest, GoesOnAfterARelease) {
  arrive({kFirst, 1, 0});
  ASSERT_TRUE(resequencer.release());
  EXPECT_EQ(resequencer.next_deadline(), kNever);
  arrive({kFirst, 1, 0});
  EXPECT_EQ(resequencer.statistics().duplicates, 1u);
  // The path's front is still known: what follows a missing packet waits for the other path.
  arrive({kFirst + 2, 1, 1});
  EXPECT_EQ(resequencer.waiting(), 1u);
  arrive({kFirst + 1, 1, 1});
  EXPECT_EQ(order, (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(resequencer.cumulative(), kFirst + 3);
}

}  // namespace
}  // namespace wirebraid
