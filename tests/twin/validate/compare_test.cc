#include "twin/validate/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::validate {
namespace {

using check::Outcome;
using check::Result;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Result measured(const std::string& check, const std::string& subject,
                const std::map<std::string, double>& figures) {
  Result result{.check = check, .subject = subject, .outcome = Outcome::passed, .message = "ok"};
  result.figures = figures;
  return result;
}

/// What is said of a figure that was one and is the other.
Comparison compared(const std::string& figure, double before, double after) {
  return compare({measured("check", "node", {{figure, before}})},
                 {measured("check", "node", {{figure, after}})})
      .at(0);
}

TEST(Compare, HasBothFiguresWithWhatTheyAreOf) {
  const Comparison comparison = compared("rate_mbit", 10, 9);
  EXPECT_EQ(comparison.check, "check");
  EXPECT_EQ(comparison.subject, "node");
  EXPECT_EQ(comparison.figure, "rate_mbit");
  EXPECT_EQ(comparison.before, 10);
  EXPECT_EQ(comparison.after, 9);
  EXPECT_EQ(comparison.outcome, Outcome::passed);
  EXPECT_THAT(comparison.message, IsEmpty());
}

TEST(Compare, SaysWhatWouldHaveBeenEnough) {
  EXPECT_EQ(compared("rate_mbit", 10, 5).message,
            "5.0 after the upgrade and 10.0 before it; 8.0 would be enough");
  EXPECT_EQ(compared("rtt_ms", 10, 100).message,
            "100.0 after the upgrade and 10.0 before it; 35.0 would be good enough");
}

TEST(Compare, MoreThanChanceIsWorse) {
  struct Limit {
    const char* figure;
    double before;
    double good;
    double bad;
  };
  for (const Limit& each : {Limit{"rate_mbit", 10, 8.01, 7.99}, Limit{"rtt_ms", 10, 34.9, 35.1},
                            Limit{"exit_rtt_ms", 10, 54.9, 55.1}, Limit{"gap_ms", 100, 499, 501},
                            Limit{"restart_s", 10, 39.9, 40.1}, Limit{"detour_s", 10, 39.9, 40.1},
                            Limit{"available_mib", 50, 20.1, 19.9}}) {
    EXPECT_EQ(compared(each.figure, each.before, each.good).outcome, Outcome::passed)
        << each.figure;
    EXPECT_EQ(compared(each.figure, each.before, each.bad).outcome, Outcome::failed) << each.figure;
  }
}

TEST(Compare, BetterIsNeverWorse) {
  EXPECT_EQ(compared("rate_mbit", 10, 1000).outcome, Outcome::passed);
  for (const char* figure : {"rtt_ms", "exit_rtt_ms", "gap_ms", "restart_s", "detour_s"}) {
    EXPECT_EQ(compared(figure, 1000, 0).outcome, Outcome::passed) << figure;
  }
}

TEST(Compare, AFigureThatNobodyKnowsIsOnlyShown) {
  EXPECT_EQ(compared("wonders", 1, 1000).outcome, Outcome::passed);
}

TEST(Compare, OnlyWhatBothHave) {
  const auto comparisons = compare(
      {measured("ping", "a -> b", {{"rtt_ms", 1}}), measured("ping", "a -> c", {{"rtt_ms", 1}}),
       measured("memory", "a", {{"available_mib", 10}, {"other", 1}})},
      {measured("ping", "a -> b", {{"rtt_ms", 2}}), measured("ping", "a -> d", {{"rtt_ms", 1}}),
       measured("memory", "a", {{"available_mib", 11}}),
       measured("ping", "a", {{"available_mib", 11}})});
  ASSERT_THAT(comparisons, SizeIs(2));
  EXPECT_EQ(comparisons[0].subject, "a -> b");
  EXPECT_EQ(comparisons[0].after, 2);
  EXPECT_EQ(comparisons[1].figure, "available_mib");
  EXPECT_THAT(compare({}, {}), IsEmpty());
}

}  // namespace
}  // namespace wirebraid::validate
