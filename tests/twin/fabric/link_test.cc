#include "twin/fabric/link.h"

#include <gtest/gtest.h>

#include <vector>

#include "twin/fabric/delay_line.h"

namespace wirebraid::fabric {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{seconds(1000)};

/// Offers `count` frames of `bytes`, one each `interval`, and returns their fates.
std::vector<Fate> offer(Link& link, int count, size_t bytes, Duration interval,
                        Time from = kStart) {
  std::vector<Fate> fates;
  fates.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) fates.push_back(link.enqueue(bytes, from + i * interval));
  return fates;
}

double loss_ratio(const std::vector<Fate>& fates) {
  size_t lost = 0;
  for (const Fate& fate : fates) lost += fate ? 0 : 1;
  return static_cast<double>(lost) / static_cast<double>(fates.size());
}

TEST(Link, WithoutOptionsDeliversAtOnce) {
  Link link({}, 1);
  const Fate fate = link.enqueue(1500, kStart);
  ASSERT_TRUE(fate);
  EXPECT_EQ(fate.arrival, kStart);
}

TEST(Link, AddsTransmissionTimeAndDelay) {
  Link link({.rate = 12'000'000, .delay = milliseconds(30)}, 1);
  EXPECT_EQ(link.enqueue(1500, kStart).arrival, kStart + milliseconds(31));
  EXPECT_EQ(link.enqueue(1500, kStart).arrival, kStart + milliseconds(32));
  EXPECT_EQ(link.backlog(kStart), milliseconds(2));
  const Time later = kStart + seconds(1);
  EXPECT_EQ(link.backlog(later), Duration::zero());
  EXPECT_EQ(link.enqueue(1500, later).arrival, later + milliseconds(31));
}

