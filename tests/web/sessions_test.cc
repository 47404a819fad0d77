#include "web/sessions.h"

#include <gtest/gtest.h>

#include "tests/support/fake_platform.h"

namespace wirebraid::web {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class SessionsTest : public ::testing::Test {
 protected:
  testing::FakePlatform platform;
  Sessions sessions{platform};
  Time now{hours(100)};
};

TEST_F(SessionsTest, KnowsItsTokens) {
  const auto one = sessions.open(now);
  const auto two = sessions.open(now);
  EXPECT_EQ(one.token.size(), 64u) << "256 bits";
  EXPECT_NE(one.token, two.token);
  EXPECT_NE(one.token, one.csrf);
  const auto found = sessions.use(one.token, now);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->csrf, one.csrf);
  EXPECT_EQ(found->id.find(one.token), std::string::npos);
  EXPECT_FALSE(sessions.use("", now));
  EXPECT_FALSE(sessions.use(std::string(64, '0'), now));
  EXPECT_FALSE(sessions.use(found->id, now)) << "an id is no token";
}

TEST_F(SessionsTest, EndsWhenUnused) {
  const auto opened = sessions.open(now);
  for (int i = 0; i < 3; ++i) {
    now += minutes(29);
    EXPECT_TRUE(sessions.use(opened.token, now));
  }
  now += minutes(30);
  EXPECT_FALSE(sessions.use(opened.token, now));
  EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(SessionsTest, EndsAfterAllHoweverMuchItIsUsed) {
  const auto opened = sessions.open(now);
  const auto end = now + hours(12);
  for (; now < end; now += minutes(10)) EXPECT_TRUE(sessions.use(opened.token, now));
  EXPECT_FALSE(sessions.use(opened.token, now));
}

TEST_F(SessionsTest, AnOpenPageKeepsItAlive) {
  const auto opened = sessions.open(now);
  const std::string id = sessions.use(opened.token, now)->id;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(sessions.keep_alive(id, now += minutes(20)));
  EXPECT_TRUE(sessions.use(opened.token, now));
  EXPECT_FALSE(sessions.keep_alive("another", now));
}

TEST_F(SessionsTest, LoggingOutEndsIt) {
  const auto opened = sessions.open(now);
  const auto other = sessions.open(now);
  sessions.close(sessions.use(opened.token, now)->id);
  EXPECT_FALSE(sessions.use(opened.token, now));
  EXPECT_TRUE(sessions.use(other.token, now));
}

TEST_F(SessionsTest, TheLeastUsedMakesRoom) {
  const auto first = sessions.open(now);
  const auto second = sessions.open(now += minutes(1));
  sessions.use(first.token, now += minutes(1));
  for (int i = 0; i < 31; ++i) sessions.open(now += std::chrono::seconds(1));
  EXPECT_EQ(sessions.size(), 32u);
  EXPECT_TRUE(sessions.use(first.token, now));
  EXPECT_FALSE(sessions.use(second.token, now));
}

TEST(SameSecret, ComparesAll) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("", "")) << "no secret is not a secret";
}

}  // namespace
}  // namespace wirebraid::web
