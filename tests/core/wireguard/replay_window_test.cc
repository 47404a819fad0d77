#include "core/wireguard/replay_window.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace wirebraid::wireguard {
namespace {

/// All counters ever seen.
struct Naive {
  std::set<uint64_t> seen;
  bool accept(uint64_t counter) {
    if (!seen.empty() && *seen.rbegin() >= counter &&
        *seen.rbegin() - counter >= ReplayWindow::kSize) {
      return false;
    }
    return seen.insert(counter).second;
  }
};

TEST(ReplayWindow, EdgesAsInTheModel) {
  // From every offset within a word, every jump around the window's and the ring's sizes.
  for (uint64_t start = 0; start < 130; ++start) {
    for (const uint64_t jump : {1ULL, 63ULL, 64ULL, 65ULL, 8127ULL, 8128ULL, 8129ULL, 8191ULL,
                                8192ULL, 8193ULL, 100000ULL}) {
      ReplayWindow window;
      Naive model;
      for (const uint64_t counter :
           {start, start + jump, start, start + jump, start + jump - 1, start + 1, start + 2,
            start + jump - std::min<uint64_t>(jump, 8127), start + jump + 8128, start + jump + 8129,
            start + jump + 1, start + jump + 2, start + jump}) {
        ASSERT_EQ(window.accept(counter), model.accept(counter))
            << start << " " << jump << " " << counter;
      }
    }
  }
}

TEST(ReplayWindow, RandomWalkAsInTheModel) {
  std::mt19937_64 random(7);
  for (const uint64_t spread : {10ULL, 200ULL, 8128ULL, 9000ULL, 40000ULL}) {
    ReplayWindow window;
    Naive model;
    uint64_t base = 0;
    for (int i = 0; i < 40000; ++i) {
      base += random() % 3;
      const uint64_t counter = base + random() % spread;
      ASSERT_EQ(window.accept(counter), model.accept(counter)) << spread << " " << i;
    }
  }
}

TEST(ReplayWindow, WholeRangeOfCounters) {
  ReplayWindow window;
  EXPECT_TRUE(window.accept(0));
  EXPECT_FALSE(window.accept(0));
  EXPECT_TRUE(window.accept(UINT64_MAX - (1 << 13) - 1));
  EXPECT_FALSE(window.accept(UINT64_MAX - (1 << 13) - 1));
  EXPECT_FALSE(window.accept(0));
}

}  // namespace
}  // namespace wirebraid::wireguard
