#include "core/bond/selector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace wirebraid {
namespace {

constexpr size_t kFlowsPerSplit = 1000;
constexpr PathMask kFirst = 0b001;
constexpr PathMask kSecond = 0b010;
constexpr PathMask kThird = 0b100;

class SelectorTest : public ::testing::Test {
 protected:
  SelectorTest() {
    for (PathIndex i = 0; i < 3; ++i) paths[i] = {.usable = true, .settled = true};
  }
  bool update(bool plain = false) { return selector.update(paths, plain); }
  PathMask candidates(Mode mode) {
    selector.set_modes({mode});
    update();
    return selector.candidates(0);
  }
  /// The path of each of a number of flows, in flow mode.
  std::vector<PathIndex> split(uint64_t seed, size_t flows = kFlowsPerSplit) {
    const PathMask among = candidates(Mode::flow);
    std::mt19937_64 random(seed);
    std::vector<PathIndex> result(flows);
    std::generate(result.begin(), result.end(), [&] { return *selector.pick(among, random()); });
    return result;
  }

  Selector selector;
  std::array<Selector::Path, kMaxPaths> paths{};
};

double share(const std::vector<PathIndex>& split, PathIndex path) {
  return static_cast<double>(std::count(split.begin(), split.end(), path)) /
         static_cast<double>(split.size());
}

TEST_F(SelectorTest, TheSplitFollowsTheWeights) {
  const std::array weights = {1u, 2u, 5u};
  for (PathIndex i = 0; i < 3; ++i) paths[i].weight = weights[i];
  std::array<double, 3> mean{};
  constexpr uint64_t kSplits = 20;
  for (uint64_t seed = 1; seed <= kSplits; ++seed) {
    const auto flows = split(seed);
    for (PathIndex i = 0; i < 3; ++i) {
      EXPECT_NEAR(share(flows, i), weights[i] / 8.0, 0.06) << "path " << int{i};
      mean[i] += share(flows, i) / kSplits;
    }
  }
  for (PathIndex i = 0; i < 3; ++i) EXPECT_NEAR(mean[i] / (weights[i] / 8.0), 1.0, 0.1);
}

TEST_F(SelectorTest, WithoutWeightsTheSplitFollowsCapacity) {
  paths[0].capacity = 3e6;
  paths[1].capacity = 1e6;  // the third is not measured yet: as the others usually are
  const auto flows = split(1, 20'000);
  EXPECT_NEAR(share(flows, 0), 3 / 6.0, 0.02);
  EXPECT_NEAR(share(flows, 1), 1 / 6.0, 0.02);
  EXPECT_NEAR(share(flows, 2), 2 / 6.0, 0.02);
}

TEST_F(SelectorTest, WeightsCountOnlyIfAllInUseHaveOne) {
  for (PathIndex i = 0; i < 3; ++i) paths[i].capacity = 1e6;
  paths[0].weight = 1000;
  EXPECT_NEAR(share(split(1, 20'000), 0), 1 / 3.0, 0.02);
  paths[1].usable = paths[2].usable = false;
  EXPECT_EQ(share(split(1), 0), 1.0);
}

TEST_F(SelectorTest, APathThatGoesOrComesMovesItsOwnFlowsOnly) {
  const auto none = [](Selector::Path&, PathIndex) {};
  const auto weighted = [](Selector::Path& path, PathIndex i) { path.weight = 1u + i; };
  const auto measured = [](Selector::Path& path, PathIndex i) { path.capacity = 1e6 * (1 + i); };
  const auto in_part = [](Selector::Path& path, PathIndex i) {
    path.capacity = std::array{9e6, 0.0, 1e6}[i];
  };
  const auto check = [this](auto set_up) {
    for (PathIndex gone = 0; gone < 3; ++gone) {
      selector = Selector{};
      for (PathIndex i = 0; i < 3; ++i) {
        paths[i] = {.usable = true, .settled = true};
        set_up(paths[i], i);
      }
      const auto before = split(5);
      paths[gone].usable = false;
      const auto without = split(5);
      for (size_t i = 0; i < before.size(); ++i) {
        ASSERT_NE(without[i], gone);
        if (before[i] != gone) {
          ASSERT_EQ(without[i], before[i]) << "path " << int{gone} << " gone";
        }
      }
      paths[gone].usable = true;
      ASSERT_EQ(split(5), before) << "path " << int{gone} << " back";
    }
  };
  check(none);
  check(weighted);
  check(measured);
  check(in_part);
}

TEST_F(SelectorTest, ACapacityThatWandersMovesNothing) {
  for (PathIndex i = 0; i < 3; ++i) paths[i].capacity = 1e6;
  const auto before = split(3);
  paths[0].capacity = 1.2e6;
  EXPECT_FALSE(update());
  EXPECT_EQ(split(3), before);
  for (PathIndex i = 0; i < 3; ++i) paths[i].usable = false;
  update();
  for (PathIndex i = 0; i < 3; ++i) paths[i].usable = true;
  EXPECT_EQ(split(3), before) << "all were away for a moment";
  paths[0].usable = false;
  update();
  paths[0].usable = true;
  EXPECT_EQ(split(3), before) << "one was";
  paths[0].capacity = 3e6;
  EXPECT_TRUE(update());
  const auto after = split(3);
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(after[i] == before[i] || after[i] == 0) << "only towards the one that has grown";
  }
  EXPECT_GT(share(after, 0), share(before, 0) + 0.1);
}

TEST_F(SelectorTest, FailoverReturnsOnlyAfterTheFirstHasSettled) {
  paths[1].priority = paths[2].priority = 2;
  EXPECT_EQ(candidates(Mode::failover), kFirst);
  paths[0].usable = paths[0].settled = false;
  EXPECT_EQ(candidates(Mode::failover), kSecond);
  paths[0].usable = true;
  EXPECT_EQ(candidates(Mode::failover), kSecond) << "it may go again at once";
  EXPECT_EQ(candidates(Mode::flow), kFirst) << "other modes do not wait";
  paths[0].settled = true;
  EXPECT_EQ(candidates(Mode::failover), kFirst);
  for (Selector::Path& path : paths) path.settled = false;
  EXPECT_EQ(candidates(Mode::failover), kFirst) << "where none has settled, one must do";
}

TEST_F(SelectorTest, OthersAreUsedWhenNoneOfABetterPriorityIsLeft) {
  paths[0].priority = 3;
  paths[1].priority = 2;
  paths[2].priority = 2;
  for (const Mode mode : {Mode::packet, Mode::flow, Mode::host}) {
    EXPECT_EQ(candidates(mode), kSecond | kThird);
    paths[1].usable = false;
    EXPECT_EQ(candidates(mode), kThird);
    paths[2].usable = false;
    EXPECT_EQ(candidates(mode), kFirst);
    paths[1].usable = paths[2].usable = true;
  }
}

TEST_F(SelectorTest, CostDecidesWithinAPriority) {
  paths[0].cost = 5;
  paths[1].cost = paths[2].cost = 1;
  EXPECT_EQ(candidates(Mode::flow), kSecond | kThird);
  EXPECT_EQ(candidates(Mode::host), kSecond | kThird);
  EXPECT_EQ(candidates(Mode::failover), kSecond);
  EXPECT_EQ(candidates(Mode::packet), kFirst | kSecond | kThird)
      << "for what the cheap cannot carry";
  EXPECT_EQ(selector.cheapest(kFirst | kThird), kThird);
  EXPECT_EQ(selector.cheapest(0), 0);
  paths[1].priority = paths[2].priority = 2;
  EXPECT_EQ(candidates(Mode::flow), kFirst) << "priority comes first";
}

TEST_F(SelectorTest, TheReserveIsForWhenNothingElseIsUpAndTheExhaustedForNothing) {
  paths[0].allowance = Allowance::reserve;
  paths[1].allowance = Allowance::exhausted;
  paths[2].priority = 9;
  for (const Mode mode : kModes) {
    EXPECT_EQ(candidates(mode), kThird) << to_string(mode);
    EXPECT_EQ(selector.permitted(0), kFirst | kThird) << "for resends";
    paths[2].usable = false;
    EXPECT_EQ(candidates(mode), kFirst) << to_string(mode);
    paths[0].usable = false;
    EXPECT_EQ(candidates(mode), 0) << to_string(mode);
    EXPECT_FALSE(selector.pick(selector.candidates(0), 7));
    paths[0].usable = paths[2].usable = true;
  }
}

TEST_F(SelectorTest, EachClassHasItsOwnPathsAndMode) {
  paths[0].classes = 0b001;
  paths[1].classes = 0b011;
  paths[2].classes = 0b110;
  selector.set_modes({Mode::packet, Mode::redundant, Mode::failover});
  update();
  EXPECT_EQ(selector.candidates(0), kFirst | kSecond);
  EXPECT_EQ(selector.candidates(1), kSecond | kThird);
  EXPECT_EQ(selector.candidates(2), kThird);
  paths[2].usable = false;
  EXPECT_TRUE(update());
  EXPECT_EQ(selector.candidates(2), 0) << "it waits rather than go where it may not";
  EXPECT_EQ(selector.permitted(2), 0);
}

TEST_F(SelectorTest, RedundantIgnoresPriorityAndCost) {
  paths[1].priority = 2;
  paths[2].cost = 50;
  paths[0].settled = false;
  EXPECT_EQ(candidates(Mode::redundant), kFirst | kSecond | kThird);
}

TEST_F(SelectorTest, OverStockPeersAFlowStaysOnOnePath) {
  selector.set_modes({Mode::packet, Mode::redundant, Mode::host, Mode::failover});
  update();
  EXPECT_TRUE(update(true));
  EXPECT_EQ(selector.effective(0), Mode::flow);
  EXPECT_EQ(selector.effective(1), Mode::flow);
  EXPECT_EQ(selector.effective(2), Mode::host);
  EXPECT_EQ(selector.effective(3), Mode::failover);
  EXPECT_EQ(selector.mode(1), Mode::redundant);
  paths[1].priority = 2;
  update(true);
  EXPECT_EQ(selector.candidates(1), kFirst | kThird) << "as in flow mode, priority counts";
}

TEST_F(SelectorTest, TellsWhyAPathIsPassedOver) {
  paths[1].cost = 3;
  paths[2].priority = 2;
  candidates(Mode::flow);
  EXPECT_EQ(selector.reason(0), PathReason::none);
  EXPECT_EQ(selector.reason(1), PathReason::costly);
  EXPECT_EQ(selector.reason(2), PathReason::standby);
  paths[0].allowance = Allowance::exhausted;
  candidates(Mode::flow);
  EXPECT_EQ(selector.reason(0), PathReason::quota);
  EXPECT_EQ(selector.reason(1), PathReason::none);
}

TEST_F(SelectorTest, TakesNoMoreClassesThanThereAre) {
  selector.set_modes(std::vector<Mode>(kMaxClasses + 5, Mode::flow));
  EXPECT_EQ(selector.classes(), kMaxClasses);
  selector.set_modes({});
  EXPECT_EQ(selector.classes(), 1u);
  update();
}

// Any set of paths: what must hold of the answer, whatever it is.
TEST_F(SelectorTest, TheRulesHoldForAnyPaths) {
  std::mt19937 random(11);
  for (int round = 0; round < 5000; ++round) {
    for (Selector::Path& path : paths) {
      path = {.usable = random() % 2 == 0,
              .settled = random() % 2 == 0,
              .priority = static_cast<uint8_t>(1 + random() % 3),
              .cost = static_cast<uint32_t>(random() % 3),
              .allowance = static_cast<Allowance>(random() % 3),
              .classes = static_cast<uint32_t>(random() % 4),
              .weight = static_cast<uint32_t>(random() % 3),
              .capacity = static_cast<double>(random() % 3)};
    }
    const Mode mode = kModes[random() % kModes.size()];
    const bool plain = random() % 2 == 0;
    selector.set_modes({Mode::packet, mode});
    selector.update(paths, plain);
    ASSERT_FALSE(selector.update(paths, plain)) << "nothing has changed";
    const PathMask chosen = selector.candidates(1);
    const PathMask permitted = selector.permitted(1);
    ASSERT_EQ(chosen & ~permitted, 0);
    ASSERT_EQ(chosen == 0, permitted == 0);
    bool ample = false;
    for (PathIndex i = 0; i < kMaxPaths; ++i) {
      const Selector::Path& path = paths[i];
      ASSERT_EQ(contains(permitted, i), path.usable && path.allowance != Allowance::exhausted &&
                                            (path.classes >> 1 & 1) != 0);
      ample = ample || (contains(permitted, i) && path.allowance == Allowance::ample);
    }
    for (PathIndex i = 0; i < kMaxPaths; ++i) {
      if (!contains(chosen, i)) continue;
      ASSERT_EQ(paths[i].allowance == Allowance::ample, ample);
      if (selector.effective(1) != Mode::redundant) {
        ASSERT_EQ(paths[i].priority, paths[first_of(chosen)].priority);
      }
    }
    if (mode == Mode::failover) {
      ASSERT_LE(std::popcount(chosen), 1);
    }
    const auto picked = selector.pick(chosen, random());
    ASSERT_EQ(picked.has_value(), chosen != 0) << "every path that may carry can be picked";
    if (picked) {
      ASSERT_TRUE(contains(chosen, *picked));
    }
  }
}

}  // namespace
}  // namespace wirebraid