TEST(Link, KeepsAnOddRateExactlyOverManyFrames) {
  // 1514 bytes take 1730.2857... us; rounding each frame up would add 71 ms in the end.
  // off.
  Link link({.rate = 7'000'000, .queue = seconds(1000)}, 1);
  const auto fates = offer(link, 100'000, 1514, Duration::zero());
  const double expected = 100'000 * 1514 * 8 / 7e6;
  const auto took = std::chrono::duration<double>(fates.back().arrival - kStart).count();
  EXPECT_NEAR(took, expected, 1e-6);
}

TEST(Link, DropsAtTheTailWhenTheQueueIsFull) {
  Link link({.rate = 8'000'000, .queue = milliseconds(100)}, 1);  // 1000 bytes take 1 ms
  const auto fates = offer(link, 200, 1000, Duration::zero());
  for (int i = 0; i < 200; ++i) EXPECT_EQ(static_cast<bool>(fates[i]), i <= 100) << i;
  EXPECT_EQ(fates[150].dropped, DropReason::queue);
  EXPECT_EQ(link.statistics().dropped(DropReason::queue), 99u);
  EXPECT_EQ(link.statistics().longest_wait, milliseconds(100));
  EXPECT_TRUE(link.enqueue(1000, kStart + milliseconds(1)));
  EXPECT_FALSE(link.enqueue(1000, kStart + milliseconds(1)));
}

TEST(Link, JitterSpansItsRangeAndNeverReorders) {
  const LinkOptions options{.delay = milliseconds(20), .jitter = milliseconds(10)};
  Link link(options, 7);
  Duration least = seconds(1);
  Duration most{};
  Time previous = kStart;
  for (int i = 0; i < 100'000; ++i) {
    const Time now = kStart + i * microseconds(100);
    const Time arrival = link.enqueue(1000, now).arrival;
    ASSERT_GE(arrival, previous);
    previous = arrival;
    least = std::min(least, arrival - now);
    most = std::max(most, arrival - now);
  }
  EXPECT_GE(least, options.delay);
  EXPECT_LE(most, options.delay + options.jitter);
  EXPECT_LT(least, options.delay + milliseconds(1));
  EXPECT_GT(most, options.delay + milliseconds(9));
}

TEST(Link, KeepsOrderWhenItsOptionsChange) {
  Link link({.delay = milliseconds(100), .jitter = milliseconds(50)}, 3);
  Time previous = kStart;
  for (int i = 0; i < 10'000; ++i) {
    if (i % 100 == 0) {
      link.set_options({.rate = i % 200 == 0 ? 0u : 1'000'000'000u,
                        .delay = milliseconds(i % 700 / 10),
                        .jitter = milliseconds(i % 300 / 10)});
    }
    const Time arrival = link.enqueue(1000, kStart + i * microseconds(50)).arrival;
    ASSERT_GE(arrival, previous) << i;
    previous = arrival;
  }
}

TEST(Link, LosesTheGivenShareAtRandom) {
  Link link({.loss = 0.02}, 11);
  EXPECT_NEAR(loss_ratio(offer(link, 100'000, 100, microseconds(10))), 0.02, 0.002);
}

TEST(Link, LosesInBursts) {
  Link link({.burst = {.enter = 0.001, .leave = 0.1, .loss = 1}}, 5);
  const auto fates = offer(link, 1'000'000, 100, microseconds(1));
  EXPECT_NEAR(loss_ratio(fates), 0.001 / 0.101, 0.001);
  size_t bursts = 0;
  size_t lost = 0;
  for (size_t i = 1; i < fates.size(); ++i) {
    bursts += !fates[i] && fates[i - 1] ? 1 : 0;
    lost += fates[i] ? 0 : 1;
  }
  EXPECT_NEAR(static_cast<double>(lost) / static_cast<double>(bursts), 10, 1);  // 1 / leave
  EXPECT_EQ(link.statistics().dropped(DropReason::burst), lost);
}

TEST(Link, AFrameLostOnTheMediumUsesItsTransmissionTime) {
  Link link({.rate = 8'000'000, .loss = 1}, 1);
  EXPECT_FALSE(link.enqueue(1000, kStart));
  EXPECT_EQ(link.backlog(kStart), milliseconds(1));
}

TEST(Link, BlackholeAndDownSwallowEverything) {
  Link link({.state = LinkState::blackhole}, 1);
  EXPECT_EQ(link.enqueue(100, kStart).dropped, DropReason::blackhole);
  link.set_options({.state = LinkState::down});
  EXPECT_EQ(link.enqueue(100, kStart).dropped, DropReason::down);
  link.set_options({});
  EXPECT_TRUE(link.enqueue(100, kStart));
  EXPECT_EQ(link.statistics().offered_frames, 3u);
}

TEST(Link, AChangedRateHoldsForTheNextFrame) {
  Link link({.rate = 8'000'000}, 1);
  EXPECT_EQ(link.enqueue(1000, kStart).arrival, kStart + milliseconds(1));
  link.set_options({.rate = 80'000'000});
  EXPECT_EQ(link.enqueue(1000, kStart).arrival, kStart + microseconds(1100));
}

TEST(Link, TheSameSeedGivesTheSameFates) {
  const LinkOptions options{.rate = 10'000'000,
                            .delay = milliseconds(5),
                            .jitter = milliseconds(3),
                            .loss = 0.1,
                            .burst = {.enter = 0.01, .leave = 0.2, .loss = 0.5}};
  const auto arrivals = [&](uint64_t seed) {
    Link link(options, seed);
    std::vector<Time> times;
    for (const Fate& fate : offer(link, 5000, 1000, milliseconds(1))) times.push_back(fate.arrival);
    return times;
  };
  EXPECT_EQ(arrivals(42), arrivals(42));
  EXPECT_NE(arrivals(42), arrivals(43));
}

TEST(DelayLine, HandsOutFramesInOrderWhenTheyAreDue) {
  DelayLine<int> line({.rate = 8'000'000, .delay = milliseconds(10)}, 1);
  EXPECT_EQ(line.next_deadline(), kNever);
  line.push(1, 1000, kStart);
  line.push(2, 1000, kStart);
  EXPECT_EQ(line.next_deadline(), kStart + milliseconds(11));
  EXPECT_FALSE(line.pop_due(kStart + microseconds(10'999)));
  EXPECT_EQ(line.pop_due(kStart + milliseconds(11)), 1);
  EXPECT_FALSE(line.pop_due(kStart + milliseconds(11)));
  EXPECT_EQ(line.pop_due(kStart + milliseconds(20)), 2);
  EXPECT_EQ(line.next_deadline(), kNever);
  EXPECT_EQ(line.link().statistics().delivered_bytes, 2000u);
}

TEST(DelayLine, ACutTakesWhatIsUnderWay) {
  DelayLine<int> line({.delay = milliseconds(10)}, 1);
  line.push(1, 100, kStart);
  line.push(2, 100, kStart + milliseconds(5));
  line.link().set_options({.state = LinkState::blackhole});
  EXPECT_FALSE(line.pop_due(kStart + milliseconds(10)));
  line.link().set_options({});
  EXPECT_EQ(line.pop_due(kStart + milliseconds(15)), 2);
  EXPECT_EQ(line.link().statistics().dropped(DropReason::blackhole), 1u);
}

TEST(DelayLine, HasABound) {
  DelayLine<int> line({.delay = seconds(1)}, 1, 10);
  for (int i = 0; i < 11; ++i) line.push(i, 100, kStart);
  EXPECT_EQ(line.size(), 10u);
  EXPECT_EQ(line.link().statistics().dropped(DropReason::overflow), 1u);
}

}  // namespace
}  // namespace wirebraid::fabric
