// The Device's inside: peers in device.cc, handshakes in handshake.cc, payloads in transport.cc,
// timers that have run out in deadlines.cc.
#pragma once

#include <list>
#include <unordered_map>
#include <unordered_set>

#include "core/wireguard/index_table.h"
#include "core/wireguard/initiation_queue.h"
#include "core/wireguard/load_detector.h"
#include "core/wireguard/peer.h"
#include "core/wireguard/rate_limiter.h"

namespace wirebraid::wireguard {

class Device::Impl {
 public:
  Impl(Platform& platform, BufferPool& pool, const DeviceOptions& options);

  // As in Device.
  void set_private_key(const PrivateKey& key, Outbox& out);
  PeerState* add_peer(const PublicKey& key);
  PeerState* find_peer(const PublicKey& key);
  void remove_peer(PeerState& peer);
  void add_peer_elsewhere(const PublicKey& key, WorkerId worker);
  void remove_peer_elsewhere(const PublicKey& key);
  void set_persistent_keepalive(PeerState& peer, Duration interval, Time now, Outbox& out);
  void initiate(PeerState& peer, Time now, Outbox& out);
  void announce(PeerState& peer, Time now, Outbox& out);
  void start_anew(PeerState& peer, Time now, Outbox& out);
  void receive(std::span<Datagram> batch, Time now, Outbox& out);
  void send(PeerState& peer, std::span<Outgoing> batch, Time now, Outbox& out);
  void handle_deadline(Time now, Outbox& out);
  Time next_deadline();

  DeviceOptions options;
  Identity identity;
  DeviceStatistics counters;
  std::list<PeerState> peers;

 private:
  void receive(Datagram& datagram, Time now, Outbox& out);
  bool has_key() const { return checker_.has_value(); }
  /// Whose session `index` is, if it may be another worker's.
  std::optional<WorkerId> other_owner(uint32_t index) const;
  /// True if the message of that receiver index is another worker's, who gets it.
  bool give_away(Datagram& datagram, size_t receiver_offset, Outbox& out);

  // handshake.cc
  /// Puts it off until answer_initiations().
  void receive_initiation(Datagram& datagram, Time now);
  /// As many of those that wait as the turn has left.
  void answer_initiations(Time now, Outbox& out);
  void answer(WaitingInitiation& initiation, Time now, Outbox& out);
  /// An initiation from one who is no peer here.
  void answer_stranger(const PublicKey& key, WaitingInitiation& initiation, Outbox& out);
  void receive_response(const Datagram& datagram, Time now, Outbox& out);
  void receive_cookie_reply(const Datagram& datagram, Time now);
  size_t peers_here_and_elsewhere() const { return peers.size() + elsewhere_.size(); }
  LoadDetector::Limit load_limit() const;
  /// Checks macs, and under load cookie and rate. False: counted and, if called for, answered.
  bool admit_handshake(const Datagram& datagram, Time now, Outbox& out);
  /// Begins to try, unless that is under way; at most one handshake message per kRekeyTimeout.
  void start_handshake(PeerState& peer, Time now, Outbox& out);
  /// At once: what was sent lately went elsewhere or nowhere.
  void restart_handshake(PeerState& peer, Time now, Outbox& out);
  void send_initiation(PeerState& peer, Time now, Outbox& out);
  void send_handshake_message(PeerState& peer, ByteSpan message, Time now, Outbox& out);
  /// None if the pool is exhausted.
  Packet copy_of(ConstByteSpan message);
  bool emit(ConstByteSpan message, const Endpoint& remote, const LocalSource& source, Outbox& out);
  /// nullptr if the peer's key is of small order or our own.
  const crypto::SharedSecret* static_shared(PeerState& peer);
  std::unique_ptr<KeyPair> make_key_pair(const TransportKeys& keys, uint32_t local_index,
                                         uint32_t remote_index, bool initiator, Time now);
  void session_established(PeerState& peer, Outbox& out);
  void session_lost(PeerState& peer, Outbox& out);
  void drop_handshake(PeerState& peer);
  void drop_pair(std::unique_ptr<KeyPair>& pair);
  void set_aside(PeerState& peer, std::unique_ptr<KeyPair> pair, Time now);
  void drop_expired_pairs(PeerState& peer, Time now);
  void end_sessions(PeerState& peer, Outbox& out);

  // transport.cc
  void receive_transport(Datagram& datagram, Time now, Outbox& out);
  bool can_send(const PeerState& peer, Time now) const;
  bool seal_payload(PeerState& peer, const Packet& payload, uint8_t traffic_class, Time now,
                    Outbox& out);
  void send_keepalive(PeerState& peer, Time now, Outbox& out);
  void send_staged(PeerState& peer, Time now, Outbox& out);
  void renew_after_sending(PeerState& peer, Time now, Outbox& out);
  void renew_after_receiving(PeerState& peer, Time now, Outbox& out);
  void note_authentic(PeerState& peer, const Datagram& datagram, size_t size, Time now,
                      Outbox& out);

  // deadlines.cc
  void run_timers(PeerState& peer, Time now, Outbox& out);
  void handshake_due(PeerState& peer, Time now, Outbox& out);
  void settle(PeerState& peer);
  /// The heap may hold a time that is too early, never one too late; so a timer that only moves
  /// away, as with every packet, costs nothing here.
  void reschedule(PeerState& peer) {
    const Time earliest = peer.timers.earliest();
    if (earliest < peer.scheduled) deadlines_.schedule(peer, earliest);
  }

  Platform& platform_;
  BufferPool& pool_;
  CookieSeed cookie_seed_;
  std::unordered_set<PeerState*, PeerState::HashOfKey, PeerState::SameKey> peer_by_key_;
  std::unordered_map<PublicKey, WorkerId> elsewhere_;  ///< peers of other workers
  IndexTable indices_;
  DeadlineHeap<PeerState> deadlines_;
  std::optional<CookieChecker> checker_;  ///< present while there is a private key
  InitiationQueue initiations_;
  LoadDetector load_;
  RateLimiter limiter_;
};

}  // namespace wirebraid::wireguard
