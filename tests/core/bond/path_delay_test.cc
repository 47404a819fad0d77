#include "core/bond/path_delay.h"

#include <gtest/gtest.h>

#include <concepts>
#include <random>

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kBase = -5'000'000;  // clocks differ by more than any delay

class PathDelayTest : public ::testing::Test {
 protected:
  /// Delays of `make(i)` microseconds above kBase, one each 5 ms.
  template <std::invocable<int> Make>
  void feed(int count, Make make) {
    for (int i = 0; i < count; ++i) {
      now += 5ms;
      delay.add(kBase + make(i), now);
    }
  }
  void feed(int count, int64_t value) {
    feed(count, [value](int) { return value; });
  }

  PathDelay delay;
  Time now{1000s};
};

TEST_F(PathDelayTest, NothingIsKnownAtFirst) {
  EXPECT_FALSE(delay.known());
  EXPECT_EQ(delay.queue(now), 0us);
  feed(1, 20'000);
  EXPECT_TRUE(delay.known());
  EXPECT_EQ(delay.usual(now), kBase + 20'000);
  delay.reset();
  EXPECT_FALSE(delay.known());
}

TEST_F(PathDelayTest, ADelayThatStandsIsAQueue) {
  feed(100, 20'000);
  EXPECT_EQ(delay.queue(now), 0us);
  feed(20, 50'000);
  EXPECT_EQ(delay.standing(now), 30ms);
  EXPECT_EQ(delay.queue(now), 30ms);
  EXPECT_NEAR(static_cast<double>(delay.usual(now) - kBase), 50'000, 500);
  feed(1, 20'000);
  EXPECT_EQ(delay.queue(now), 0us) << "once down, nothing stands there";
}

TEST_F(PathDelayTest, ASingleLateOneIsNoQueue) {
  feed(100, 20'000);
  feed(1, 80'000);
  EXPECT_EQ(delay.queue(now), 0us);
}

TEST_F(PathDelayTest, JitterIsNoQueueAndAQueueAboveItIs) {
  std::mt19937 random(3);
  const auto jitter = [&](int) { return static_cast<int64_t>(random() % 25'000); };
  feed(400, jitter);
  int mistaken = 0;
  for (int i = 0; i < 1000; ++i) {
    feed(1, jitter);
    if (delay.queue(now) > 0us) ++mistaken;
  }
  EXPECT_LT(mistaken, 30) << "of 1000: ten samples in a row may all be late";
  EXPECT_GT(delay.noise(), 2ms);
  EXPECT_GT(delay.deviation(), 2ms);
  feed(40, [&](int i) { return 60'000 + jitter(i); });
  EXPECT_GT(delay.queue(now), 55ms);
}

TEST_F(PathDelayTest, ASteadilyGrowingQueueIsNoNoise) {
  feed(100, 20'000);
  feed(60, [](int i) { return 20'000 + 2'000 * i; });
  EXPECT_LT(delay.noise(), 500us);
  EXPECT_GT(delay.queue(now), 80ms);
}

TEST_F(PathDelayTest, WithoutNewsAQueueIsTakenToDrain) {
  feed(100, 20'000);
  feed(40, 50'000);
  const int64_t full = delay.usual(now);
  EXPECT_NEAR(static_cast<double>(delay.usual(now + 10ms)), static_cast<double>(full - 10'000), 1);
  EXPECT_GE(delay.usual(now + 10s), kBase + 20'000) << "and never below the floor";
  EXPECT_LT(delay.usual(now + 10s), kBase + 24'000);
}

TEST_F(PathDelayTest, TheFloorFollowsALongerWayInTwoPeriods) {
  feed(100, 20'000);
  const int period = static_cast<int>(PathDelay::kFloorPeriod / 5ms);
  feed(period, 60'000);
  EXPECT_EQ(delay.standing(now), 40ms) << "the period before counts";
  feed(2 * period, 60'000);
  EXPECT_EQ(delay.standing(now), 0us);
}

TEST_F(PathDelayTest, AShorterWayIsBelievedAtOnce) {
  feed(100, 60'000);
  feed(1, 20'000);
  EXPECT_EQ(delay.standing(now), 0us);
  feed(20, 60'000);
  EXPECT_EQ(delay.standing(now), 40ms);
}

TEST_F(PathDelayTest, ARaisedFloorIsTheNewZero) {
  const int period = static_cast<int>(PathDelay::kFloorPeriod / 5ms);
  feed(period / 2, 20'000);
  feed(period, 60'000);
  delay.raise_floor(now);
  EXPECT_EQ(delay.queue(now), 0us);
  feed(40, 90'000);
  EXPECT_EQ(delay.queue(now), 30ms);
}

}  // namespace
}  // namespace wirebraid
