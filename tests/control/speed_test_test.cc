#include "control/speed_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::control {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

constexpr Time kStart{std::chrono::hours(1)};

TEST(SpeedTest, CountsAfterWarmingUpWhatArrived) {
  SpeedTest test(Direction::receive, {"dsl", "lte"}, 6s, kStart);
  // Slowly at first; then 1 MB and 250 kB a second.
  uint64_t dsl = 5000;
  uint64_t lte = 7000;
  for (Time now = kStart; !test.finished(now); now += 250ms) {
    test.sample(std::vector<uint64_t>{dsl, lte}, now);
    dsl += now < kStart + 2s ? 1000 : 250'000;
    lte += now < kStart + 2s ? 1000 : 62'500;
  }
  EXPECT_THAT(test.rates(), ElementsAre(Optional(8'000'000), Optional(2'000'000)));
}

TEST(SpeedTest, KnowsNothingWhereNothingWasHeard) {
  SpeedTest test(Direction::send, {"dsl", "lte"}, 3s, kStart);
  EXPECT_THAT(test.rates(), ElementsAre(std::nullopt, std::nullopt));
  for (Time now = kStart; !test.finished(now); now += 250ms) {
    test.sample(std::vector<uint64_t>{0, 4000}, now);
  }
  EXPECT_THAT(test.rates(), ElementsAre(std::nullopt, Optional(0)));
}

TEST(SpeedTest, AFarSideThatCountsAnewDoesNotMatter) {
  SpeedTest test(Direction::send, {"dsl"}, 6s, kStart);
  uint64_t bytes = 1'000'000'000;
  for (Time now = kStart; !test.finished(now); now += 250ms) {
    if (now == kStart + 4s) bytes = 1000;
    test.sample(std::vector<uint64_t>{bytes}, now);
    bytes += 250'000;
  }
  EXPECT_THAT(test.rates(), ElementsAre(Optional(8'000'000)));
}

TEST(SpeedTest, SaysWhatIsLeft) {
  const SpeedTest test(Direction::send, {"dsl"}, 6s, kStart);
  EXPECT_EQ(test.left(kStart + 2s), 4s);
  EXPECT_EQ(test.left(kStart + 9s), 0s);
  EXPECT_FALSE(test.finished(kStart + 5s));
  EXPECT_TRUE(test.finished(kStart + 6s));
}

}  // namespace
}  // namespace wirebraid::control
