// Every timer of the paper, to the microsecond where no jitter is asked for.
#include <map>

#include "core/wireguard/peer.h"
#include "tests/core/wireguard/two_devices.h"

namespace wirebraid::wireguard {
namespace {

using namespace testing;
using Events = std::vector<PeerEventKind>;

constexpr Duration kJitter = 333ms;

class Timers : public TwoDevices {
 protected:
  struct Sent {
    Duration at;
    MessageType type;
    size_t size;
  };

  /// Runs to `until` (since `start_`); nothing arrives. Returns what `end` sent.
  std::vector<Sent> run_in_the_dark(End& end, Duration until) {
    std::vector<Sent> log;
    const auto note = [&] {
      for (End* each : {&a, &b}) {
        for (const Datagram& datagram : each->take_datagrams()) {
          if (each == &end) log.push_back({now - start_, type_of(datagram), datagram.bytes.size()});
        }
      }
    };
    note();
    run_until(start_ + until, note);
    return log;
  }
  /// The same, but everything arrives.
  std::vector<Sent> run_connected(End& end, Duration until) {
    std::vector<Sent> log;
    run_until(start_ + until, [&] {
      while (!a.out.datagrams.empty() || !b.out.datagrams.empty()) {
        for (End* from : {&a, &b}) {
          for (Datagram& datagram : from->take_datagrams()) {
            if (from == &end)
              log.push_back({now - start_, type_of(datagram), datagram.bytes.size()});
            deliver(*from, datagram);
          }
        }
      }
    });
    return log;
  }
  void handshake_now() {
    handshake();
    start_ = now;
  }
  PeerState& state(End& end) { return static_cast<PeerState&>(*end.peer); }

  Time start_ = now;
};

TEST_F(Timers, RetriesEighteenTimesWithJitterThenGivesUp) {
  a.send("x", now);
  const auto log = run_in_the_dark(a, 300s);
  ASSERT_EQ(log.size(), 18u);
  bool jittered = false;
  for (size_t i = 1; i < log.size(); ++i) {
    EXPECT_EQ(log[i].type, MessageType::initiation);
    const Duration gap = log[i].at - log[i - 1].at;
    EXPECT_GE(gap, 5s);
    EXPECT_LE(gap, 5s + kJitter);
    jittered = jittered || gap != 5s;
  }
  EXPECT_TRUE(jittered);
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::handshake_failed});
  EXPECT_EQ(a.peer->statistics().staged_dropped, 1u);

  a.send("anew", now);
  EXPECT_EQ(a.out.datagrams.size(), 1u);
}

TEST_F(Timers, GivingUpComesAfterNinetySeconds) {
  a.send("x", now);
  run_in_the_dark(a, 90s - 1us);
  EXPECT_TRUE(a.take_events().empty());
  run_in_the_dark(a, 90s + 18 * kJitter);
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::handshake_failed});
}

TEST_F(Timers, EveryTryHasItsOwnStampKeyAndIndex) {
  a.send("x", now);
  auto first = a.take_datagrams();
  run_until(now + 6s, [] {});
  auto second = a.take_datagrams();
  ASSERT_EQ(second.size(), 1u);
  for (const size_t at : {4u, 8u, 40u, 88u}) {
    EXPECT_NE(0, std::memcmp(first[0].bytes.data() + at, second[0].bytes.data() + at, 4)) << at;
  }
  // An answer to the first try comes too late.
  deliver(a, first[0]);
  auto late = b.take_datagrams();
  deliver(b, late[0]);
  EXPECT_EQ(a.device.statistics().unknown_index, 1u);
  EXPECT_FALSE(a.peer->has_session(now));
}

TEST_F(Timers, PassiveKeepaliveTenSecondsAfterUnansweredData) {
  handshake_now();
  a.send("x", now);
  exchange();
  const auto log = run_connected(b, 60s);
  ASSERT_EQ(log.size(), 1u);  // and the keepalive is not answered by another
  EXPECT_EQ(log[0].at, 10s);
  EXPECT_EQ(log[0].size, kTransportOverhead);
}

TEST_F(Timers, DataInTheMeantimeNeedsAnotherPassiveKeepalive) {
  handshake_now();
  a.send("x", now);
  exchange();
  run_connected(b, 4s);
  a.send("y", now);
  exchange();
  const auto log = run_connected(b, 60s);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].at, 10s);
  EXPECT_EQ(log[1].at, 20s);
}

