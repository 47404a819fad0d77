#include "core/exit/exit_health.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "core/wireguard/protocol.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

/// An exit in virtual time: what the probes meet is up to `answer_after`.
class ExitHealthTest : public ::testing::Test {
 protected:
  struct SentProbe {
    Time at;
    ExitProbe probe;
  };

  void make(uint8_t targets) {
    ExitHealthOptions options;
    options.targets = targets;
    health.emplace(options, now);
    probes.clear();
    handshakes.clear();
    replies = {};
  }

  /// Lets time go by; answers come when they are due.
  void run_until(Time end) {
    for (;;) {
      const Time reply = replies.empty() ? kNever : replies.top().first;
      const Time next = std::min(reply, health->next_deadline());
      if (next > end) break;
      now = std::max(now, next);
      if (reply <= next) {
        health->on_echo_reply(replies.top().second, now);
        replies.pop();
      } else {
        poll();
      }
    }
    now = end;
  }
  void run(Duration time) { run_until(now + time); }

  void poll() {
    const ExitAction action = health->poll(now);
    if (action.ask_handshake) handshakes.push_back(now);
    if (!action.probe) return;
    probes.push_back({now, *action.probe});
    if (answer_after) {
      const auto delay = answer_after(*action.probe);
      if (delay) replies.push({now + *delay, action.probe->sequence});
    }
  }

  void send() {
    health->on_bond_use(now);
    health->on_sent(now);
  }
  void make_suspect() {
    const auto answers = std::exchange(answer_after, nullptr);
    send();
    while (health->state() == ExitState::alive) run(50ms);
    answer_after = answers;
  }
  /// Time that it takes to be alive again.
  Duration time_to_return() {
    const Time begin = now;
    while (health->state() == ExitState::suspect && now - begin < 1min) {
      health->on_bond_use(now);
      run(10ms);
    }
    return now - begin;
  }
  std::vector<Duration> probe_times(Time from) const {
    std::vector<Duration> out;
    for (const auto& probe : probes) out.push_back(probe.at - from);
    return out;
  }
  /// One probe a time, answered at once, so that nothing is owed.
  void settle() {
    const auto answers = std::exchange(answer_after, [](ExitProbe) { return 30ms; });
    health->on_bond_use(now);
    run(1s);
    answer_after = answers;
    probes.clear();
  }

  using Later = std::pair<Time, uint16_t>;
  Time now{1000s};
  std::optional<ExitHealth> health;
  std::function<std::optional<Duration>(ExitProbe)> answer_after;
  std::vector<SentProbe> probes;
  std::vector<Time> handshakes;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> replies;
};

TEST_F(ExitHealthTest, ADeadExitIsSuspectAfterFiveQuartersOfASecond) {
  make(2);
  settle();
  const Time begin = now;
  send();
  run(100ms);
  send();  // more data changes nothing
  run_until(begin + 1249ms);
  EXPECT_EQ(probe_times(begin), (std::vector<Duration>{500ms, 750ms, 1000ms}));
  EXPECT_EQ(probes[0].probe.target, 0) << "it has answered before";
  EXPECT_EQ(probes[1].probe.target, 1);
  EXPECT_EQ(probes[2].probe.target, 0);
  EXPECT_EQ(health->state(), ExitState::alive);
  run_until(begin + 1250ms);
  EXPECT_EQ(health->state(), ExitState::suspect);
  EXPECT_EQ(health->since(), begin + 1250ms);
  EXPECT_EQ(health->suspicions(), 1u);
  EXPECT_EQ(handshakes, (std::vector<Time>{now})) << "lest the peer has lost the session";
}

TEST_F(ExitHealthTest, TrafficSavesProbes) {
  make(1);
  settle();
  for (int i = 0; i < 6000; ++i) {
    send();
    run(30ms);
    health->on_received(now);
    run(70ms);
  }
  EXPECT_TRUE(probes.empty());
  EXPECT_EQ(health->state(), ExitState::alive);
}

TEST_F(ExitHealthTest, ReceivingAtAnyMomentOfDoubtEndsIt) {
  for (const Duration at : {400ms, 600ms, 800ms, 1240ms}) {
    make(1);
    settle();
    send();
    run(at);
    health->on_received(now);
    run(5s);
    EXPECT_EQ(health->state(), ExitState::alive) << at.count();
    EXPECT_EQ(health->suspicions(), 0u);
  }
}

