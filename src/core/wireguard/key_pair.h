// A transport session (white paper section 5.4.6): two keys, two counters, two indices.
#pragma once

#include "core/wireguard/message_key.h"
#include "core/wireguard/protocol.h"
#include "core/wireguard/replay_window.h"

namespace wirebraid::wireguard {

struct KeyPair {
  explicit KeyPair(const TransportKeys& keys) : send(keys.send), receive(keys.receive) {}

  MessageKey send;
  MessageKey receive;
  uint32_t local_index = 0;
  uint32_t remote_index = 0;
  bool initiator = false;
  Time created{};
  uint64_t send_counter = 0;  ///< the next one to use
  ReplayWindow window;

  bool expired(Time now) const { return now - created >= kRejectAfterTime; }
  /// Whether it may encrypt one more message.
  bool can_send(Time now) const { return !expired(now) && send_counter < kRejectAfterMessages; }
};

}  // namespace wirebraid::wireguard
