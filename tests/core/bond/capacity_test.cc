#include "core/bond/capacity.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "core/bond/path_receiver.h"
#include "core/bond/path_sender.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

constexpr size_t kDatagram = 1400;
constexpr size_t kOnWire = kDatagram + 28;

/// Bytes per second of so many Mbit/s.
constexpr double mbit(double rate) { return rate * 1e6 / 8; }

/// A sender that always has something to send and a receiver, over a link with one bottleneck.
class Loop {
 public:
  struct Link {
    double rate = mbit(20);  ///< bytes per second on the wire
    Duration delay = 15ms;   ///< each way
    Duration jitter{};       ///< up to so much more, in order
    Duration queue = 200ms;  ///< what it holds at most
    double loss = 0;
    double policer = 0;  ///< bytes per second, and 50 ms of it as a burst; 0: none
  };
  explicit Loop(const Link& made_of) : link(made_of) {}

  /// What came of the traffic in a stretch of time.
  struct Result {
    double delivered = 0;  ///< bytes per second on the wire
    double loss = 0;       ///< share of frames sent
    Duration wait{};       ///< mean time in the link's queue
  };
  Result run(Duration length) {
    const Time start = now_;
    const Time end = now_ + length;
    came_ = sent_ = 0;
    waited_ = {};
    for (;;) {
      Time next = std::min(tx_.next_send(), rx_.report_due());
      if (!frames_.empty()) next = std::min(next, frames_.front().at);
      if (!reports_.empty()) next = std::min(next, reports_.front().at);
      if (next > end) break;
      now_ = std::max(now_, next);
      step();
    }
    now_ = end;
    const double seconds = std::chrono::duration<double>(end - start).count();
    return {.delivered = static_cast<double>(came_ * kOnWire) / seconds,
            .loss = 1 - static_cast<double>(came_) / static_cast<double>(sent_),
            .wait = waited_ / std::max<int64_t>(static_cast<int64_t>(came_), 1)};
  }
  double estimate() const { return tx_.capacity().estimate(); }
  const PathSender& sender() const { return tx_; }
  void set_cap(double cap) { tx_.set_cap(cap); }
  /// As a bond does after a minute without packets.
  void rest() {
    now_ += 60s;
    tx_.rest();
  }

  Link link;

 private:
  struct Frame {
    Time at{};
    uint64_t counter = 0;
  };
  struct Answer {
    Time at{};
    Report report;
  };

  void step() {
    for (; !frames_.empty() && frames_.front().at <= now_; frames_.pop_front()) {
      rx_.on_frame(1, frames_.front().counter, kDatagram, true, now_);
      ++came_;
    }
    if (rx_.report_due() <= now_) {
      reports_.push_back({now_ + link.delay, rx_.make_report(now_, 0, 0)});
    }
    for (; !reports_.empty() && reports_.front().at <= now_; reports_.pop_front()) {
      received_.clear();
      lost_.clear();
      tx_.on_report(reports_.front().report, true, now_, received_, lost_);
    }
    while (tx_.may_send(now_)) send();
  }
  void send() {
    const uint64_t counter = counter_++;
    tx_.on_sent(1, counter, static_cast<uint32_t>(counter), true, kDatagram, now_);
    ++sent_;
    if (std::uniform_real_distribution<>()(random_) < link.loss || !passes_policer()) return;
    const Duration wait = std::max<Duration>(free_at_ - now_, 0us);
    if (wait > link.queue) return;
    waited_ += wait;
    // Exact to a fraction of a microsecond, for fast links.
    rest_ += kOnWire / link.rate * 1e6;
    const auto whole = static_cast<int64_t>(rest_);
    rest_ -= static_cast<double>(whole);
    free_at_ = now_ + wait + Duration(whole);
    Time at = free_at_ + link.delay;
    if (link.jitter > 0us) at += Duration(random_() % static_cast<uint64_t>(link.jitter.count()));
    if (!frames_.empty()) at = std::max(at, frames_.back().at);
    frames_.push_back({at, counter});
  }
  bool passes_policer() {
    if (link.policer == 0) return true;
    tokens_ += std::chrono::duration<double>(now_ - refilled_).count() * link.policer;
    tokens_ = std::min(tokens_, link.policer * 0.05);
    refilled_ = now_;
    if (tokens_ < kOnWire) return false;
    tokens_ -= kOnWire;
    return true;
  }

  PathSender tx_;
  PathReceiver rx_;
  Time now_{1000s};
  std::deque<Frame> frames_;
  std::deque<Answer> reports_;
  std::vector<uint32_t> received_;
  std::vector<uint32_t> lost_;
  std::mt19937_64 random_{4};
  uint64_t counter_ = 0;
  Time free_at_{};
  double rest_ = 0;
  double tokens_ = 0;
  Time refilled_{};
  uint64_t sent_ = 0;
  uint64_t came_ = 0;
  Duration waited_{};
};

Loop::Link link_of(double rate, Duration jitter = 0us) {
  Loop::Link link;
  link.rate = rate;
  link.jitter = jitter;
  return link;
}

