#include "control/status_top.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/control/sample_status.h"

namespace wirebraid::control {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using wirebraid::testing::sample_status;

size_t columns_of(const std::string& line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST(Screen, ShowsEachUplinkWithItsFigures) {
  const auto lines = render_screen(sample_status(), {}, {.columns = 120, .rows = 40});
  EXPECT_THAT(lines, Contains(StartsWith("bond main (packet)")));
  EXPECT_THAT(lines, Contains(HasSubstr("  dsl            suspect    48.10 Mbit/s")));
  EXPECT_THAT(lines, Contains(HasSubstr("not used: no report for 45 ms")));
  // 48.1 of 50 Mbit/s.
  EXPECT_THAT(lines, Contains(HasSubstr("\u2588\u2588\u2588 of 50.00 Mbit/s")));
}

TEST(Screen, FitsTheTerminal) {
  for (const size_t columns : {20U, 80U, 200U}) {
    for (const size_t rows : {1U, 3U, 8U, 60U}) {
      const auto lines = render_screen(sample_status(), {"one", "two"}, {columns, rows, false, 0});
      EXPECT_LE(lines.size(), rows);
      for (const auto& line : lines) EXPECT_EQ(columns_of(line), columns) << line;
    }
  }
  EXPECT_THAT(render_screen(sample_status(), {}, {80, 3, false, 0}).back(),
              HasSubstr("more lines; a larger terminal"));
}

TEST(Screen, HasTheNewestEventsAtTheBottom) {
  const auto all = render_screen(sample_status(), {"first", "second"}, {80, 60, false, 0});
  EXPECT_THAT(all.back(), StartsWith("second"));
  EXPECT_THAT(all, Contains(StartsWith("first")));
}

TEST(Screen, ANameCannotDriveTheTerminal) {
  InterfaceStatus status = sample_status();
  status.bonds[0].uplinks[0].name = "\x1b[2J";
  EXPECT_THAT(render_screen(status, {"a\nb"}, {80, 60, false, 0}),
              Each(::testing::Not(::testing::AnyOf(HasSubstr("\x1b"), HasSubstr("\n")))));
}

}  // namespace
}  // namespace wirebraid::control
