// What a Device knows about one remote public key.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>

#include "core/deadline_heap.h"
#include "core/wireguard/cookie.h"
#include "core/wireguard/key_pair.h"
#include "core/wireguard/noise.h"
#include "core/wireguard/staged_queue.h"
#include "core/wireguard/timers.h"
#include "wirebraid/wireguard/device.h"

namespace wirebraid::wireguard {

/// The key pairs of one peer. The paper has one previous pair. We keep three, because after two
/// handshakes that crossed each end sends under the pair that it initiated; if the next ones cross
/// too, datagrams under both old pairs and both new ones are in flight at once.
struct KeyPairs {
  std::unique_ptr<KeyPair> next;  ///< we responded and wait for the first message under it
  std::unique_ptr<KeyPair> current;
  std::array<std::unique_ptr<KeyPair>, 3> previous;  ///< newest first; only for receiving

  std::array<std::unique_ptr<KeyPair>*, 5> all() {
    return {&next, &current, &previous[0], &previous[1], &previous[2]};
  }
};

class PeerState final : public Peer, public Scheduled {
 public:
  /// For a set of peers in which a key finds its own.
  struct HashOfKey {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
    size_t operator()(const PublicKey& key) const { return std::hash<PublicKey>()(key); }
    size_t operator()(const PeerState* peer) const { return (*this)(peer->public_key()); }
  };
  struct SameKey {
    using is_transparent = void;  // NOLINT(readability-identifier-naming)
    static const PublicKey& key_of(const PublicKey& key) { return key; }
    static const PublicKey& key_of(const PeerState* peer) { return peer->public_key(); }
    bool operator()(const auto& a, const auto& b) const { return key_of(a) == key_of(b); }
  };

  explicit PeerState(const PublicKey& key) : key_(key), cookies(key_) {}

  const PublicKey& public_key() const override { return key_; }
  const PresharedKey& preshared_key() const override { return preshared; }
  const Endpoint& endpoint() const override { return remote; }
  std::chrono::seconds persistent_keepalive() const override {
    return std::chrono::duration_cast<std::chrono::seconds>(timers.persistent_interval());
  }
  const PeerStatistics& statistics() const override { return counters; }
  bool has_session(Time now) const override {
    return pairs.current && pairs.current->can_send(now);
  }

 private:
  PublicKey key_;

 public:
  // Open to the Device, whose parts all work on it; nobody else sees this type.
  PresharedKey preshared;
  Endpoint remote;
  LocalSource source;
  PeerStatistics counters;
  CookieGenerator cookies;
  PeerTimers timers;
  StagedQueue staged;
  KeyPairs pairs;
  bool is_self = false;           ///< has our own public key: out of use
  bool session_reported = false;  ///< session_established was the last such event
  bool late_rekey_tried = false;

  std::optional<crypto::SharedSecret> static_shared;  ///< computed when first needed
  std::optional<Tai64n> newest_timestamp;             ///< of the peer's initiations
  std::unique_ptr<InitiatorHandshake> handshake;      ///< our initiation without an answer yet
  uint32_t handshake_index = 0;                       ///< valid while `handshake` is
  unsigned handshake_tries = 0;
  std::optional<Time> handshake_sent;  ///< our last initiation or response
  std::optional<Time> initiation_accepted;
  Tai64nClock stamps;

  std::list<PeerState>::iterator self;
};

}  // namespace wirebraid::wireguard
