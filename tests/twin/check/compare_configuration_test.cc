#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/check/good_village.h"
#include "twin/check/trials.h"

namespace wirebraid::check {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What is said of the house whose configuration was one and is the other.
Result compared(const std::string& before, const std::string& after) {
  Village old;
  Village now;
  old.facts[kHouse].configuration = before;
  now.facts[kHouse].configuration = after;
  return compare_configuration(old.topology, old.facts, now.facts).at(kHouse);
}

TEST(CompareConfiguration, IsAsItWas) {
  const Result result = compared("package system\n", "package system\n");
  EXPECT_EQ(result.check, "configuration");
  EXPECT_EQ(result.subject, "house");
  EXPECT_EQ(result.outcome, Outcome::passed);
  EXPECT_EQ(result.message, "as it was");
}

TEST(CompareConfiguration, ShowsTheLinesThatDiffer) {
  const Result result = compared("a\nb\nc\n", "a\nc\nd\n");
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.message, "not what it was before");
  EXPECT_EQ(result.evidence, "-b\n+d\n");
}

TEST(CompareConfiguration, CountsLinesThatAreThereMoreThanOnce) {
  const Result result = compared("config rule\nconfig rule\n", "config rule\n");
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.evidence, "-config rule\n-config rule\n");
}

TEST(CompareConfiguration, AnotherOrderIsAnotherConfiguration) {
  const Result result = compared("a\nb\n", "b\na\n");
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_THAT(result.evidence, IsEmpty());
}

TEST(CompareConfiguration, LeavesOutNodesThatDidNotAnswer) {
  Village before;
  Village after;
  before.facts[kExit].answered = false;
  after.facts[kHouse].answered = false;
  EXPECT_THAT(compare_configuration(before.topology, before.facts, after.facts), SizeIs(4));
}

}  // namespace
}  // namespace wirebraid::check