TEST_F(Timers, AnAnswerReplacesThePassiveKeepalive) {
  handshake_now();
  a.send("x", now);
  exchange();
  run_connected(b, 9s);
  b.send("y", now);
  exchange();
  EXPECT_TRUE(run_connected(b, 18s).empty());
}

TEST_F(Timers, NewHandshakeAfterFifteenSecondsOfSilence) {
  handshake_now();
  a.send("x", now);
  run_in_the_dark(a, 7s);
  a.send("y", now);  // does not move the timer
  const auto log = run_in_the_dark(a, 17s);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[1].type, MessageType::initiation);
  EXPECT_GE(log[1].at, 15s);
  EXPECT_LE(log[1].at, 15s + kJitter);
}

TEST_F(Timers, KeepalivesSentDoNotAskForAnAnswer) {
  handshake_now();
  a.send("", now);
  EXPECT_EQ(run_in_the_dark(a, 100s).size(), 1u);
}

TEST_F(Timers, InitiatorRenewsWhenItSendsAfter120Seconds) {
  handshake_now();
  run_connected(a, 120s - 1us);
  a.send("before", now);
  EXPECT_EQ(a.out.datagrams.size(), 1u);
  exchange();
  advance(1us);
  b.send("responder does not", now);
  EXPECT_EQ(b.out.datagrams.size(), 1u);
  exchange();
  a.send("at", now);
  ASSERT_EQ(a.out.datagrams.size(), 2u);
  EXPECT_EQ(type_of(a.out.datagrams[1]), MessageType::initiation);
  exchange();
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::session_established});
  EXPECT_EQ(b.take_events(), Events{PeerEventKind::session_established});
}

TEST_F(Timers, InitiatorThatOnlyReceivesRenewsAt165Seconds) {
  handshake_now();
  advance(165s - 1us);
  b.send("x", now);
  exchange();
  EXPECT_TRUE(a.out.datagrams.empty());
  EXPECT_TRUE(a.take_events().empty());
  advance(1us);
  b.send("y", now);
  auto data = b.take_datagrams();
  deliver(b, data[0]);
  ASSERT_EQ(a.out.datagrams.size(), 1u);
  EXPECT_EQ(type_of(a.out.datagrams[0]), MessageType::initiation);
  a.take_datagrams();
  b.send("z", now);  // asked once only
  auto again = b.take_datagrams();
  deliver(b, again[0]);
  EXPECT_TRUE(a.out.datagrams.empty());
}

TEST_F(Timers, KeyPairsAreRefusedFrom180SecondsOn) {
  handshake_now();
  a.send("in time", now);
  auto kept = a.take_datagrams();
  a.send("late", now);
  auto late = a.take_datagrams();
  run_in_the_dark(a, 14s);
  set_time(start_ + 180s - 1us);
  EXPECT_TRUE(b.peer->has_session(now));
  deliver(a, kept[0]);
  EXPECT_EQ(b.out.payloads.size(), 1u);
  advance(1us);
  EXPECT_FALSE(b.peer->has_session(now));
  deliver(a, late[0]);
  EXPECT_EQ(b.out.payloads.size(), 1u);
  EXPECT_EQ(b.device.statistics().bad_transport, 1u);
  EXPECT_FALSE(b.send("x", now).sent);
  EXPECT_EQ(type_of(b.out.datagrams.back()), MessageType::initiation);
}

TEST_F(Timers, AReplacedKeyPairIsForgottenWhenItIs180SecondsOld) {
  handshake_now();
  const Time expiry = now + 180s;
  a.send("in time", now);
  a.send("late", now);
  auto old = a.take_datagrams();
  set_time(expiry - 80s);
  handshake_now();
  set_time(expiry - 1us);
  deliver(a, old[0]);
  EXPECT_EQ(b.out.payloads.size(), 1u);
  advance(1us);
  b.device.handle_deadline(now, b.out);
  deliver(a, old[1]);
  EXPECT_EQ(b.out.payloads.size(), 1u);
  EXPECT_EQ(b.device.statistics().unknown_index, 1u);
  EXPECT_TRUE(b.peer->has_session(now));
}

