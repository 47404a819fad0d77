#include "core/bond/path_sender.h"

#include <gtest/gtest.h>

#include "core/bond/path_receiver.h"
#include "core/bond/send_window.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

class PathSenderTest : public ::testing::Test {
 protected:
  void send(uint64_t counter, uint32_t sequence, uint32_t session = 1) {
    sender.on_sent(session, counter, sequence, true, 1400, now);
  }
  Report report(uint64_t highest, std::initializer_list<uint64_t> missing = {},
                uint32_t session = 1) {
    Report out;
    out.session = session;
    out.highest_counter = highest;
    out.packets = ++reports;
    out.received_at = static_cast<uint32_t>(now.time_since_epoch().count());
    out.bitmap_size = Report::kMaxBitmap;
    out.bitmap.fill(0xff);
    for (const uint64_t counter : missing) {
      const uint64_t bit = highest - 1 - counter;
      out.bitmap[bit / 8] = static_cast<uint8_t>(out.bitmap[bit / 8] & ~(1 << bit % 8));
    }
    return out;
  }
  bool apply(const Report& applied) {
    received.clear();
    lost.clear();
    return sender.on_report(applied, true, now, received, lost);
  }

  PathSender sender;
  Time now{1000s};
  uint32_t reports = 0;
  std::vector<uint32_t> received;
  std::vector<uint32_t> lost;
};

TEST_F(PathSenderTest, MeasuresTheRoundTripWithoutTheHold) {
  send(0, 100);
  now += 30ms;
  Report first = report(0);
  first.hold = 10'000;
  EXPECT_TRUE(apply(first));
  EXPECT_EQ(sender.rtt(), 20ms);
  EXPECT_EQ(received, (std::vector<uint32_t>{100}));
  EXPECT_EQ(sender.inflight(), 0u);
}

TEST_F(PathSenderTest, ThreeLaterCountersMakeALoss) {
  for (uint32_t i = 0; i < 6; ++i) send(i, 100 + i);
  EXPECT_TRUE(apply(report(2, {1})));
  EXPECT_TRUE(lost.empty()) << "one later: may still come";
  EXPECT_EQ(received, (std::vector<uint32_t>{100, 102}));
  EXPECT_TRUE(apply(report(4, {1})));
  EXPECT_EQ(lost, (std::vector<uint32_t>{101}));
  EXPECT_TRUE(apply(report(5, {1})));
  EXPECT_TRUE(lost.empty()) << "told once";
}

TEST_F(PathSenderTest, ALaterTimeMakesALoss) {
  send(0, 100);
  send(1, 101);
  now += 20ms;
  EXPECT_TRUE(apply(report(0)));
  now += 20ms;
  send(2, 102);
  now += 20ms;
  EXPECT_TRUE(apply(report(2, {1})));
  EXPECT_EQ(lost, (std::vector<uint32_t>{101}));
}

TEST_F(PathSenderTest, AcrossARekeyOnlyTheCumulativeFieldTells) {
  send(10, 100, 1);
  send(11, 101, 1);
  send(0, 102, 2);
  Report after = report(0, {}, 2);
  after.cumulative = 101;
  EXPECT_TRUE(apply(after));
  EXPECT_EQ(received, (std::vector<uint32_t>{100, 102}));
  EXPECT_EQ(lost, (std::vector<uint32_t>{101}));
  EXPECT_FALSE(apply(report(11, {}, 1))) << "of the earlier session, overtaken";
  EXPECT_FALSE(apply(report(11, {}, 77))) << "of nobody's session";
}

TEST_F(PathSenderTest, AReportOfTheOldSessionStillTellsTheRoundTrip) {
  for (uint32_t i = 0; i < 3; ++i) send(100 + i, i);
  now += 5ms;
  send(0, 3, 2);
  now += 15ms;
  EXPECT_TRUE(apply(report(101)));
  EXPECT_TRUE(sender.has_rtt());
  EXPECT_EQ(sender.rtt(), 20ms);
  EXPECT_EQ(received, (std::vector<uint32_t>{0, 1}));
  EXPECT_TRUE(apply(report(105))) << "nothing of that number was sent";
  EXPECT_EQ(sender.rtt(), 20ms);
}