TEST_F(ExitHealthTest, OneTargetThatAnswersIsEnough) {
  make(5);
  answer_after = [](ExitProbe probe) {
    return probe.target == 2 ? std::optional<Duration>(100ms) : std::nullopt;
  };
  for (int i = 0; i < 20; ++i) {
    send();
    run(3s);
    ASSERT_EQ(health->state(), ExitState::alive) << i;
  }
  make_suspect();
  EXPECT_LT(time_to_return(), 8s) << "five targets to try, then two answers more";
  EXPECT_EQ(health->state(), ExitState::alive);
}

TEST_F(ExitHealthTest, AnIdleExitIsProbedOnlyWhileTheBondIsInUse) {
  make(1);
  answer_after = [](ExitProbe) { return 30ms; };
  run(10min);
  EXPECT_TRUE(probes.empty()) << "never used";
  health->on_bond_use(now);
  const Time begin = now;
  run(1s);
  EXPECT_EQ(probe_times(begin), (std::vector<Duration>{0s}));
  run_until(begin + 5min);
  // Every 10 s and the 30 ms that an answer takes: the 30th would be too late.
  EXPECT_EQ(probes.size(), 30u);
  run(1h);
  EXPECT_EQ(probes.size(), 30u);
  EXPECT_EQ(health->next_deadline(), kNever);
  health->on_bond_use(now);
  EXPECT_LE(health->next_deadline(), now);
  run(1s);
  EXPECT_EQ(probes.size(), 31u) << "looked at as soon as it is wanted again";
}

TEST_F(ExitHealthTest, AnIdleExitThatDiesIsFoundOut) {
  make(1);
  settle();
  health->on_bond_use(now);
  run(8s);
  ASSERT_TRUE(probes.empty());
  run(4s);
  EXPECT_EQ(health->state(), ExitState::suspect);
  ASSERT_EQ(probes.size(), 5u) << "an idle one, three quick ones, one of a suspect";
  EXPECT_EQ(health->since() - probes[0].at, 1250ms);
}

TEST_F(ExitHealthTest, ASuspectReturnsAfterThreeAnswersInARow) {
  make(2);
  settle();
  make_suspect();
  probes.clear();
  answer_after = [](ExitProbe) { return 40ms; };
  const Time begin = health->since();
  run_until(begin + 3039ms);
  EXPECT_EQ(health->state(), ExitState::suspect);
  run_until(begin + 3040ms);
  EXPECT_EQ(health->state(), ExitState::alive);
  EXPECT_EQ(health->since(), now);
  EXPECT_EQ(probe_times(begin), (std::vector<Duration>{1s, 2s, 3s}));
}

TEST_F(ExitHealthTest, AMissingAnswerStartsTheCountAnew) {
  make(1);
  settle();
  make_suspect();
  probes.clear();
  int count = 0;
  answer_after = [&](ExitProbe) {
    return ++count == 3 ? std::nullopt : std::optional<Duration>(40ms);
  };
  const Time begin = health->since();
  time_to_return();
  EXPECT_EQ(health->since(), begin + 6s + 40ms);
}

TEST_F(ExitHealthTest, ALateAnswerIsNoAnswer) {
  make(1);
  settle();
  make_suspect();
  int count = 0;
  answer_after = [&](ExitProbe) { return ++count == 2 ? 1500ms : 40ms; };
  const Time begin = health->since();
  time_to_return();
  EXPECT_GE(health->since() - begin, 5s);

  // The same when poll() comes so late that the answer is there first.
  answer_after = nullptr;
  make(1);
  make_suspect();
  run(1100ms);
  ASSERT_EQ(probes.size(), 5u);
  health->on_echo_reply(probes[4].probe.sequence, probes[4].at + 1500ms);
  for (int i = 0; i < 2; ++i) {
    now += 2s;
    poll();
    health->on_echo_reply(probes.back().probe.sequence, now + 20ms);
  }
  EXPECT_EQ(health->state(), ExitState::suspect);
}

