#include "core/bond/path_receiver.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1000s};

TEST(PathReceiver, TheBitmapAgreesWithANaiveModel) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    PathReceiver receiver;
    std::set<uint64_t> seen;
    uint64_t highest = random() % 1000;
    for (int i = 0; i < 60; ++i) {
      uint64_t counter = highest;
      switch (random() % 4) {
        case 0:
          counter = highest + random() % 400;
          break;
        case 1:
          counter = highest - std::min<uint64_t>(highest, random() % 300);
          break;
        default:
          counter = highest + 1;
      }
      if (i == 0) highest = counter;
      highest = std::max(highest, counter);
      seen.insert(counter);
      receiver.on_frame(9, counter, 100, true, kStart);
      const Report report = receiver.make_report(kStart, 0, 0);
      ASSERT_EQ(report.highest_counter, highest);
      for (uint64_t back = 0; back <= std::min<uint64_t>(highest, 256); ++back) {
        ASSERT_EQ(report.was_received(highest - back), seen.contains(highest - back)) << back;
      }
    }
    const Report report = receiver.make_report(kStart, 0, 0);
    EXPECT_EQ(report.packets, 60u);
    EXPECT_EQ(report.bytes, 6000u);
  }
}

TEST(PathReceiver, AReportIsDueAfterATimeOrANumberOfFrames) {
  PathReceiver receiver;
  EXPECT_EQ(receiver.report_due(), kNever);
  receiver.on_frame(1, 0, 100, false, kStart);
  EXPECT_EQ(receiver.report_due(), kNever) << "a report asks for no report";
  receiver.on_frame(1, 1, 100, true, kStart);
  EXPECT_EQ(receiver.report_due(), kStart + PathReceiver::kReportInterval);
  for (uint32_t i = 1; i < PathReceiver::kReportFrames; ++i) {
    receiver.on_frame(1, 1 + i, 100, true, kStart + 1ms);
  }
  EXPECT_EQ(receiver.report_due(), kStart + 1ms);
  const Report report = receiver.make_report(kStart + 5ms, 7, 8);
  EXPECT_EQ(report.hold, 4000u);
  EXPECT_EQ(report.cumulative, 7u);
  EXPECT_EQ(report.next_sequence, 8u);
  EXPECT_EQ(receiver.report_due(), kNever);
}

TEST(PathReceiver, AGapIsReportedSoon) {
  PathReceiver receiver;
  receiver.on_frame(1, 0, 100, true, kStart);
  receiver.make_report(kStart, 0, 0);
  receiver.on_frame(1, 2, 100, true, kStart + 1ms);
  EXPECT_EQ(receiver.report_due(), kStart + PathReceiver::kGapInterval);
}

TEST(PathReceiver, ANewSessionStartsANewBitmapAndStragglersDoNotGoBack) {
  PathReceiver receiver;
  receiver.on_frame(1, 500, 100, true, kStart);
  EXPECT_TRUE(receiver.report_before(2));
  EXPECT_FALSE(receiver.report_before(1));
  receiver.make_report(kStart, 0, 0);
  EXPECT_FALSE(receiver.report_before(2)) << "nothing unreported";
  receiver.on_frame(2, 0, 100, true, kStart);
  receiver.on_frame(1, 501, 100, true, kStart);
  const Report report = receiver.make_report(kStart, 0, 0);
  EXPECT_EQ(report.session, 2u);
  EXPECT_EQ(report.highest_counter, 0u);
  EXPECT_EQ(report.packets, 3u);
}

}  // namespace
}  // namespace wirebraid
