// QuicSender and QuicReceiver over a wire of vectors, in virtual time.
#include <gtest/gtest.h>

#include "bench/scenarios/quic_receiver.h"
#include "bench/scenarios/quic_sender.h"

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;

class QuicTest : public ::testing::Test {
 protected:
  Time at(int ms) const { return Time(milliseconds(1'000'000 + ms)); }
  /// Sends `count` packets at once, whatever the pace says.
  void send(int count, Time now) {
    for (int i = 0; i < count; ++i) sender_.send(now);
  }

  QuicSender sender_;
  QuicReceiver receiver_;
};

TEST_F(QuicTest, StartsWithTenPacketsAndDoubles) {
  int sent = 0;
  Time now = at(0);
  while (sender_.may_send(now) || sender_.deadline() < at(300)) {
    if (sender_.may_send(now)) {
      sender_.send(now);
      ++sent;
    } else {
      now = sender_.deadline();
    }
  }
  EXPECT_EQ(sent, 10);
  sender_.acknowledge({{0, 9}}, {}, at(350));
  EXPECT_DOUBLE_EQ(sender_.window(), 20);
  EXPECT_EQ(sender_.counters().acknowledged, 10u);
  EXPECT_EQ(sender_.counters().lost, 0u);
}

TEST_F(QuicTest, ThreeLaterPacketsAreALossAndTwoAreNot) {
  send(5, at(0));
  sender_.acknowledge({{1, 2}}, {}, at(50));
  EXPECT_EQ(sender_.counters().lost, 0u);
  const double before = sender_.window();
  sender_.acknowledge({{1, 3}}, {}, at(51));
  EXPECT_EQ(sender_.counters().lost, 1u);
  EXPECT_LT(sender_.window(), before);
  EXPECT_EQ(sender_.counters().spurious, 0u);
  sender_.acknowledge({{0, 3}}, {}, at(52));
  EXPECT_EQ(sender_.counters().spurious, 1u) << "it came after all";
  EXPECT_EQ(sender_.counters().lost, 1u);
}

TEST_F(QuicTest, TheThresholdDoesNotAdaptAndOneRoundReducesOnce) {
  send(10, at(0));
  sender_.acknowledge({{1, 3}}, {}, at(50));
  const double reduced = sender_.window();
  sender_.acknowledge({{0, 3}}, {}, at(51));  // spurious
  sender_.acknowledge({{0, 3}, {5, 7}}, {}, at(52));
  EXPECT_EQ(sender_.counters().lost, 2u) << "three later ones are a loss again";
  EXPECT_GE(sender_.window(), reduced) << "sent before the reduction, so no second one";
}

TEST_F(QuicTest, ALossIsFoundByTimeAsWell) {
  send(2, at(0));
  sender_.acknowledge({{1, 1}}, {}, at(80));
  EXPECT_EQ(sender_.counters().lost, 0u);
  sender_.expire(at(89));
  EXPECT_EQ(sender_.counters().lost, 0u);
  sender_.expire(at(90));  // 9/8 of 80 ms
  EXPECT_EQ(sender_.counters().lost, 1u);
}

TEST_F(QuicTest, SilenceBringsAProbeThatNeedsNoWindow) {
  send(10, at(0));
  EXPECT_FALSE(sender_.may_send(at(600)));
  const Time due = sender_.deadline();
  ASSERT_NE(due, kNever);
  sender_.expire(due);
  EXPECT_TRUE(sender_.may_send(due));
  sender_.send(due);
  EXPECT_FALSE(sender_.may_send(due));
  EXPECT_GT(sender_.deadline(), due + milliseconds(1000)) << "backs off";
}

TEST_F(QuicTest, IgnoresNumbersThatWereNeverSent) {
  send(1, at(0));
  sender_.acknowledge({{0, 5}, {9, 2}}, {}, at(10));
  EXPECT_EQ(sender_.counters().acknowledged, 0u);
}

TEST_F(QuicTest, ReceiverAnswersEverySecondPacketAndDisorderAtOnce) {
  receiver_.receive(0, at(0));
  EXPECT_FALSE(receiver_.due(at(0)));
  EXPECT_EQ(receiver_.deadline(), at(25));
  receiver_.receive(1, at(1));
  EXPECT_TRUE(receiver_.due(at(1)));
  receiver_.acknowledge();
  EXPECT_EQ(receiver_.deadline(), kNever);
  receiver_.receive(3, at(2));
  EXPECT_TRUE(receiver_.due(at(2))) << "a gap";
  const auto ranges = receiver_.acknowledge();
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].first, 3u);
  EXPECT_EQ(ranges[1].last, 1u);
  receiver_.receive(2, at(3));
  EXPECT_TRUE(receiver_.due(at(3)));
  EXPECT_EQ(receiver_.out_of_order(), 1u);
  EXPECT_EQ(receiver_.held(at(4)), milliseconds(2));
  receiver_.receive(2, at(5));
  EXPECT_EQ(receiver_.received(), 4u) << "each number once";
  const auto joined = receiver_.acknowledge();
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_EQ(joined[0].first, 0u);
  EXPECT_EQ(joined[0].last, 3u);
}

}  // namespace
}  // namespace wirebraid::scenarios