TEST_F(ExitHealthTest, AnswersToProbesBeforeTheSuspicionDoNotBringItBack) {
  make(1);
  settle();
  make_suspect();
  ASSERT_EQ(probes.size(), 3u);
  for (const auto& probe : probes) health->on_echo_reply(probe.probe.sequence, now);
  health->on_received(now);
  EXPECT_EQ(health->state(), ExitState::suspect);
}

TEST_F(ExitHealthTest, RepeatedAndForeignAnswersDoNotCount) {
  make(1);
  health->on_bond_use(now);
  run(1ms);
  ASSERT_EQ(probes.size(), 1u);
  health->on_echo_reply(static_cast<uint16_t>(probes[0].probe.sequence + 16), now);
  EXPECT_FALSE(health->rtt().measured());
  settle();
  make_suspect();
  run(1s);
  const uint16_t sequence = probes.back().probe.sequence;
  for (int i = 0; i < 5; ++i) health->on_echo_reply(sequence, now);
  health->on_echo_reply(static_cast<uint16_t>(sequence + 16), now);
  health->on_echo_reply(static_cast<uint16_t>(sequence + 1), now);
  EXPECT_EQ(health->state(), ExitState::suspect);
}

TEST_F(ExitHealthTest, AFlappingExitHasToProveMore) {
  make(1);
  settle();
  answer_after = [](ExitProbe) { return 20ms; };
  for (int i = 0; i < 4; ++i) {
    make_suspect();
    EXPECT_LT(time_to_return(), 3100ms) << i;
  }
  for (size_t i = 1; i < handshakes.size(); ++i)
    EXPECT_GE(handshakes[i] - handshakes[i - 1], wireguard::kRekeyTimeout);
  make_suspect();
  EXPECT_GT(time_to_return(), 9s) << "the fifth within a minute";
  EXPECT_EQ(health->state(), ExitState::alive);
  for (int i = 0; i < 7; ++i) {
    health->on_bond_use(now);
    run(10s);
  }
  make_suspect();
  EXPECT_LT(time_to_return(), 3100ms) << "a quiet minute has passed";
}

TEST_F(ExitHealthTest, ASuspectOfAnUnusedBondIsLeftInPeace) {
  make(1);
  settle();
  make_suspect();
  run(10min);
  const size_t count = probes.size();
  EXPECT_NEAR(static_cast<double>(count), 300, 5);
  run(1h);
  EXPECT_EQ(probes.size(), count);
  health->on_bond_use(now);
  run(10ms);
  EXPECT_EQ(probes.size(), count + 1);
}

TEST_F(ExitHealthTest, LongRoundTripsAreWaitedFor) {
  make(1);
  answer_after = [](ExitProbe) { return 800ms; };
  health->on_bond_use(now);
  run(20s);
  EXPECT_EQ(health->suspicions(), 0u);
  ASSERT_TRUE(health->rtt().measured());
  // Data that is answered as quickly as can be needs no probes.
  probes.clear();
  for (int i = 0; i < 100; ++i) {
    send();
    run(800ms);
    health->on_received(now);
  }
  EXPECT_TRUE(probes.empty());
  // Data that nobody answers: only the probes can tell.
  for (int i = 0; i < 100; ++i) {
    send();
    run(500ms);
  }
  EXPECT_EQ(health->suspicions(), 0u);
  make_suspect();
  probes.clear();
  EXPECT_LT(time_to_return(), 5s);
}

TEST_F(ExitHealthTest, MeasuresTheRoundTrip) {
  make(1);
  Duration next = 100ms;
  answer_after = [&](ExitProbe) { return next; };
  health->on_bond_use(now);
  run(1s);
  EXPECT_EQ(health->rtt().smoothed(), 100ms);
  EXPECT_EQ(health->rtt().variation(), 50ms);
  next = 180ms;
  run(10s);
  EXPECT_EQ(health->rtt().smoothed(), 110ms);
  EXPECT_EQ(health->rtt().variation(), 57500us);
}

TEST_F(ExitHealthTest, AHandshakeMakesASuspectAskAtOnceButNoMore) {
  make(1);
  settle();
  make_suspect();
  answer_after = [](ExitProbe) { return 20ms; };
  run(300ms);
  probes.clear();
  health->on_handshake(now);
  EXPECT_EQ(health->state(), ExitState::suspect);
  EXPECT_LE(health->next_deadline(), now);
  run(10ms);
  EXPECT_EQ(probes.size(), 1u);
}

