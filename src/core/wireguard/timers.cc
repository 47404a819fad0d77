#include "core/wireguard/timers.h"

#include <algorithm>

#include "core/wireguard/protocol.h"
#include "wirebraid/platform.h"

namespace wirebraid::wireguard {

namespace {
Duration jitter(Platform& platform) {
  return Duration(platform.random_u32() % static_cast<uint32_t>(kMaxRekeyJitter.count() + 1));
}
}  // namespace

void PeerTimers::data_sent(Time now, Platform& platform) {
  // Counted from the first unanswered payload, not from the newest: else steady traffic would keep
  // a dead session alive.
  if (armed(Timer::new_handshake)) return;
  arm(Timer::new_handshake, now + kKeepaliveTimeout + kRekeyTimeout + jitter(platform));
}

void PeerTimers::data_received(Time now) {
  if (armed(Timer::passive_keepalive)) {
    another_keepalive_ = true;
  } else {
    arm(Timer::passive_keepalive, now + kKeepaliveTimeout);
  }
}

void PeerTimers::authenticated_sent(Time now) {
  disarm(Timer::passive_keepalive);
  another_keepalive_ = false;
  restart_persistent(now);
}

void PeerTimers::authenticated_received(Time now) {
  disarm(Timer::new_handshake);
  restart_persistent(now);
}

void PeerTimers::initiation_sent(Time now, Platform& platform) {
  arm(Timer::handshake, now + kRekeyTimeout + jitter(platform));
}

bool PeerTimers::take_due(Timer timer, Time now) {
  if (at(timer) > now) return false;
  disarm(timer);
  return true;
}

void PeerTimers::set_persistent_interval(Duration interval, Time now) {
  persistent_interval_ = interval;
  disarm(Timer::persistent_keepalive);
  restart_persistent(now);
}

void PeerTimers::restart_persistent(Time now) {
  if (persistent_interval_ != Duration::zero()) {
    arm(Timer::persistent_keepalive, now + persistent_interval_);
  }
}

Time PeerTimers::earliest() const {
  return *std::min_element(deadlines_.begin(), deadlines_.end());
}

}  // namespace wirebraid::wireguard
