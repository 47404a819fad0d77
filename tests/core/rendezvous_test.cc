#include "core/rendezvous.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace wirebraid {
namespace {

using Candidates = std::vector<RendezvousCandidate>;

constexpr int kKeys = 200'000;
constexpr uint64_t kSeed = 20261125;

/// How many of kKeys keys each candidate gets.
template <class NextKey>
std::vector<int> count(const Candidates& candidates, NextKey next_key) {
  std::vector<int> counts(candidates.size());
  for (int i = 0; i < kKeys; ++i) ++counts[*rendezvous_pick(next_key(), candidates)];
  return counts;
}

/// Five standard deviations of a binomial count around the share that the weight gives.
void expect_shares(const Candidates& candidates, const std::vector<int>& counts) {
  double total = 0;
  for (const auto& candidate : candidates) total += candidate.weight;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const double share = candidates[i].weight / total;
    const double tolerance = 5 * std::sqrt(kKeys * share * (1 - share)) + 1;
    EXPECT_NEAR(counts[i], kKeys * share, tolerance) << "candidate " << i;
  }
}

const std::vector<Candidates> kSets = {
    {{1, 1}, {2, 1}},
    {{0, 50e6}, {1, 20e6}, {2, 300e6}},
    {{7, 1}, {8, 1000}},
    {{0xdeadbeef00000000, 3}, {0xdeadbeef00000001, 2}, {1, 1}, {2, 0.5}},
    [] {
      Candidates sixteen;
      for (uint64_t i = 0; i < 16; ++i) sixteen.push_back({i << 32, static_cast<double>(i + 1)});
      return sixteen;
    }(),
};

TEST(Rendezvous, SharesFollowTheWeights) {
  for (const auto& candidates : kSets) {
    std::mt19937_64 random{kSeed};
    expect_shares(candidates, count(candidates, [&] { return random(); }));
    // Poor keys: consecutive ones, and ones that differ in the upper bits only.
    uint64_t key = 0;
    expect_shares(candidates, count(candidates, [&] { return key++; }));
    expect_shares(candidates, count(candidates, [&] { return key++ << 40; }));
  }
}

TEST(Rendezvous, OneThatGoesTakesOnlyItsOwnKeysAlong) {
  for (const auto& candidates : kSets) {
    for (size_t gone = 0; gone < candidates.size(); ++gone) {
      Candidates rest = candidates;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(gone));
      std::mt19937_64 random{kSeed};
      for (int i = 0; i < kKeys / 20; ++i) {
        const uint64_t key = random();
        const size_t before = *rendezvous_pick(key, candidates);
        if (before == gone) continue;
        const size_t after = *rendezvous_pick(key, rest);
        ASSERT_EQ(candidates[before].identity, rest[after].identity);
      }
    }
  }
}

TEST(Rendezvous, ItsKeysAreSharedOutByWeight) {
  const Candidates all = {{1, 10}, {2, 3}, {3, 1}};
  const Candidates rest = {{2, 3}, {3, 1}};
  std::mt19937_64 random{kSeed};
  expect_shares(rest, count(rest, [&] {
                  uint64_t key = random();
                  while (*rendezvous_pick(key, all) != 0) key = random();
                  return key;
                }));
}

TEST(Rendezvous, AWeightThatGrowsMovesKeysOnlyToItsCandidate) {
  for (const auto& candidates : kSets) {
    for (size_t grown = 0; grown < candidates.size(); ++grown) {
      Candidates after = candidates;
      after[grown].weight *= 1.3;
      std::mt19937_64 random{kSeed};
      int moved = 0;
      for (int i = 0; i < kKeys / 20; ++i) {
        const uint64_t key = random();
        const size_t old_pick = *rendezvous_pick(key, candidates);
        const size_t new_pick = *rendezvous_pick(key, after);
        if (old_pick == new_pick) continue;
        ASSERT_EQ(new_pick, grown);
        ++moved;
      }
      EXPECT_GT(moved, 0) << "candidate " << grown;
    }
  }
}

TEST(Rendezvous, OrderDoesNotMatter) {
  std::mt19937_64 random{kSeed};
  for (Candidates candidates : kSets) {
    Candidates shuffled = candidates;
    for (int i = 0; i < 2000; ++i) {
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      const uint64_t key = random();
      ASSERT_EQ(candidates[*rendezvous_pick(key, candidates)].identity,
                shuffled[*rendezvous_pick(key, shuffled)].identity);
    }
  }
}

TEST(Rendezvous, OnlyWeightsAboveZeroAreCandidates) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(rendezvous_pick(1, {}));
  EXPECT_FALSE(rendezvous_pick(1, Candidates{{1, 0}, {2, -1}, {3, nan}}));
  for (uint64_t key = 0; key < 1000; ++key)
    ASSERT_EQ(rendezvous_pick(key, Candidates{{1, 0}, {2, -5}, {3, 1e-9}, {4, nan}}), 2u);
}

// mix_bits() is a bijection, so the key of any wanted draw can be found by undoing it: the two ends
// of the range, where a logarithm of 0 or a clock at 0 would show.
TEST(Rendezvous, TheExtremesOfADrawAreFinite) {
  static_assert((static_cast<double>(UINT64_MAX >> 12) + 0.5) * 0x1p-52 < 1);
  const auto unshift = [](uint64_t x, int by) {
    uint64_t result = x;
    for (int i = 0; i < 64 / by + 1; ++i) result = x ^ (result >> by);
    return result;
  };
  const auto inverse = [](uint64_t odd) {
    uint64_t result = odd;
    for (int i = 0; i < 6; ++i) result *= 2 - odd * result;  // Newton, doubling the right bits
    return result;
  };
  const auto unmix = [&](uint64_t x) {
    x = unshift(x, 31) * inverse(0x94d049bb133111eb);
    x = unshift(x, 27) * inverse(0xbf58476d1ce4e5b9);
    return unshift(x, 30);
  };
  ASSERT_EQ(mix_bits(unmix(0x123456789abcdef0)), 0x123456789abcdef0u);
  const Candidates two = {{1, 1}, {2, 1}};
  const uint64_t worst = unmix(0) ^ mix_bits(two[0].identity + 1);
  const uint64_t best = unmix(UINT64_MAX) ^ mix_bits(two[0].identity + 1);
  EXPECT_EQ(rendezvous_pick(worst, two), 1u);
  EXPECT_EQ(rendezvous_pick(best, two), 0u);
  EXPECT_EQ(rendezvous_pick(worst, std::span(two).first(1)), 0u);
}

}  // namespace
}  // namespace wirebraid
