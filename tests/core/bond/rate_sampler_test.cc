#include "core/bond/rate_sampler.h"

#include <gtest/gtest.h>

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

/// Marks of a sender and a receiver whose clock is about to wrap.
class RateSamplerTest : public ::testing::Test {
 protected:
  /// Lets `after` pass at both ends, in which `fed` bytes were sent and `delivered` came.
  std::optional<RateSampler::Sample> pass(Duration after, uint64_t fed, uint64_t delivered,
                                          Duration window) {
    mark.sent += after;
    mark.received_at += static_cast<uint32_t>(after.count());
    mark.fed += fed;
    mark.delivered += delivered;
    return sampler.add(mark, window);
  }

  RateSampler sampler;
  RateSampler::Mark mark{.received_at = UINT32_MAX - 20'000, .sent = Time{1000s}};
};

TEST_F(RateSamplerTest, NothingIsKnownBeforeAWindowHasPassed) {
  EXPECT_FALSE(pass(0us, 0, 0, 30ms));
  EXPECT_FALSE(pass(10ms, 10'000, 10'000, 30ms));
  EXPECT_FALSE(pass(19ms, 10'000, 10'000, 30ms));
  EXPECT_TRUE(pass(1ms, 10'000, 10'000, 30ms));
}

TEST_F(RateSamplerTest, ARateIsWhatCameByTheReceiversClock) {
  pass(0us, 0, 0, 20ms);
  std::optional<RateSampler::Sample> sample;
  for (int i = 0; i < 20; ++i) sample = pass(5ms, 10'000, 8'000, 20ms);
  ASSERT_TRUE(sample);
  EXPECT_NEAR(sample->fed, 2e6, 1);
  EXPECT_NEAR(sample->delivered, 1.6e6, 1);
  EXPECT_NEAR(sample->loss, 0.2, 1e-9);
  EXPECT_EQ(sample->since, mark.sent - 20ms);
}

TEST_F(RateSamplerTest, EachEndHasItsOwnClock) {
  pass(0us, 0, 0, 10ms);
  mark.received_at += 30'000;  // a queue has grown meanwhile
  const auto sample = pass(10ms, 40'000, 40'000, 10ms);
  ASSERT_TRUE(sample);
  EXPECT_NEAR(sample->fed, 4e6, 1);
  EXPECT_NEAR(sample->delivered, 1e6, 1);
}

TEST_F(RateSamplerTest, AChangeShowsAfterAWindow) {
  pass(0us, 0, 0, 20ms);
  for (int i = 0; i < 50; ++i) pass(4ms, 8'000, 8'000, 20ms);
  std::optional<RateSampler::Sample> sample;
  for (int i = 0; i < 5; ++i) sample = pass(4ms, 800, 800, 20ms);
  ASSERT_TRUE(sample);
  EXPECT_NEAR(sample->delivered, 200'000, 1) << "nothing older is in it";
}

TEST_F(RateSamplerTest, ALongSilenceBeginsAnew) {
  pass(0us, 0, 0, 20ms);
  ASSERT_TRUE(pass(20ms, 1'000, 1'000, 20ms));
  EXPECT_FALSE(pass(1'100ms, 1'000, 1'000, 20ms));
  EXPECT_FALSE(pass(10ms, 1'000, 1'000, 20ms));
  EXPECT_TRUE(pass(10ms, 1'000, 1'000, 20ms));
}

TEST_F(RateSamplerTest, MoreThanWasFedIsNoNegativeLoss) {
  pass(0us, 0, 0, 20ms);
  const auto sample = pass(20ms, 1'000, 3'000, 20ms);  // stragglers of before
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->loss, 0.0);
  const auto idle = pass(20ms, 0, 0, 20ms);
  ASSERT_TRUE(idle);
  EXPECT_EQ(idle->loss, 0.0);
}

TEST_F(RateSamplerTest, ResetForgets) {
  pass(0us, 0, 0, 20ms);
  pass(20ms, 1'000, 1'000, 20ms);
  sampler.reset();
  EXPECT_FALSE(pass(20ms, 1'000, 1'000, 20ms));
}

// The window follows the jitter, which may be anything.
TEST_F(RateSamplerTest, AnyWindowGivesSamplesHoweverDenseTheMarks) {
  for (const Duration spacing : {Duration(100us), Duration(3ms), Duration(25ms)}) {
    std::optional<RateSampler::Sample> sample;
    const auto bytes = static_cast<uint64_t>(spacing.count());
    for (Duration passed{}; passed < 2s; passed += spacing)
      sample = pass(spacing, bytes, bytes, 10s);
    ASSERT_TRUE(sample);
    EXPECT_NEAR(sample->delivered, 1e6, 1);
    EXPECT_NEAR(std::chrono::duration<double>(mark.sent - sample->since).count(), 0.5, 0.03);
    sampler.reset();
  }
}

}  // namespace
}  // namespace wirebraid
