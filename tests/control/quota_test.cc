#include "control/quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/state_file.h"
#include "tests/control/temporary_directory.h"

namespace wirebraid::control {
namespace {

using ::testing::HasSubstr;
using wirebraid::testing::TemporaryDirectory;

Date date(int year, unsigned month, unsigned day) {
  return {std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
}

TEST(QuotaCalendar, APeriodStartsOnItsDay) {
  EXPECT_EQ(period_start(date(2026, 11, 25), 1), date(2026, 11, 1));
  EXPECT_EQ(period_start(date(2026, 11, 25), 25), date(2026, 11, 25));
  EXPECT_EQ(period_start(date(2026, 11, 24), 25), date(2026, 10, 25));
  EXPECT_EQ(period_start(date(2026, 1, 1), 2), date(2025, 12, 2));
  EXPECT_EQ(period_start(date(2028, 2, 29), 28), date(2028, 2, 28));
  EXPECT_EQ(period_start(date(2027, 3, 1), 28), date(2027, 2, 28));
  EXPECT_EQ(next_period(date(2026, 12, 28)), date(2027, 1, 28));
  EXPECT_EQ(to_string(date(2026, 2, 3)), "2026-02-03");
}

// Every day of a leap year and of another lies in the period that starts at or before it.
TEST(QuotaCalendar, EveryDayHasOnePeriod) {
  for (int first = 1; first <= 28; ++first) {
    for (std::chrono::sys_days day = date(2027, 1, 1);
         day < std::chrono::sys_days(date(2029, 1, 1)); day += std::chrono::days(1)) {
      const Date start = period_start(day, static_cast<uint8_t>(first));
      ASSERT_LE(std::chrono::sys_days(start), day);
      ASSERT_GT(std::chrono::sys_days(next_period(start)), day);
      ASSERT_EQ(static_cast<unsigned>(start.day()), static_cast<unsigned>(first));
    }
  }
}

class QuotaTest : public ::testing::Test {
 protected:
  static constexpr QuotaTerms kTerms{1000, 100, 1};
  Quota quota{kTerms, std::nullopt, date(2026, 11, 10)};
  Date today = date(2026, 11, 10);
};

TEST_F(QuotaTest, GoesFromAmpleToTheReserveToNothing) {
  EXPECT_EQ(quota.allowance(), Allowance::ample);
  for (int i = 0; i < 89; ++i) quota.count(10, today);
  EXPECT_EQ(quota.allowance(), Allowance::ample);
  quota.count(10, today);
  EXPECT_EQ(quota.used(), 900u);
  EXPECT_EQ(quota.allowance(), Allowance::reserve);
  for (int i = 0; i < 8; ++i) quota.count(10, today);
  EXPECT_EQ(quota.allowance(), Allowance::reserve);
  EXPECT_EQ(quota.used(), 980u);
  // One more tick like this, and it would be reached.
  quota.count(10, today);
  EXPECT_EQ(quota.allowance(), Allowance::exhausted);
}

// Whatever the rate, as long as it does not rise, the quota is not exceeded.
TEST_F(QuotaTest, IsNeverExceededAtASteadyRate) {
  for (uint64_t rate = 1; rate <= 1000; ++rate) {
    Quota steady(kTerms, std::nullopt, today);
    steady.count(0, today);
    while (steady.allowance() != Allowance::exhausted) steady.count(rate, today);
    EXPECT_LE(steady.used(), 1000u) << rate;
  }
}

// What keeps the session alive must not bring it back.
TEST_F(QuotaTest, StaysExhaustedUntilTheNextPeriod) {
  quota.count(600, today);
  ASSERT_EQ(quota.allowance(), Allowance::exhausted);
  for (int i = 0; i < 1000; ++i) quota.count(0, date(2026, 11, 30));
  EXPECT_EQ(quota.allowance(), Allowance::exhausted);
  quota.count(7, date(2026, 12, 1));
  EXPECT_EQ(quota.used(), 7u);
  EXPECT_EQ(quota.next_reset(), date(2027, 1, 1));
}

TEST_F(QuotaTest, APeakIsForgotten) {
  quota.count(400, today);
  EXPECT_EQ(quota.allowance(), Allowance::ample);
  for (int i = 0; i < 60; ++i) quota.count(0, today);
  quota.count(450, today);
  EXPECT_EQ(quota.allowance(), Allowance::exhausted);
  Quota slow(kTerms, std::nullopt, today);
  slow.count(400, today);
  for (int i = 0; i < 60; ++i) slow.count(0, today);
  for (int i = 0; i < 45; ++i) slow.count(10, today);
  EXPECT_EQ(slow.allowance(), Allowance::ample);
}

TEST_F(QuotaTest, GoesOnAfterARestart) {
  quota.count(300, today);
  Quota next(kTerms, quota.record(), date(2026, 11, 20));
  EXPECT_EQ(next.used(), 300u);
  const Quota later(kTerms, quota.record(), date(2026, 12, 1));
  EXPECT_EQ(later.used(), 0u);
  const Quota much_later(kTerms, quota.record(), date(2028, 12, 1));
  EXPECT_EQ(much_later.used(), 0u);
}

// A router without a battery starts in the past until it has asked a time server.
TEST_F(QuotaTest, AClockThatIsBehindChangesNothing) {
  quota.count(300, today);
  Quota booted(kTerms, quota.record(), date(1970, 1, 1));
  booted.count(10, date(1970, 1, 1));
  booted.count(10, today);
  EXPECT_EQ(booted.used(), 320u);
  EXPECT_EQ(booted.next_reset(), date(2026, 12, 1));
}

TEST_F(QuotaTest, AClockThatWasAheadForgetsNothing) {
  quota.count(300, today);
  quota.count(10, date(2037, 5, 5));
  EXPECT_EQ(quota.used(), 10u);
  quota.count(10, today);
  EXPECT_EQ(quota.used(), 320u);
  EXPECT_EQ(quota.next_reset(), date(2026, 12, 1));
  // Around midnight between two periods, back and forth.
  for (int i = 0; i < 3; ++i) {
    quota.count(1, date(2026, 12, 1));
    EXPECT_EQ(quota.used(), 1u);
    quota.count(1, date(2026, 11, 30));
    EXPECT_EQ(quota.used(), 322u + 2 * static_cast<unsigned>(i));
  }
}

TEST_F(QuotaTest, OtherTermsKeepWhatWasUsed) {
  quota.count(500, today);
  EXPECT_EQ(quota.allowance(), Allowance::exhausted) << "one more like it";
  quota.set_terms({10'000, 9'600, 1}, today);
  EXPECT_EQ(quota.allowance(), Allowance::reserve);
  quota.set_terms({10'000, 0, 20}, today);
  EXPECT_EQ(quota.allowance(), Allowance::ample);
  EXPECT_EQ(quota.used(), 500u);
  EXPECT_EQ(quota.next_reset(), date(2026, 11, 20));
  quota.count(1, date(2026, 11, 20));
  EXPECT_EQ(quota.used(), 1u);
}

TEST(StateFile, KeepsWhatWasSaved) {
  const TemporaryDirectory directory;
  const StateFile file(directory.path() + "/new/deep", "wb0");
  EXPECT_EQ(file.path(), directory.path() + "/new/deep/wb0.json");
  EXPECT_TRUE(file.load().records.empty());
  EXPECT_EQ(file.load().problem, "");
  QuotaRecords records;
  records["lte"] = {{date(2026, 11, 1), UINT64_MAX}, QuotaPeriod{date(2026, 10, 1), 7}};
  records["dsl"] = {{date(2026, 11, 28), 0}, {}};
  EXPECT_FALSE(file.save(records));
  EXPECT_EQ(file.load().records, records);
  records.erase("dsl");
  EXPECT_FALSE(file.save(records));
  EXPECT_EQ(file.load().records, records);
  EXPECT_FALSE(std::filesystem::exists(file.path() + ".new"));
}

TEST(StateFile, SetsAsideWhatItCannotRead) {
  const TemporaryDirectory directory;
  const StateFile file(directory.path(), "wb0");
  for (const std::string text :
       {"", "{", "[]", "{\"version\":2,\"quotas\":{}}", "{\"version\":1,\"quotas\":[1]}",
        "{\"version\":1,\"quotas\":{\"a\":{\"start\":\"2026-02-31\",\"used_bytes\":1}}}",
        "{\"version\":1,\"quotas\":{\"a\":{\"start\":\"2026-02\",\"used_bytes\":1}}}",
        "{\"version\":1,\"quotas\":{\"a\":{\"start\":\"2026-02-01\",\"used_bytes\":\"x\"}}}"}) {
    directory.write("wb0.json", text);
    const StateResult result = file.load();
    EXPECT_TRUE(result.records.empty()) << text;
    EXPECT_THAT(result.problem, HasSubstr("set aside as " + file.path() + ".bad")) << text;
    EXPECT_FALSE(std::filesystem::exists(file.path()));
    EXPECT_TRUE(std::filesystem::exists(file.path() + ".bad"));
  }
  std::filesystem::create_directory(file.path());
  EXPECT_THAT(file.load().problem, HasSubstr("wb0.json: not a file"));
}

TEST(StateFile, TellsWhyItCannotWrite) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  EXPECT_TRUE(StateFile(directory.path() + "/file/state", "wb0").save({}));
}

}  // namespace
}  // namespace wirebraid::control
