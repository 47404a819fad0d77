#include "core/wireguard/device_impl.h"

namespace wirebraid::wireguard {

void Device::Impl::handle_deadline(Time now, Outbox& out) {
  // Ends, because every timer that runs out is disarmed or moved beyond `now`.
  while (!deadlines_.empty() && deadlines_.top().scheduled <= now) {
    PeerState& peer = deadlines_.top();
    run_timers(peer, now, out);
    settle(peer);
  }
  initiations_.begin_turn();
  answer_initiations(now, out);
}

Time Device::Impl::next_deadline() {
  if (!initiations_.empty()) return Time{};
  while (!deadlines_.empty()) {
    PeerState& peer = deadlines_.top();
    if (peer.scheduled == peer.timers.earliest()) return peer.scheduled;
    settle(peer);
  }
  return kNever;
}

void Device::Impl::settle(PeerState& peer) {
  const Time earliest = peer.timers.earliest();
  if (earliest == kNever) {
    deadlines_.remove(peer);
  } else {
    deadlines_.schedule(peer, earliest);
  }
}

void Device::Impl::run_timers(PeerState& peer, Time now, Outbox& out) {
  PeerTimers& timers = peer.timers;
  if (timers.take_due(Timer::session_expiry, now)) session_lost(peer, out);
  if (timers.take_due(Timer::previous_expiry, now)) drop_expired_pairs(peer, now);
  if (timers.take_due(Timer::zero_keys, now)) end_sessions(peer, out);
  if (timers.take_due(Timer::handshake, now)) handshake_due(peer, now, out);
  if (timers.take_due(Timer::new_handshake, now)) {
    // Perhaps our own address is the one that no longer works.
    peer.source = {};
    start_handshake(peer, now, out);
  }
  if (timers.take_due(Timer::passive_keepalive, now)) {
    const bool another = timers.take_another_keepalive();
    send_keepalive(peer, now, out);
    if (another) timers.arm(Timer::passive_keepalive, now + kKeepaliveTimeout);
  }
  if (timers.take_due(Timer::persistent_keepalive, now)) {
    timers.restart_persistent(now);
    send_keepalive(peer, now, out);
  }
}

void Device::Impl::handshake_due(PeerState& peer, Time now, Outbox& out) {
  if (!has_key() || !peer.remote) return;
  if (peer.handshake_tries < kMaxHandshakeTries) {
    if (peer.handshake_tries > 0) peer.source = {};
    send_initiation(peer, now, out);
    return;
  }
  // The paper lets every new payload prolong the attempt; we give up in any case, so that a bond
  // learns of it. The next payload begins anew, so nothing differs on the wire.
  drop_handshake(peer);
  peer.handshake_tries = 0;
  peer.timers.disarm(Timer::passive_keepalive);
  if (!peer.timers.armed(Timer::zero_keys)) peer.timers.arm(Timer::zero_keys, now + kZeroingTime);
  peer.counters.staged_dropped += peer.staged.clear();
  out.events.push_back({&peer, PeerEventKind::handshake_failed});
}

}  // namespace wirebraid::wireguard