TEST_F(PathSenderTest, OvertakenReportsAreIgnoredAndARecountIsNot) {
  for (uint32_t i = 0; i < 6; ++i) send(i, 100 + i);
  EXPECT_TRUE(apply(report(4)));
  EXPECT_FALSE(apply(report(3)));
  Report anew = report(5);
  anew.packets = 0;  // the far side has made the path anew
  anew.bytes = 0;
  EXPECT_TRUE(apply(anew));
}

TEST_F(PathSenderTest, SilenceIsOverdueOnlyWhileDataIsOutstanding) {
  EXPECT_EQ(sender.report_overdue_at(), kNever);
  send(0, 100);
  EXPECT_NE(sender.report_overdue_at(), kNever);
  now += 20ms;
  EXPECT_TRUE(apply(report(0)));
  EXPECT_EQ(sender.report_overdue_at(), kNever);
  send(1, 101);
  const Duration wait = sender.report_overdue_at() - now;
  EXPECT_GE(wait, 30ms);
  EXPECT_LE(wait, 120ms);
}

TEST_F(PathSenderTest, OutstandingIsTakenOnceAndInOrder) {
  for (uint32_t i = 0; i < 4; ++i) send(i, 100 + i);
  std::vector<uint32_t> taken;
  sender.take_outstanding(taken);
  EXPECT_EQ(taken, (std::vector<uint32_t>{100, 101, 102, 103}));
  EXPECT_EQ(sender.inflight(), 0u);
  sender.take_outstanding(taken);
  EXPECT_EQ(taken.size(), 4u);
}

TEST_F(PathSenderTest, AHostileReportDoesNoHarm) {
  for (uint32_t i = 0; i < 4; ++i) send(i, 100 + i);
  Report hostile = report(UINT64_MAX);
  hostile.hold = UINT32_MAX;
  hostile.received_at = 0;
  hostile.bytes = UINT64_MAX;
  apply(hostile);
  now += 1ms;
  send(4, 104);
  hostile.highest_counter = 4;
  apply(hostile);
  EXPECT_GE(sender.pacing_rate(now), 1000.0);
}

TEST_F(PathSenderTest, KnowsItsSessionsAndNoOthers) {
  EXPECT_FALSE(sender.knows(0)) << "nothing was sent yet";
  send(0, 100, 5);
  EXPECT_TRUE(sender.knows(5));
  EXPECT_FALSE(sender.knows(0)) << "there is no earlier one";
  send(0, 101, 6);
  EXPECT_TRUE(sender.knows(5));
  EXPECT_TRUE(sender.knows(6));
  send(0, 102, 7);
  EXPECT_FALSE(sender.knows(5));
}

TEST_F(PathSenderTest, OnlyWhatIsSentAfterTheDemandProvesThePath) {
  for (uint32_t i = 0; i < 3; ++i) send(i, 100 + i);
  sender.demand_proof();
  EXPECT_FALSE(sender.proven());
  EXPECT_TRUE(apply(report(1)));
  EXPECT_TRUE(apply(report(2)));
  EXPECT_FALSE(sender.proven()) << "it was under way already";
  send(3, 103);
  EXPECT_FALSE(sender.proven());
  EXPECT_TRUE(apply(report(3)));
  EXPECT_TRUE(sender.proven());
}

TEST_F(PathSenderTest, AFrameOfANewSessionIsAProof) {
  send(500, 100, 1);
  sender.demand_proof();
  send(0, 101, 2);
  EXPECT_TRUE(apply(report(500, {}, 1)));
  EXPECT_FALSE(sender.proven());
  EXPECT_TRUE(apply(report(0, {}, 2)));
  EXPECT_TRUE(sender.proven());
  sender.demand_proof();
  EXPECT_FALSE(sender.proven()) << "each demand wants a proof of its own";
}

