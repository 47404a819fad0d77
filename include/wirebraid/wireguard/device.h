// The WireGuard protocol without I/O: one private key and its peers.
//
// Datagrams, payloads and `now` go in; an Outbox and the next deadline come out. Source:
// "WireGuard: Next Generation Kernel Network Tunnel" (Donenfeld, NDSS 2017 and the later white
// paper); section numbers in the sources are the white paper's.
// Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s.
//
// A Device knows nothing of IP prefixes or frames: a payload is bytes. Which peer a packet goes to,
// and whether a payload's source is allowed, is decided above (see interface.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "wirebraid/crypto/aead.h"
#include "wirebraid/datagram.h"
#include "wirebraid/keys.h"
#include "wirebraid/platform.h"
#include "wirebraid/time.h"
#include "wirebraid/worker.h"

namespace wirebraid::wireguard {

class Device;

/// The local index of a key pair: random, 32 bits, unique within a Device. The peer's datagrams
/// carry it. Together with a counter it names one datagram.
enum class SessionId : uint32_t {};

/// Bytes a payload grows by on the wire above UDP: header (16) and tag (16), padding apart.
inline constexpr size_t kTransportOverhead = 32;

struct PeerStatistics {
  uint64_t received_bytes =
      0;  ///< of authenticated datagrams, whole UDP payloads as `wg show` counts
  uint64_t sent_bytes = 0;
  uint64_t received_datagrams = 0;
  uint64_t sent_datagrams = 0;
  std::optional<WallTime> last_handshake;  ///< completion of the newest handshake
  uint64_t replayed = 0;                   ///< refused by the replay window
  uint64_t staged_dropped = 0;             ///< dropped from the full queue that waits for a session
};

/// One remote public key. Owned by its Device; the address stays valid until remove_peer().
class Peer {
 public:
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  virtual const PublicKey& public_key() const = 0;
  virtual const PresharedKey& preshared_key() const = 0;
  virtual const Endpoint& endpoint() const = 0;
  virtual std::chrono::seconds persistent_keepalive() const = 0;
  virtual const PeerStatistics& statistics() const = 0;
  /// True while a key pair exists that may encrypt (confirmed, below 180 s and 2^64 - 2^13 - 1
  /// messages).
  virtual bool has_session(Time now) const = 0;

  uint32_t tag = 0;  ///< free for the owner of the Device; not interpreted here

 protected:
  Peer() = default;
};

/// An authenticated, decrypted payload. Padding is still there: its end is the receiver's to find.
struct Received {
  Peer* peer = nullptr;
  Packet payload;             ///< never empty: keepalives are consumed inside
  SessionId session{};        ///< our local index of the key pair it came under
  uint64_t counter = 0;       ///< the peer's counter under that key pair
  uint8_t traffic_class = 0;  ///< of the outer header, for ECN (RFC 6040)
  size_t datagram_size = 0;   ///< UDP payload bytes
};

/// A payload to send. All but `payload` and `traffic_class` is filled in by Device::send().
struct Outgoing {
  Packet payload;  ///< plaintext; encrypted into a fresh slot, so it may be shared
  uint8_t traffic_class =
      0;                 ///< for the outer header: the inner packet's ECN field (RFC 6040), no DSCP
  bool sent = false;     ///< false after send(): staged (no session yet) or dropped
  uint32_t session = 0;  ///< the *peer's* index of the key pair used, as the peer will report it
  uint64_t counter = 0;
  size_t datagram_size = 0;  ///< UDP payload bytes that it became
};

enum class PeerEventKind : uint8_t {
  session_established,  ///< a new key pair may encrypt from now on (first handshake or rekey)
  session_lost,         ///< the last key pair that could encrypt has expired
  handshake_failed,     ///< 18 tries (90 s) without an answer; the next payload starts anew
  endpoint_changed,     ///< roamed: an authenticated datagram came from elsewhere
};
struct PeerEvent {
  Peer* peer = nullptr;
  PeerEventKind kind{};
};

/// Results, appended in order. The caller drains and clears it; its vectors keep their capacity.
struct Outbox {
  std::vector<Datagram> datagrams;
  std::vector<Received> payloads;
  std::vector<PeerEvent> events;
  std::vector<Peer*> keepalives;  ///< those that one came from
  std::vector<Elsewhere> elsewhere;
  void clear() {
    datagrams.clear();
    payloads.clear();
    events.clear();
    keepalives.clear();
    elsewhere.clear();
  }
};

/// Why datagrams were refused; each also stands for "nothing else happened".
struct DeviceStatistics {
  uint64_t malformed = 0;  ///< unknown type, wrong size for its type
  uint64_t bad_mac1 = 0;
  uint64_t cookie_demanded = 0;  ///< under load, mac2 missing or wrong: cookie reply sent
  uint64_t rate_limited = 0;     ///< under load, source over its rate
  /// Initiations that waited for 5 s, or were the oldest when too many waited.
  uint64_t initiations_dropped = 0;
  uint64_t bad_handshake = 0;  ///< did not authenticate, unknown peer, replayed or too frequent
  uint64_t unknown_index = 0;  ///< no key pair or handshake with that receiver index
  uint64_t bad_transport = 0;  ///< did not authenticate, key pair too old
  uint64_t replayed = 0;
  uint64_t pool_exhausted = 0;
  uint64_t handshakes_completed = 0;
};

struct DeviceOptions {
  TransportId transport{};
  /// Largest payload; padding to 16 never exceeds it (section 5.4.6).
  size_t max_payload = 1420;
  /// Payloads waiting for a session, per peer; the oldest is dropped beyond.
  size_t max_staged = 128;
  /// Handshake messages (with a right mac1) per second, and at once, above which the Device counts
  /// as under load (section 5.3), for at least one second. With very many peers, per second four
  /// times what renewing their sessions takes, and at once two of each peer, if that is more: after
  /// our restart all begin together, and some must try again.
  uint32_t under_load_per_second = 200;
  /// Encrypts payloads; must outlive the Device. nullptr: crypto::sodium_aead().
  const crypto::AeadBackend* aead = nullptr;
  WorkerSeat seat{};
};

/// Not thread-safe. Keeps references to `platform` and `pool`, which must outlive it.
class Device {
 public:
  Device(Platform& platform, BufferPool& pool, const DeviceOptions& options);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// All sessions end; a peer with the key's own public half is removed from use (it can neither
  /// send nor receive). A zero key means none: nothing is sent or accepted.
  void set_private_key(const PrivateKey& key, Time now, Outbox& out);
  const PrivateKey& private_key() const;
  const PublicKey& public_key() const;
  void set_max_payload(size_t bytes);
  TransportId transport() const;