TEST_F(ExitHealthTest, WithoutTargetsHandshakesAreAsked) {
  make(0);
  const Time begin = now;
  send();
  run(20s);
  EXPECT_TRUE(probes.empty());
  ASSERT_GE(handshakes.size(), 2u);
  EXPECT_EQ(handshakes[0] - begin, 1s);
  EXPECT_EQ(handshakes[1] - begin, 6s);
  EXPECT_EQ(health->state(), ExitState::suspect);
  EXPECT_EQ(health->since() - begin, 11s);
  health->on_handshake(now);
  EXPECT_EQ(health->state(), ExitState::alive);
}

TEST_F(ExitHealthTest, WithoutTargetsAKeepaliveIsProof) {
  make(0);
  send();
  run(7s);
  EXPECT_EQ(handshakes.size(), 2u);
  health->on_received(now);
  run(1h);
  EXPECT_EQ(handshakes.size(), 2u);
  EXPECT_EQ(health->state(), ExitState::alive);
  send();
  run(12s);
  ASSERT_EQ(health->state(), ExitState::suspect);
  health->on_received(now);
  EXPECT_EQ(health->state(), ExitState::alive);
}

TEST_F(ExitHealthTest, WithoutTargetsQuestionsRespectTheRekeyTimeout) {
  make(0);
  for (int i = 0; i < 2000; ++i) {
    send();
    const size_t before = handshakes.size();
    run(100ms);
    if (handshakes.size() > before) health->on_handshake(now);
  }
  EXPECT_EQ(health->suspicions(), 0u);
  ASSERT_GT(handshakes.size(), 10u);
  for (size_t i = 1; i < handshakes.size(); ++i)
    ASSERT_GE(handshakes[i] - handshakes[i - 1], wireguard::kRekeyTimeout);
}

TEST_F(ExitHealthTest, AnIdleExitWithoutTargetsCostsNothing) {
  make(0);
  health->on_bond_use(now);
  EXPECT_EQ(health->next_deadline(), kNever);
  EXPECT_FALSE(health->poll(now).ask_handshake);
}

// Whatever happens: no busy loop, a few packets a second at most, and in the end an exit that
// answers is alive.
TEST_F(ExitHealthTest, RandomEventsNeverMakeItSpin) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random{seed};
    make(static_cast<uint8_t>(random() % 4));
    answer_after = [&](ExitProbe) -> std::optional<Duration> {
      if (random() % 3 == 0) return std::nullopt;
      return std::chrono::milliseconds(random() % 4000);
    };
    const Time begin = now;
    size_t polls = 0;
    for (int i = 0; i < 3000; ++i) {
      switch (random() % 8) {
        case 0:
          health->on_received(now);
          break;
        case 1:
          if (random() % 10 == 0) health->on_handshake(now);
          break;
        case 2:
          health->on_echo_reply(static_cast<uint16_t>(random()), now);
          break;
        case 3:
          health->on_bond_use(now);
          break;
        case 4:
          poll();  // early, or at any rate unasked
          break;
        default:
          send();
      }
      while (health->next_deadline() <= now) {
        poll();
        ASSERT_LT(++polls, 100'000u) << "seed " << seed;
      }
      run(std::chrono::milliseconds(random() % (random() % 50 == 0 ? 60'000 : 600)));
    }
    const auto seconds = (now - begin) / 1s;
    EXPECT_LT(probes.size(), static_cast<size_t>(4 * seconds)) << "seed " << seed;
    EXPECT_LE(handshakes.size(), static_cast<size_t>(seconds / 5 + 1)) << "seed " << seed;
    answer_after = [](ExitProbe) { return 50ms; };
    for (int i = 0; i < 60 && health->state() == ExitState::suspect; ++i) {
      health->on_bond_use(now);
      run(1s);
      health->on_handshake(now);
    }
    EXPECT_EQ(health->state(), ExitState::alive) << "seed " << seed;
  }
}

}  // namespace
}  // namespace wirebraid