TEST_F(Timers, SessionLostIsReportedAt180Seconds) {
  handshake_now();
  EXPECT_EQ(b.device.next_deadline(), start_ + 180s);
  run_in_the_dark(a, 180s - 1us);
  EXPECT_TRUE(b.take_events().empty());
  run_in_the_dark(a, 180s);
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::session_lost});
  EXPECT_EQ(b.take_events(), Events{PeerEventKind::session_lost});
}

TEST_F(Timers, KeysAreZeroedAfter540Seconds) {
  handshake_now();
  run_in_the_dark(a, 540s - 1us);
  EXPECT_TRUE(state(a).pairs.current);
  EXPECT_EQ(a.device.next_deadline(), start_ + 540s);
  run_in_the_dark(a, 540s);
  for (End* end : {&a, &b}) {
    for (auto* pair : state(*end).pairs.all()) EXPECT_FALSE(*pair);
    EXPECT_EQ(end->device.next_deadline(), kNever);
  }
}

TEST_F(Timers, PersistentKeepalive) {
  handshake_now();
  a.device.set_persistent_keepalive(*a.peer, 25s, now, a.out);
  EXPECT_EQ(a.out.datagrams.size(), 1u);  // one at once
  exchange();
  auto log = run_connected(a, 60s);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].at, 25s);
  EXPECT_EQ(log[1].at, 50s);
  // Any traffic moves it, in either direction.
  b.send("x", now);
  exchange();
  log = run_connected(a, 70s);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0].at, 70s);  // the passive one, ten seconds after data
  a.device.set_persistent_keepalive(*a.peer, 0s, now, a.out);
  EXPECT_TRUE(run_connected(a, 118s).empty());
}

TEST_F(Timers, PersistentKeepaliveKeepsASessionForEver) {
  a.device.set_persistent_keepalive(*a.peer, 25s, now, a.out);
  EXPECT_EQ(a.out.datagrams.size(), 1u);
  exchange();
  a.take_events();
  start_ = now;
  run_connected(a, 3600s);
  for (const auto kind : a.take_events()) EXPECT_EQ(kind, PeerEventKind::session_established);
  EXPECT_TRUE(a.peer->has_session(now));
  EXPECT_GT(a.device.statistics().handshakes_completed, 24u);
  EXPECT_LT(a.device.statistics().handshakes_completed, 31u);
}

TEST_F(Timers, PersistentKeepaliveTriesAgainAfterGivingUp) {
  a.device.set_persistent_keepalive(*a.peer, 25s, now, a.out);
  run_in_the_dark(a, 130s);
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::handshake_failed});
  exchange();
  run_connected(a, 140s);
  EXPECT_TRUE(a.peer->has_session(now));
}

TEST_F(Timers, OneHandshakeMessageInFiveSeconds) {
  handshake_now();
  advance(1s);
  a.device.initiate(*a.peer, now, a.out);  // postponed, not forgotten
  EXPECT_TRUE(a.out.datagrams.empty());
  const auto log = run_connected(a, 10s);
  ASSERT_GE(log.size(), 1u);
  EXPECT_EQ(log[0].type, MessageType::initiation);
  EXPECT_EQ(log[0].at, 5s);
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::session_established});
}

// The way has changed: what was sent a moment ago says nothing.
TEST_F(Timers, AnnouncesItselfAtOnce) {
  a.device.announce(*a.peer, now, a.out);
  a.device.announce(*a.peer, now, a.out);
  auto tries = a.take_datagrams();
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_EQ(type_of(tries[1]), MessageType::initiation);
  deliver(a, tries[1]);
  exchange();
  ASSERT_TRUE(a.peer->has_session(now));
  a.device.announce(*a.peer, now, a.out);
  const auto told = a.take_datagrams();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(is_keepalive(told[0]));
  // A handshake that is under way may have gone nowhere.
  a.device.initiate(*a.peer, now + 5s, a.out);
  a.take_datagrams();
  a.device.announce(*a.peer, now + 6s, a.out);
  const auto both = a.take_datagrams();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_TRUE(is_keepalive(both[0]));
  EXPECT_EQ(type_of(both[1]), MessageType::initiation);
  // Without an endpoint there is nobody to tell.
  a.device.set_endpoint(*a.peer, Endpoint());
  a.device.announce(*a.peer, now + 7s, a.out);
  EXPECT_TRUE(a.out.datagrams.empty());
}