  /// nullptr if the peer exists already, here or elsewhere, or `key` is our own.
  Peer* add_peer(const PublicKey& key);
  Peer* find_peer(const PublicKey& key);
  /// Its sessions end and its keys are wiped. `peer` is dangling afterwards, also in a not yet
  /// drained Outbox: drain it first.
  void remove_peer(Peer& peer);
  size_t peer_count() const;
  /// In order of addition.
  std::vector<Peer*> peers() const;

  /// `key` is a peer of the same identity at another worker: its initiations go there. Messages
  /// with a receiver index go by that alone.
  void add_peer_elsewhere(const PublicKey& key, WorkerId worker);
  void remove_peer_elsewhere(const PublicKey& key);

  /// Takes effect with the next handshake.
  void set_preshared_key(Peer& peer, const PresharedKey& key);
  /// Also forgets the sticky source.
  void set_endpoint(Peer& peer, const Endpoint& endpoint);
  /// Forgets sticky sources, after local addresses or routes have changed.
  void forget_sources();
  /// 0 turns it off. Turning it on sends one at once, as the reference implementations do.
  void set_persistent_keepalive(Peer& peer, std::chrono::seconds interval, Time now, Outbox& out);
  /// Starts a handshake unless one is under way; for uplinks that shall be up before there is
  /// traffic, and again after the network changed. Nothing happens without an endpoint.
  void initiate(Peer& peer, Time now, Outbox& out);
  /// The way to the peer has changed: tells it at once where we are now, by a keepalive, or by a
  /// handshake if there is no session or if one is under way, however short ago the last was sent.
  /// Not to be called more often than ways change.
  void announce(Peer& peer, Time now, Outbox& out);
  /// Another host may answer at the endpoint: its sessions end, and a handshake starts at once.
  void start_anew(Peer& peer, Time now, Outbox& out);

  /// Handles datagrams in order, but initiations after all others, and only some at once: the rest
  /// waits for handle_deadline(), at most one of each peer (or 256) and for 5 s. Takes the
  /// datagrams' bytes; payloads are decrypted in place.
  void receive(std::span<Datagram> batch, Time now, Outbox& out);
  /// Encrypts payloads in order. Without a session, stages them (max_staged) and starts a
  /// handshake. An empty payload is a keepalive.
  void send(Peer& peer, std::span<Outgoing> batch, Time now, Outbox& out);
  /// Runs the timers that are due, and answers some of the initiations that wait; call at
  /// next_deadline() or later.
  void handle_deadline(Time now, Outbox& out);
  /// Time{} while initiations wait.
  Time next_deadline() const;

  const DeviceStatistics& statistics() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wirebraid::wireguard
