#include "bench/support/spread.h"

#include <gtest/gtest.h>

namespace wirebraid::bench {
namespace {

TEST(Spread, PercentilesLieBetweenNeighbours) {
  EXPECT_DOUBLE_EQ(median({}), 0);
  EXPECT_DOUBLE_EQ(median({7}), 7);
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(percentile({10, 20, 30, 40, 50}, 0), 10);
  EXPECT_DOUBLE_EQ(percentile({10, 20, 30, 40, 50}, 1), 50);
  EXPECT_DOUBLE_EQ(percentile({10, 20, 30, 40, 50}, 0.9), 46);
}

TEST(Spread, SpreadHasBothEnds) {
  const Spread all = spread({3, 9, 4});
  EXPECT_DOUBLE_EQ(all.median, 4);
  EXPECT_DOUBLE_EQ(all.least, 3);
  EXPECT_DOUBLE_EQ(all.most, 9);
}

TEST(Spread, IsShownWhereThereAreSeveral) {
  EXPECT_EQ(shown({61.94}, 1, "Mbit/s"), "61.9 Mbit/s");
  EXPECT_EQ(shown({62.4, 61.2, 61.94}, 1, "Mbit/s"), "61.9 (61.2 to 62.4) Mbit/s");
}

}  // namespace
}  // namespace wirebraid::bench
