#include "web/login_limiter.h"

#include <gtest/gtest.h>

namespace wirebraid::web {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Limiter : public ::testing::Test {
 protected:
  void fail(const std::string& address, unsigned times) {
    for (unsigned i = 0; i < times; ++i) limiter.failed(address, now);
  }
  LoginLimits limits;
  LoginLimiter limiter;
  Time now{hours(100)};
};

TEST_F(Limiter, DoublesAfterAFewMistakes) {
  fail("a", 4);
  EXPECT_EQ(limiter.wait("a", now), Duration::zero()) << "anybody mistypes";
  for (const int expected : {1, 2, 4, 8, 16}) {
    fail("a", 1);
    EXPECT_EQ(limiter.wait("a", now), seconds(expected));
    EXPECT_EQ(limiter.wait("a", now + seconds(expected) - Duration(1)), Duration(1));
    EXPECT_EQ(limiter.wait("a", now + seconds(expected)), Duration::zero());
  }
  fail("a", 100);
  EXPECT_EQ(limiter.wait("a", now), seconds(900)) << "and no longer";
  EXPECT_EQ(limiter.wait("a", now + hours(1)), Duration::zero());
}

TEST_F(Limiter, OthersAreNotHeldUpByOne) {
  fail("a", 20);
  EXPECT_EQ(limiter.wait("b", now), Duration::zero());
}

TEST_F(Limiter, SuccessForgives) {
  fail("a", 10);
  limiter.succeeded("a", now);
  EXPECT_EQ(limiter.wait("a", now), Duration::zero());
  EXPECT_EQ(limiter.size(), 0u);
}

TEST_F(Limiter, ManyAddressesTogetherAreSlowedButNotKnownOnes) {
  limiter.succeeded("home", now);
  for (int i = 0; i < 60; ++i) limiter.failed("bot" + std::to_string(i), now);
  EXPECT_EQ(limiter.wait("another", now), seconds(8));
  EXPECT_EQ(limiter.wait("home", now), Duration::zero());
}

TEST_F(Limiter, RemembersABoundedNumber) {
  fail("worst", 30);
  for (int i = 0; i < 5000; ++i) {
    now += std::chrono::milliseconds(1);
    limiter.failed(std::to_string(i), now);
  }
  EXPECT_LE(limiter.size(), limits.addresses);
  for (int i = 0; i < 5000; ++i) limiter.succeeded(std::to_string(i), now);
  EXPECT_LE(limiter.size(), limits.addresses);
}

TEST_F(Limiter, StartsAnewAfterAnHour) {
  fail("a", 10);
  now += hours(1);
  fail("a", 1);
  EXPECT_EQ(limiter.wait("a", now), Duration::zero());
}

}  // namespace
}  // namespace wirebraid::web