// Reports that come but tell of nothing new are those of a path whose other direction works.
TEST_F(PathSenderTest, ReportsWithoutProgressAreNoExcuse) {
  send(0, 100);
  now += 20ms;
  EXPECT_TRUE(apply(report(0)));
  send(1, 101);
  const Time overdue = sender.report_overdue_at();
  now += 10ms;
  EXPECT_TRUE(apply(report(0)));
  EXPECT_EQ(sender.last_report(), now);
  // That report has a round trip of its own, which counts; the time it came does not.
  EXPECT_LE(sender.report_overdue_at() - overdue, 5ms);
  send(2, 102);
  const Time before = sender.report_overdue_at();
  now += 10ms;
  EXPECT_TRUE(apply(report(1)));
  EXPECT_GT(sender.report_overdue_at(), before) << "progress does count";
}

// The last frames before a failure are told of when the report interval is over; that the report
// still comes says nothing about the time since.
TEST_F(PathSenderTest, ALateReportIsNoNewerThanWhatItTellsOf) {
  const auto overdue = [this](Duration held) {
    sender = PathSender{};
    reports = 0;
    for (uint32_t i = 0; i < 40; ++i) {
      send(i, i);
      now += 20ms;
      EXPECT_TRUE(apply(report(i)));
    }
    const Time sent = now;
    sender.on_sent(1, 40, 40, true, 1400, sent);
    sender.on_sent(1, 41, 41, true, 1400, sent);
    Report late = report(40);
    late.hold = static_cast<uint32_t>(held.count());
    EXPECT_TRUE(sender.on_report(late, true, sent + 20ms + held, received, lost));
    return sender.report_overdue_at() - sent;
  };
  EXPECT_EQ(overdue(25ms), overdue(0ms));
}

TEST_F(PathSenderTest, WhereReportsAreLostTheyAreWaitedForLonger) {
  const auto patience = [this](uint64_t one_lost_of) {
    sender = PathSender{};
    reports = 0;
    uint64_t counter = 0;
    for (int round = 0; round < 400; ++round) {
      uint32_t came = 0;
      for (int i = 0; i < 8; ++i, ++counter) {
        send(counter, static_cast<uint32_t>(counter));
        if (one_lost_of == 0 || counter % one_lost_of != 0) ++came;
      }
      now += 20ms;
      reports += came - 1;  // report() counts one
      EXPECT_TRUE(apply(report(counter - 1)));
    }
    send(counter, 1'000'000);
    return sender.report_overdue_at() - now;
  };
  const Duration clean = patience(0);
  EXPECT_EQ(sender.loss(), 0.0);
  const Duration at_ten_percent = patience(10);
  EXPECT_NEAR(sender.loss(), 0.1, 0.03);
  EXPECT_GE(at_ten_percent - clean, 2 * PathReceiver::kReportInterval);
  EXPECT_GT(patience(4), at_ten_percent);
}

// A few frames, a pause, then a burst: the burst brings its own report soon, the few do not.
TEST_F(PathSenderTest, ABurstDoesNotMakeEarlierFramesOverdue) {
  for (uint32_t i = 0; i < 100; ++i) {
    send(i, i);
    now += 20ms;
    EXPECT_TRUE(apply(report(i)));
  }
  const Time few = now;
  send(100, 100);
  const Time overdue = sender.report_overdue_at();
  EXPECT_GE(overdue - few, 20ms + PathReceiver::kReportInterval);
  now += 18ms;
  for (uint32_t i = 101; i < 200; ++i) send(i, i);
  EXPECT_GE(sender.report_overdue_at(), few + 18ms + 20ms) << "the report that they bring";
}

