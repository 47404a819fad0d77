// When a peer must act by itself (white paper section 6): which events start and stop which timers.
// What a timer does when it runs out is in deadlines.cc.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "wirebraid/time.h"

namespace wirebraid {
class Platform;
}

namespace wirebraid::wireguard {

enum class Timer : uint8_t {
  session_expiry,        ///< the current key pair reaches 180 s
  previous_expiry,       ///< an earlier one does, and is of no more use
  zero_keys,             ///< 540 s without a new key pair
  handshake,             ///< send the (next) initiation, or give up
  new_handshake,         ///< data was sent and nothing came back for 15 s
  passive_keepalive,     ///< data was received and nothing sent for 10 s
  persistent_keepalive,  ///< nothing was sent or received for the configured interval
};
inline constexpr size_t kTimerCount = 7;

/// Deadlines of one peer. "Authenticated" are all messages but cookie replies; "data" are transport
/// messages with a payload.
class PeerTimers {
 public:
  PeerTimers() { deadlines_.fill(kNever); }

  void data_sent(Time now, Platform& platform);
  void data_received(Time now);
  void authenticated_sent(Time now);
  void authenticated_received(Time now);
  void initiation_sent(Time now, Platform& platform);
  void handshake_complete() { disarm(Timer::handshake); }

  void arm(Timer timer, Time deadline) { at(timer) = deadline; }
  void disarm(Timer timer) { at(timer) = kNever; }
  void disarm_all() { deadlines_.fill(kNever); }
  bool armed(Timer timer) const { return deadlines_[static_cast<size_t>(timer)] != kNever; }
  /// True once if the timer has run out; it is disarmed then.
  bool take_due(Timer timer, Time now);
  /// True once if data came after the passive keepalive was armed: it needs another one.
  bool take_another_keepalive() { return std::exchange(another_keepalive_, false); }

  void set_persistent_interval(Duration interval, Time now);
  Duration persistent_interval() const { return persistent_interval_; }
  void restart_persistent(Time now);

  Time earliest() const;

 private:
  Time& at(Timer timer) { return deadlines_[static_cast<size_t>(timer)]; }

  std::array<Time, kTimerCount> deadlines_;
  Duration persistent_interval_{0};
  bool another_keepalive_ = false;
};

}  // namespace wirebraid::wireguard
