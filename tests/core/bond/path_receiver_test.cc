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

TEST(PathReceiver, ReportsOfFastTrafficKeepTheirDistanceWhileTheBitmapTellsOfAll) {
  PathReceiver receiver;
  Time now = kStart;
  uint64_t counter = 0;
  const auto come = [&](uint32_t frames) {
    for (uint32_t i = 0; i < frames; ++i) receiver.on_frame(1, counter++, 100, true, now);
  };
  come(PathReceiver::kReportFrames);
  EXPECT_EQ(receiver.report_due(), now) << "the first";
  receiver.make_report(now, 0, 0);
  now += 1ms;
  come(PathReceiver::kReportFrames);
  EXPECT_EQ(receiver.report_due(), kStart + PathReceiver::kReportSpacing);
  now += 1ms;
  come(PathReceiver::kMaxUnreported - PathReceiver::kReportFrames - 1);
  EXPECT_EQ(receiver.report_due(), kStart + PathReceiver::kReportSpacing);
  come(1);
  EXPECT_EQ(receiver.report_due(), now);
}

TEST(PathReceiver, AGapIsReportedSoon) {
  PathReceiver receiver;
  receiver.on_frame(1, 0, 100, true, kStart);
  receiver.make_report(kStart, 0, 0);
  receiver.on_frame(1, 2, 100, true, kStart + 1ms);
  EXPECT_EQ(receiver.report_due(), kStart + PathReceiver::kReportSpacing);
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

// A gap of one may be a swap; behind three more the sender takes it for a loss, and must know.
TEST(PathReceiver, AGapIsReportedASecondTimeWhenItIsALoss) {
  PathReceiver receiver;
  Time now = kStart;
  receiver.on_frame(1, 0, 100, true, now);
  receiver.make_report(now, 0, 0);
  now += 10ms;
  receiver.on_frame(1, 2, 100, true, now);  // 1 is missing
  EXPECT_EQ(receiver.report_due(), now);
  EXPECT_FALSE(receiver.tells_loss());
  receiver.make_report(now, 0, 0);
  now += 10ms;
  receiver.on_frame(1, 3, 100, true, now);
  EXPECT_EQ(receiver.report_due(), now + PathReceiver::kReportInterval) << "not yet";
  EXPECT_FALSE(receiver.tells_loss());
  receiver.on_frame(1, 4, 100, true, now);
  EXPECT_EQ(receiver.report_due(), now);
  EXPECT_TRUE(receiver.tells_loss());
  const Report report = receiver.make_report(now, 0, 0);
  EXPECT_FALSE(report.was_received(1));
  EXPECT_GE(report.highest_counter - 1, PathReceiver::kReorderThreshold);
  EXPECT_FALSE(receiver.tells_loss());
  receiver.on_frame(1, 5, 100, true, now);
  EXPECT_FALSE(receiver.tells_loss()) << "told once";
  EXPECT_EQ(receiver.report_due(), now + PathReceiver::kReportInterval);
}

TEST(PathReceiver, TheNewestGapDecidesWhenALossIsTold) {
  PathReceiver receiver;
  receiver.on_frame(1, 0, 100, true, kStart);
  receiver.on_frame(1, 4, 100, true, kStart);
  EXPECT_FALSE(receiver.tells_loss()) << "3, the newest missing, is only one behind";
  receiver.on_frame(1, 6, 100, true, kStart);
  EXPECT_FALSE(receiver.tells_loss()) << "a newer gap is waited for";
  receiver.on_frame(1, 8, 100, true, kStart);
  receiver.on_frame(1, 9, 100, true, kStart);
  EXPECT_FALSE(receiver.tells_loss());
  receiver.on_frame(1, 10, 100, true, kStart);
  EXPECT_TRUE(receiver.tells_loss());
}

TEST(PathReceiver, ReportsOfGapsKeepTheirDistance) {
  PathReceiver receiver;
  receiver.on_frame(1, 0, 100, true, kStart);
  receiver.make_report(kStart, 0, 0);
  for (uint64_t counter = 2; counter < 10; counter += 2) {
    receiver.on_frame(1, counter, 100, true, kStart + 1ms);
    EXPECT_EQ(receiver.report_due(), kStart + PathReceiver::kReportSpacing);
  }
}

TEST(PathReceiver, WhatAsksForNoReportTellsOfNoGap) {
  PathReceiver receiver;
  receiver.on_frame(1, 0, 100, false, kStart);
  receiver.on_frame(1, 5, 100, false, kStart);
  EXPECT_EQ(receiver.report_due(), kNever);
  EXPECT_FALSE(receiver.tells_loss());
}

TEST(PathReceiver, ANewSessionHasNoGapsOfTheOldOne) {
  PathReceiver receiver;
  receiver.on_frame(1, 0, 100, true, kStart);
  receiver.on_frame(1, 2, 100, true, kStart);
  receiver.make_report(kStart, 0, 0);
  receiver.on_frame(2, 7, 100, true, kStart + 10ms);
  EXPECT_FALSE(receiver.tells_loss());
  EXPECT_EQ(receiver.report_due(), kStart + 10ms + PathReceiver::kReportInterval);
}

}  // namespace
}  // namespace wirebraid
