// Whether an exit, a stock WireGuard peer that sends no reports, is alive: found out with as few
// packets of our own as can be, since LTE costs money.
//
// Whatever comes in proves it alive and saves a probe. What was sent and remains unanswered starts
// a quick series of echo requests through the tunnel; when none is answered either, the exit is
// suspect. It comes back by answering a few probes in a row. Without targets to ask, handshakes
// take the place of probes, which is slower and tells nothing of the internet behind the peer.
//
//                unanswered for 500 ms            three probes unanswered
//        quiet ───────────────────────> doubtful ────────────────────────> suspect
//          ^ <────── anything received ────┘                                  │
//          └──────────────── three probes answered in a row ──────────────────┘
//
// One object per exit. Virtual time; no packets are made here: poll() says what to send.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "core/rtt_estimator.h"
#include "wirebraid/time.h"

namespace wirebraid {

struct ExitHealthOptions {
  /// How many there are to send echo requests to. The one that answered last is asked first, then
  /// the others in turn, so a target that never answers does no harm beside one that does.
  uint8_t targets = 0;
  /// Silence after which a probe is sent although nothing is owed, while the bond is in use.
  Duration idle_interval = std::chrono::seconds(10);
  /// Between the probes of the series in doubt; also the least time that an answer is given.
  Duration fast_interval = std::chrono::milliseconds(250);
  /// Between probes of a suspect exit.
  Duration suspect_interval = std::chrono::seconds(1);
  /// How long data may remain unanswered before there is doubt; longer if the RTT is.
  Duration doubt_after = std::chrono::milliseconds(500);
  /// The same without targets, when a handshake is the only question.
  Duration doubt_after_without_targets = std::chrono::seconds(1);
  /// A bond counts as used this long after on_bond_use(). An unused one's exits are left in peace;
  /// when it is used again, an overdue probe is sent at once.
  Duration in_use = std::chrono::minutes(5);
  uint8_t answers_to_return = 3;
  /// Answers needed after more than kMaxSuspicions suspicions in kFlappingPeriod.
  uint8_t answers_if_flapping = 10;
};

enum class ExitState : uint8_t { alive, suspect };

/// An echo request to be sent now. The sequence goes into it and comes back with the reply.
struct ExitProbe {
  uint8_t target = 0;
  uint16_t sequence = 0;
};

struct ExitAction {
  std::optional<ExitProbe> probe;
  bool ask_handshake = false;  ///< initiate one, although there may be a session
};

class ExitHealth {
 public:
  static constexpr int kProbesInDoubt = 3;
  static constexpr int kHandshakesInDoubt = 2;
  static constexpr size_t kMaxSuspicions = 4;
  static constexpr Duration kFlappingPeriod = std::chrono::seconds(60);
  /// However long the RTT, an answer is not waited for any longer.
  static constexpr Duration kMaxAnswerTime = std::chrono::seconds(3);

  /// Begins alive, with a probe due as soon as the bond is used.
  ExitHealth(const ExitHealthOptions& options, Time now);

  /// The bond has carried something, on whatever path.
  void on_bond_use(Time now) { used_until_ = now + options_.in_use; }
  /// Data went out by this exit, to which some answer may be expected. Not for probes.
  void on_sent(Time now);
  /// An authenticated payload came in by this exit, be it a keepalive.
  void on_received(Time now);
  /// A handshake was completed.
  void on_handshake(Time now);
  /// An echo reply to a probe. Old and repeated ones do no harm. Implies on_received().
  void on_echo_reply(uint16_t sequence, Time now);

  /// Call at next_deadline() or later; calling early does no harm. What is to be sent now; there
  /// may be more at once only if next_deadline() says so. May change state().
  ExitAction poll(Time now);
  /// Changes with every call of the above; kNever if nothing is owed.
  Time next_deadline() const;

  ExitState state() const {
    return phase_ == Phase::suspect ? ExitState::suspect : ExitState::alive;
  }
  Time since() const { return since_; }  ///< of state()
  uint8_t targets() const { return options_.targets; }
  const RttEstimator& rtt() const { return rtt_; }
  uint64_t suspicions() const { return suspicions_; }

 private:
  enum class Phase : uint8_t { quiet, doubtful, suspect };
  struct Probe {
    uint16_t sequence = 0;
    uint8_t target = 0;
    bool waiting = false;
    bool for_return = false;  ///< sent while suspect: counts towards the return
    Time sent{};
  };

  bool has_targets() const { return options_.targets > 0; }
  Duration answer_time() const;
  Duration return_answer_time() const { return std::max(options_.suspect_interval, answer_time()); }
  Time doubt_at() const;
  void heard(Time now);
  void become_suspect(Time now, ExitAction& action);
  void become_alive(Time now);
  void send_probe(Time now, ExitAction& action);
  void ask_handshake(Time now, ExitAction& action);
  void poll_doubtful(Time now, ExitAction& action);
  void poll_suspect(Time now, ExitAction& action);
  void count_missing_answers(Time now);

  ExitHealthOptions options_;
  Phase phase_ = Phase::quiet;
  Time since_;
  Time used_until_ = Time::min();
  Time unanswered_since_ = kNever;  ///< when the first of what is unanswered was sent
  Time due_;                        ///< next probe, question or verdict, by phase
  Time earliest_handshake_ = Time::min();
  int asked_ = 0;  ///< probes or handshakes of the series in doubt

  std::array<Probe, 16> probes_{};  ///< by sequence; more than kMaxAnswerTime needs
  uint16_t next_sequence_ = 0;
  uint8_t next_target_ = 0;
  unsigned answers_in_row_ = 0;
  unsigned answers_needed_ = 0;
  RttEstimator rtt_;

  std::array<Time, kMaxSuspicions> recent_suspicions_{};  ///< ring
  uint64_t suspicions_ = 0;
};

}  // namespace wirebraid
