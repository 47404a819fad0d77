#include "core/exit/exit_health.h"

#include <algorithm>

#include "core/wireguard/protocol.h"

namespace wirebraid {

ExitHealth::ExitHealth(const ExitHealthOptions& options, Time now)
    : options_(options), since_(now), due_(now) {}

Duration ExitHealth::answer_time() const {
  if (!rtt_.measured()) return options_.fast_interval;
  return std::clamp(rtt_.bound(), options_.fast_interval,
                    std::max(kMaxAnswerTime, options_.fast_interval));
}

Time ExitHealth::doubt_at() const {
  if (unanswered_since_ == kNever) return kNever;
  if (has_targets()) return unanswered_since_ + std::max(options_.doubt_after, answer_time());
  return std::max(unanswered_since_ + options_.doubt_after_without_targets, earliest_handshake_);
}

void ExitHealth::on_sent(Time now) {
  if (phase_ == Phase::quiet && unanswered_since_ == kNever) unanswered_since_ = now;
}

void ExitHealth::heard(Time now) {
  phase_ = Phase::quiet;
  unanswered_since_ = kNever;
  due_ = now + options_.idle_interval;
}

void ExitHealth::on_received(Time now) {
  if (phase_ != Phase::suspect) {
    heard(now);
  } else if (!has_targets()) {
    become_alive(now);
  }
}

void ExitHealth::on_handshake(Time now) {
  earliest_handshake_ = now + wireguard::kRekeyTimeout;
  // The peer may just have restarted: not a proof, but worth a question at once.
  if (phase_ == Phase::suspect && has_targets()) due_ = std::min(due_, now);
  on_received(now);
}

void ExitHealth::on_echo_reply(uint16_t sequence, Time now) {
  Probe& probe = probes_[sequence % probes_.size()];
  if (!probe.waiting || probe.sequence != sequence) return;
  if (phase_ == Phase::suspect) count_missing_answers(now);  // this one may be too late itself
  probe.waiting = false;
  next_target_ = probe.target;
  rtt_.add(now - probe.sent);
  if (phase_ != Phase::suspect) {
    heard(now);
    return;
  }
  if (!probe.for_return) return;
  ++answers_in_row_;
  if (answers_in_row_ >= answers_needed_) become_alive(now);
}

void ExitHealth::become_suspect(Time now, ExitAction& action) {
  phase_ = Phase::suspect;
  since_ = now;
  due_ = now + options_.suspect_interval;
  unanswered_since_ = kNever;
  answers_in_row_ = 0;
  // The one kMaxSuspicions ago is the one that this replaces in the ring.
  Time& oldest = recent_suspicions_[suspicions_ % kMaxSuspicions];
  const bool flapping = suspicions_ >= kMaxSuspicions && now - oldest < kFlappingPeriod;
  answers_needed_ = flapping ? options_.answers_if_flapping : options_.answers_to_return;
  oldest = now;
  ++suspicions_;
  // If the peer has lost the session, WireGuard alone would notice after 15 s only (section 6.5).
  ask_handshake(now, action);
}

void ExitHealth::become_alive(Time now) {
  since_ = now;
  heard(now);
}

void ExitHealth::ask_handshake(Time now, ExitAction& action) {
  if (now < earliest_handshake_) return;
  earliest_handshake_ = now + wireguard::kRekeyTimeout;
  action.ask_handshake = true;
}

void ExitHealth::send_probe(Time now, ExitAction& action) {
  action.probe = ExitProbe{next_target_, next_sequence_};
  probes_[next_sequence_ % probes_.size()] = {next_sequence_, next_target_, true,
                                              phase_ == Phase::suspect, now};
  ++next_sequence_;
  next_target_ = static_cast<uint8_t>((next_target_ + 1) % options_.targets);
}

void ExitHealth::poll_doubtful(Time now, ExitAction& action) {
  if (asked_ == (has_targets() ? kProbesInDoubt : kHandshakesInDoubt)) {
    become_suspect(now, action);
    return;
  }
  ++asked_;
  if (has_targets()) {
    send_probe(now, action);
    due_ = now + (asked_ < kProbesInDoubt ? options_.fast_interval : answer_time());
  } else {
    ask_handshake(now, action);
    due_ = now + wireguard::kRekeyTimeout;
  }
}

void ExitHealth::count_missing_answers(Time now) {
  for (Probe& probe : probes_) {
    if (!probe.waiting || !probe.for_return || now - probe.sent < return_answer_time()) continue;
    probe.for_return = false;
    answers_in_row_ = 0;
  }
}

void ExitHealth::poll_suspect(Time now, ExitAction& action) {
  if (has_targets()) {
    count_missing_answers(now);
    send_probe(now, action);
    due_ = now + options_.suspect_interval;
  } else {
    ask_handshake(now, action);
    due_ = now + wireguard::kRekeyTimeout;
  }
}

ExitAction ExitHealth::poll(Time now) {
  ExitAction action;
  if (now < next_deadline()) return action;
  switch (phase_) {
    case Phase::quiet:
      if (now >= doubt_at()) {
        phase_ = Phase::doubtful;
        asked_ = 0;
        poll_doubtful(now, action);
      } else {
        send_probe(now, action);
        due_ = now + options_.idle_interval;
        on_sent(now);
      }
      break;
    case Phase::doubtful:
      poll_doubtful(now, action);
      break;
    case Phase::suspect:
      poll_suspect(now, action);
      break;
  }
  return action;
}

Time ExitHealth::next_deadline() const {
  const Time while_used = due_ <= used_until_ ? due_ : kNever;
  switch (phase_) {
    case Phase::quiet:
      return has_targets() ? std::min(while_used, doubt_at()) : doubt_at();
    case Phase::doubtful:
      return due_;
    case Phase::suspect:
      return while_used;
  }
  return kNever;
}

}  // namespace wirebraid