TEST(Capacity, FindsTheRateFromItsStartValue) {
  for (const double rate : {mbit(2), mbit(20), mbit(300)}) {
    for (const Duration jitter : {0us, 5'000us}) {
      Loop loop(link_of(rate, jitter));
      loop.run(2s);
      EXPECT_NEAR(loop.estimate() / rate, 1, 0.1) << rate << " after two seconds";
      const auto result = loop.run(10s);
      EXPECT_FALSE(loop.sender().capacity().starting());
      EXPECT_NEAR(loop.estimate() / rate, 1, 0.04) << rate;
      EXPECT_GT(result.delivered, 0.96 * rate);
      EXPECT_LT(result.wait, 5ms) << "the queue belongs on our side";
      EXPECT_LT(result.loss, 0.005);
    }
  }
}

TEST(Capacity, HeavyJitterCostsLittle) {
  for (const double rate : {mbit(2), mbit(20), mbit(300)}) {
    Loop loop(link_of(rate, 15ms));
    loop.run(2s);
    const auto result = loop.run(10s);
    EXPECT_GT(result.delivered, 0.9 * rate);
    EXPECT_LT(result.wait, 10ms);
  }
}

TEST(Capacity, FollowsARateThatFallsToAFifthAndRisesAgain) {
  for (const double rate : {mbit(5), mbit(20), mbit(100)}) {
    Loop loop(link_of(rate));
    loop.run(5s);
    loop.link.rate = rate / 5;
    loop.run(2s);
    EXPECT_NEAR(loop.estimate() / (rate / 5), 1, 0.05);
    const auto low = loop.run(5s);
    EXPECT_GT(low.delivered, 0.95 * rate / 5);
    EXPECT_LT(low.wait, 8ms) << "the queue of the fall is gone";
    loop.link.rate = rate;
    loop.run(1s);
    EXPECT_NEAR(loop.estimate() / rate, 1, 0.05) << "probes that find more are followed by larger";
    EXPECT_GT(loop.run(5s).delivered, 0.95 * rate);
  }
}

TEST(Capacity, ALongerWayIsNoQueueForLong) {
  for (const double rate : {mbit(5), mbit(20), mbit(100)}) {
    Loop loop(link_of(rate));
    loop.run(5s);
    loop.link.delay += 40ms;
    EXPECT_GT(loop.run(1s).delivered, 0.7 * rate) << "though it looks like one at first";
    EXPECT_GT(loop.run(3s).delivered, 0.95 * rate);
    loop.link.delay -= 40ms;
    EXPECT_GT(loop.run(1s).delivered, 0.95 * rate);
  }
}

TEST(Capacity, LossThatIsAlwaysThereIsNoReasonToSendLess) {
  for (const double rate : {mbit(5), mbit(20), mbit(100)}) {
    Loop loop(link_of(rate));
    loop.link.loss = 0.1;
    loop.run(8s);
    const auto result = loop.run(5s);
    EXPECT_GT(result.delivered, 0.93 * rate)
        << "frames are lost before the bottleneck: it can be full";
    EXPECT_LT(result.wait, 5ms);
  }
}

TEST(Capacity, LossThatBeginsMakesItCautiousForAFewSecondsOnly) {
  for (const double rate : {mbit(5), mbit(20), mbit(100)}) {
    Loop loop(link_of(rate));
    loop.run(8s);
    loop.link.loss = 0.1;
    EXPECT_GT(loop.run(5s).delivered, 0.87 * rate);
    loop.run(3s);
    EXPECT_GT(loop.run(5s).delivered, 0.92 * rate);
  }
}

TEST(Capacity, APolicerIsNotSentAgainstForLong) {
  for (const double rate : {mbit(5), mbit(20), mbit(100)}) {
    Loop loop(link_of(mbit(1000)));
    loop.link.policer = rate;
    loop.run(8s);
    const auto result = loop.run(5s);
    EXPECT_GT(result.delivered, 0.95 * rate);
    EXPECT_LT(result.loss, 0.07);
    EXPECT_NEAR(loop.estimate() / rate, 1, 0.1);
  }
}

TEST(Capacity, APolicerThatSetsInIsObeyed) {
  for (const double rate : {mbit(5), mbit(20), mbit(100)}) {
    Loop loop(link_of(rate));
    loop.run(8s);
    loop.link.policer = rate / 5;
    loop.run(5s);
    const auto result = loop.run(5s);
    EXPECT_GT(result.delivered, 0.95 * rate / 5);
    EXPECT_LT(result.loss, 0.2);
  }
}

TEST(Capacity, TheCapIsKept) {
  Loop loop(link_of(mbit(20)));
  loop.set_cap(mbit(5));
  loop.run(2s);
  const auto result = loop.run(3s);
  EXPECT_LT(result.delivered, 1.01 * mbit(5));
  EXPECT_GT(result.delivered, 0.97 * mbit(5));
}

/// Capacity by itself, one sample each 25 ms.
class CapacitySamples : public ::testing::Test {
 protected:
  bool feed(double fed, double delivered, bool app_limited = false, Duration queue = 0us) {
    now += 25ms;
    return capacity.on_sample({.fed = fed,
                               .delivered = delivered,
                               .loss = 0,
                               .app_limited = app_limited,
                               .queue = queue,
                               .since = now - 30ms,
                               .window = 30ms,
                               .rtt = 30ms},
                              now);
  }
  Capacity capacity;
  Time now{1000s};
};

TEST_F(CapacitySamples, WhatIsDeliveredWhileLittleIsSentProvesNothing) {
  const double before = capacity.estimate();
  for (int i = 0; i < 400; ++i) feed(before / 10, before / 10, true);
  EXPECT_EQ(capacity.estimate(), before);
  EXPECT_FALSE(capacity.measured());
  EXPECT_TRUE(capacity.starting());
  feed(2 * before, 2 * before, true);
  EXPECT_EQ(capacity.estimate(), 2 * before) << "unless it is more than was thought";
  EXPECT_TRUE(capacity.measured());
}

TEST_F(CapacitySamples, ABusyMachineIsNoQueueWhileLittleIsSent) {
  const double guess = capacity.estimate();
  feed(1e5, 0.98e5, true, 15ms);
  EXPECT_EQ(capacity.estimate(), guess);
  EXPECT_TRUE(capacity.starting());
  feed(1e5, 0.7e5, true, 15ms);
  EXPECT_LT(capacity.estimate(), 1.1e5) << "this one we have filled";
  EXPECT_FALSE(capacity.starting());
}

TEST_F(CapacitySamples, NoPathCarriesMoreThanItWasFed) {
  for (int i = 0; i < 20; ++i) feed(2e6, 9e6);
  EXPECT_LE(capacity.estimate(), 30e6 / 8);
  for (int i = 0; i < 200; ++i) feed(2e6, 9e6);
  EXPECT_EQ(capacity.estimate(), 2e6);
}

TEST_F(CapacitySamples, AQueueThatDoesNotDrainIsNone) {
  for (int i = 0; i < 100; ++i) feed(2e6, 2e6);
  bool longer = false;
  int samples = 0;
  while (!longer && ++samples < 200) longer = feed(1.9e6, 1.9e6, false, 40ms);
  EXPECT_TRUE(longer);
  EXPECT_GT(samples, 8) << "it was given time to drain";
  EXPECT_GT(capacity.pacing_rate(now), 0.9 * capacity.estimate());
}

TEST_F(CapacitySamples, AQueueIsAnsweredByLess) {
  for (int i = 0; i < 100; ++i) feed(2e6, 2e6);
  feed(2e6, 1.5e6, false, 20ms);
  EXPECT_LT(capacity.pacing_rate(now), 0.9 * capacity.estimate());
  const double at_twenty = capacity.pacing_rate(now) / capacity.estimate();
  feed(2e6, 1.5e6, false, 80ms);
  EXPECT_LT(capacity.pacing_rate(now) / capacity.estimate(), at_twenty);
}

TEST_F(CapacitySamples, ARestartBeginsWithAPartOfWhatItHad) {
  for (int i = 0; i < 200; ++i) feed(4e6, 4e6);
  const double before = capacity.estimate();
  capacity.restart(now);
  EXPECT_EQ(capacity.estimate(), before / 2);
  EXPECT_TRUE(capacity.starting());
  EXPECT_GT(capacity.pacing_rate(now), before) << "and looks for more at once";
  for (int i = 0; i < 100; ++i) capacity.restart(now);
  EXPECT_GE(capacity.pacing_rate(now), 64e3 / 8) << "never so little that nothing can be found out";
  EXPECT_GE(capacity.inflight_limit(0us), 10u * 1500);
}

TEST_F(CapacitySamples, TheInflightLimitLeavesRoomForTwoRoundTrips) {
  EXPECT_GE(static_cast<double>(capacity.inflight_limit(100ms)), 2 * 0.1 * capacity.estimate());
  EXPECT_GT(capacity.inflight_limit(100ms), capacity.inflight_limit(50ms));
}

TEST(Capacity, WhatThePathCarriesIsKnownAfterARest) {
  Loop loop({.rate = mbit(80)});
  loop.run(5s);
  const double before = loop.estimate();
  loop.rest();
  EXPECT_EQ(loop.estimate(), before);
  // As if it had gone on: no search for the rate, and no queue from one.
  const auto again = loop.run(2s);
  EXPECT_GT(again.delivered, mbit(80) * 0.93);
  EXPECT_LT(again.wait, 10ms);
}

TEST(Capacity, ACapHoldsAfterARest) {
  Loop loop({.rate = mbit(80)});
  loop.set_cap(mbit(30));
  loop.run(5s);
  loop.rest();
  EXPECT_LE(loop.run(2s).delivered, mbit(30) * 1.01);
}

}  // namespace
}  // namespace wirebraid