TEST_F(PathSenderTest, WhereLossIsUsualTheTailIsCopiedOnce) {
  const auto tail = [this] {
    lost.clear();
    sender.take_tail(lost);
    return lost;
  };
  send(0, 0);
  now += 20ms;
  EXPECT_TRUE(apply(report(0)));
  send(1, 1);
  EXPECT_EQ(sender.tail_due(), kNever) << "nothing is known to get lost here";

  uint32_t next = 2;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 10; ++i, ++next) send(next, next);
    now += 20ms;
    reports += 8;  // report() counts one: a tenth is lost
    EXPECT_TRUE(apply(report(next - 1)));
  }
  ASSERT_NEAR(sender.loss(), 0.1, 0.03);
  EXPECT_EQ(sender.tail_due(), kNever) << "all is known to have arrived";

  for (uint32_t i = 0; i < 9; ++i) send(next + i, next + i);
  const Time due = sender.tail_due();
  EXPECT_GT(due, now);
  EXPECT_LE(due, now + 10ms);
  const std::vector<uint32_t> last = tail();
  ASSERT_GE(last.size(), 5u) << "any of the third and later ones after it tells of a loss";
  ASSERT_LE(last.size(), 6u);
  for (uint32_t i = 0; i < last.size(); ++i) EXPECT_EQ(last[i], next + 8 - i);
  EXPECT_EQ(sender.tail_due(), kNever);
  send(next + 9, next + 9);
  EXPECT_EQ(tail(), (std::vector<uint32_t>{next + 9}));
  EXPECT_TRUE(apply(report(next + 9, {next + 6})));
  EXPECT_EQ(lost, (std::vector<uint32_t>{next + 6})) << "a copy does not settle it";
}

TEST_F(PathSenderTest, ManyFramesBringTheirReportSooner) {
  send(0, 0);
  now += 20ms;
  EXPECT_TRUE(apply(report(0)));
  const auto patience = [this] { return sender.report_overdue_at() - now; };
  for (uint32_t i = 1; i < 400; ++i) {
    now += 100us;
    send(i, i);
    if (i % 20 == 0) {
      EXPECT_TRUE(apply(report(i)));
    }
  }
  EXPECT_TRUE(apply(report(399)));
  send(400, 400);
  const Duration one = patience();
  for (uint32_t i = 401; i < 440; ++i) send(i, i);
  EXPECT_LT(patience(), one);
}

TEST(SendWindow, AcknowledgesInAnyOrder) {
  BufferPool pool(100, 100);
  SendWindow window(UINT32_MAX - 2);  // wraps
  for (int i = 0; i < 6; ++i) {
    SendWindow::Slot slot;
    slot.packet = pool.allocate();
    EXPECT_FALSE(window.push(std::move(slot)));
  }
  EXPECT_EQ(window.next(), 3u);
  window.acknowledge(0);
  EXPECT_EQ(window.base(), UINT32_MAX - 2);
  EXPECT_EQ(window.find(0), nullptr);
  window.acknowledge_before(0);
  EXPECT_EQ(window.base(), 1u);
  window.acknowledge_before(4);  // never sent
  EXPECT_EQ(window.base(), 1u);
  EXPECT_EQ(window.clear(), 2u);
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(SendWindow, AbandonsTheOldestBeyondItsBound) {
  BufferPool pool(10, SendWindow::kMaxPackets + 1);
  SendWindow window(0);
  for (uint32_t i = 0; i < SendWindow::kMaxPackets; ++i) {
    SendWindow::Slot slot;
    slot.packet = pool.allocate();
    ASSERT_FALSE(window.push(std::move(slot)));
  }
  SendWindow::Slot slot;
  slot.packet = pool.allocate();
  EXPECT_TRUE(window.push(std::move(slot)));
  EXPECT_EQ(window.base(), 1u);
  EXPECT_EQ(pool.in_use(), SendWindow::kMaxPackets);
  window.clear();
}

}  // namespace
}  // namespace wirebraid