TEST_F(Timers, StartsAnewWithAnotherHost) {
  handshake_now();
  a.device.start_anew(*a.peer, now, a.out);
  EXPECT_FALSE(a.peer->has_session(now));
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::session_lost});
  ASSERT_EQ(a.out.datagrams.size(), 1u);
  EXPECT_EQ(type_of(a.out.datagrams[0]), MessageType::initiation);
  advance(20ms);  // the least between two initiations that a responder takes
  exchange();
  EXPECT_TRUE(a.peer->has_session(now));
  a.send("after", now);
  exchange();
  EXPECT_EQ(b.take_payloads(), std::vector<std::string>{"after"});
}

TEST_F(Timers, ResponderWhoseAnswerWasLostComesBackByItself) {
  a.device.initiate(*a.peer, now, a.out);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  b.take_datagrams();  // the response is lost, and the initiator is gone
  b.send("x", now);
  const auto log = run_in_the_dark(b, 5s);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0].at, 5s);
  EXPECT_EQ(log[0].type, MessageType::initiation);
}

TEST_F(Timers, RenewsAfterTwoToThe60MessagesAndStopsBeforeTheCounterEnds) {
  handshake_now();
  advance(5s);
  state(b).pairs.current->send_counter = kRekeyAfterMessages - 2;
  b.send("x", now);
  EXPECT_EQ(b.out.datagrams.size(), 1u);
  b.send("y", now);
  ASSERT_EQ(b.out.datagrams.size(), 3u);
  EXPECT_EQ(type_of(b.out.datagrams[2]), MessageType::initiation);
  b.take_datagrams();

  state(b).pairs.current->send_counter = UINT64_MAX - (1 << 13) - 1;
  EXPECT_TRUE(b.send("last", now).sent);
  auto last = b.take_datagrams();
  deliver(b, last[0]);
  EXPECT_EQ(a.out.payloads.size(), 1u);
  EXPECT_FALSE(b.peer->has_session(now));
  EXPECT_FALSE(b.send("none", now).sent);
  EXPECT_EQ(b.take_events(), Events{PeerEventKind::session_lost});
}

TEST_F(Timers, RekeyUnderTrafficLosesNothing) {
  // One-way delay of 30 ms in both directions, a payload each way every 20 ms, for 1000 s.
  struct InFlight {
    Time arrives;
    End* from;
    Datagram datagram;
  };
  handshake_now();
  std::deque<InFlight> wire;
  std::map<End*, int> sent;
  std::map<End*, int> received;
  const auto pump = [&] {
    for (End* end : {&a, &b}) {
      for (Datagram& datagram : end->take_datagrams()) {
        wire.push_back({now + 30ms, end, std::move(datagram)});
      }
    }
  };
  const auto collect = [&] {
    for (End* end : {&a, &b}) {
      for (const auto& text : end->take_payloads()) {
        EXPECT_EQ(text, std::to_string(received[end]++));  // in order too
      }
    }
  };
  for (int step = 0; step < 50'000; ++step) {
    while (!wire.empty() && wire.front().arrives <= now) {
      InFlight next = std::move(wire.front());
      wire.pop_front();
      deliver(*next.from, next.datagram);
    }
    for (End* end : {&a, &b}) {
      if (end->device.next_deadline() <= now) end->device.handle_deadline(now, end->out);
      end->send(std::to_string(sent[end]++), now);
      EXPECT_TRUE(end->peer->has_session(now));
    }
    // Both at once now and then, so that handshakes cross.
    if (step % 7'500 == 7'499) {
      a.device.initiate(*a.peer, now, a.out);
      b.device.initiate(*b.peer, now, b.out);
    }
    pump();
    collect();
    advance(20ms);
  }
  advance(30ms);
  while (!wire.empty()) {
    deliver(*wire.front().from, wire.front().datagram);
    wire.pop_front();
  }
  collect();
  EXPECT_EQ(received[&a], sent[&b]);
  EXPECT_EQ(received[&b], sent[&a]);
  EXPECT_GT(a.device.statistics().handshakes_completed, 8u);
  EXPECT_EQ(a.device.statistics().unknown_index + b.device.statistics().unknown_index, 0u);
}

}  // namespace
}  // namespace wirebraid::wireguard
