// Numbers and times must be said right: people decide by them.
#include "twin/validate/report/wording.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace wirebraid::validate {
namespace {

TEST(FigureText, IsShort) {
  EXPECT_EQ(figure_text(0), "0");
  EXPECT_EQ(figure_text(-0.0), "0");
  EXPECT_EQ(figure_text(12), "12");
  EXPECT_EQ(figure_text(400'000), "400000");
  EXPECT_EQ(figure_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(figure_text(-12.3456), "-12.346");
  EXPECT_EQ(figure_text(0.00012345), "0.000123");
  EXPECT_EQ(figure_text(1e300), "1e+300");
  EXPECT_EQ(figure_text(std::numeric_limits<double>::quiet_NaN()), "not a number");
}

TEST(DurationText, HasTheUnitThatFits) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(12.34), "12.3 s");
  EXPECT_EQ(duration_text(59.97), "1 min 00 s");
  EXPECT_EQ(duration_text(245), "4 min 05 s");
  EXPECT_EQ(duration_text(3600), "1 h 00 min");
  EXPECT_EQ(duration_text(3725), "1 h 02 min");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::quiet_NaN()), "0 s");
  EXPECT_EQ(duration_text(-1), "0 s");
}

TEST(ChangeText, IsInPercentOfBefore) {
  EXPECT_EQ(change_text(10, 12.5), "+25 %");
  EXPECT_EQ(change_text(12.5, 10), "−20 %");
  EXPECT_EQ(change_text(-10, -12.5), "−25 %");
  EXPECT_EQ(change_text(3, 3.001), "0 %");
  EXPECT_EQ(change_text(0, 0), "0 %");
  EXPECT_EQ(change_text(0, 5), "—");
}

TEST(CountText, KnowsOneFromMany) {
  EXPECT_EQ(count_text(0, "node"), "0 nodes");
  EXPECT_EQ(count_text(1, "node"), "1 node");
  EXPECT_EQ(count_text(2, "node"), "2 nodes");
}

TEST(TimeAfter, GoesOverMidnightAndTheYear) {
  EXPECT_EQ(time_after("2026-11-28T11:34:11Z", 0), "2026-11-28T11:34:11");
  EXPECT_EQ(time_after("2026-11-28T23:59:30Z", 60.9), "2026-11-29T00:00:30");
  EXPECT_EQ(time_after("2028-02-28T23:59:59Z", 1), "2028-02-29T00:00:00");
  EXPECT_EQ(time_after("2026-12-31T00:00:00Z", 86400), "2027-01-01T00:00:00");
}

TEST(TimeAfter, HasNothingToSayOfWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01"}) {
    EXPECT_EQ(time_after(text, 1), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace wirebraid::validate
