// One interface without I/O: WireGuard devices, bonds of uplinks, and cryptokey routing between
// them and the TUN device. The core's front door.
//
//   packets from TUN ─ allowed IPs ─> bond ─ scheduler ─> uplink ─ WireGuard ─> datagrams
//   datagrams ─ WireGuard ─> uplink ─ frame? ─> bond ─ resequencer ─> source allowed? ─> packets to
//   TUN
//
// Packets, datagrams and `now` go in; Output and the next deadline come out. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "wirebraid/allowed_ips.h"
#include "wirebraid/bond.h"
#include "wirebraid/datagram.h"
#include "wirebraid/wireguard/device.h"
#include "wirebraid/worker.h"

namespace wirebraid {

/// A private key on a transport. A gateway has one per uplink, a server one for all.
enum class IdentityId : uint32_t {};
enum class BondId : uint32_t {};
enum class UplinkId : uint32_t {};

/// What a call produced, in order. Drained and cleared by the caller before the next call.
struct Output {
  std::vector<Datagram> datagrams;  ///< to be sent by their transport
  std::vector<Packet> packets;      ///< to be written to the TUN device
  std::vector<Elsewhere> elsewhere;
  void clear() {
    datagrams.clear();
    packets.clear();
    elsewhere.clear();
  }
};

struct UplinkOptions {
  IdentityId identity{};
  BondId bond{};
  PublicKey public_key;
  PathOptions path;
};

struct UplinkState {
  PathStatus path;
  Endpoint endpoint;
  wireguard::PeerStatistics traffic;
};

/// A class of a bond and what it does now.
struct ClassState {
  ClassStatus status;
  std::vector<UplinkId> uplinks;  ///< in use for it
};

struct InterfaceStatistics {
  uint64_t no_route = 0;            ///< from TUN: destination in nobody's allowed IPs
  uint64_t malformed = 0;           ///< from TUN or a stock peer: not an IP packet
  uint64_t source_not_allowed = 0;  ///< from an uplink: source not among its bond's allowed IPs
  uint64_t ecn_dropped = 0;         ///< RFC 6040: CE on a packet that is not ECN-capable
  uint64_t unknown_transport = 0;
};

class Interface {
 public:
  /// Keeps references. `mtu`: bytes of the largest inner packet. `aead` and `seat` as in
  /// DeviceOptions.
  Interface(Platform& platform, BufferPool& pool, size_t mtu,
            const crypto::AeadBackend* aead = nullptr, const WorkerSeat& seat = {});
  ~Interface();
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;

  void set_mtu(size_t mtu);
  /// The interface's own addresses, one of each family at most (none: empty): what the kernel
  /// masquerades onto, and what exits' tunnel addresses stand for (see ExitOptions).
  void set_addresses(const IpAddress& v4, const IpAddress& v6);

  IdentityId add_identity(const PrivateKey& key, TransportId transport, Time now);
  /// All sessions of the identity end.
  void set_private_key(IdentityId identity, const PrivateKey& key, Time now);
  const PrivateKey& private_key(IdentityId identity) const;
  const PublicKey& public_key(IdentityId identity) const;
  /// Precondition: it has no uplinks.
  void remove_identity(IdentityId identity);
  /// As in Device: uplinks of the identity that another worker has.
  void add_peer_elsewhere(IdentityId identity, const PublicKey& key, WorkerId worker);
  void remove_peer_elsewhere(IdentityId identity, const PublicKey& key);

  BondId add_bond(const BondOptions& options);
  void set_bond_options(BondId bond, const BondOptions& options, Time now);
  /// Its uplinks and allowed IPs go with it.
  void remove_bond(BondId bond, Time now);

  /// nullopt: the identity has this peer already, here or elsewhere, or it is the identity's own
  /// key, or the bond is full.
  std::optional<UplinkId> add_uplink(const UplinkOptions& options, Time now);
  void remove_uplink(UplinkId uplink, Time now);
  std::optional<UplinkId> find_uplink(IdentityId identity, const PublicKey& key) const;
  BondId bond_of(UplinkId uplink) const;
  void set_path_options(UplinkId uplink, const PathOptions& options, Time now);
  void set_preshared_key(UplinkId uplink, const PresharedKey& key);
  void set_endpoint(UplinkId uplink, const Endpoint& endpoint, Time now);
  void set_persistent_keepalive(UplinkId uplink, std::chrono::seconds interval, Time now);
  /// Starts a handshake unless a session exists.
  void connect(UplinkId uplink, Time now);
  /// The way to the far side has changed (address, route, device): it is told at once where we are
  /// now, by a keepalive or, if there is no session or one is being made, by a handshake.
  void announce(UplinkId uplink, Time now);
  /// What answers at the endpoint may be another server: the session ends and a handshake starts at
  /// once.
  void renew(UplinkId uplink, Time now);
  /// Whether the device, address and route below the uplink are there.
  void set_network(UplinkId uplink, bool usable, Time now);
  /// Local addresses or routes have changed: sticky sources are forgotten.
  void forget_sources();
  const wireguard::Peer& peer(UplinkId uplink) const;

  void allow(BondId bond, const Prefix& prefix);
  /// False if `bond` does not have exactly this prefix.
  bool disallow(BondId bond, const Prefix& prefix);
  void disallow_all(BondId bond);
  std::vector<Prefix> allowed_ips(BondId bond) const;
  /// A bond of another worker has `prefix`: what goes there goes to that worker, and what comes
  /// from there by a bond of ours is refused.
  void allow_elsewhere(WorkerId worker, const Prefix& prefix);
  void disallow_elsewhere(WorkerId worker, const Prefix& prefix);

  /// Packets from the TUN device.
  void handle_packets(std::span<Packet> batch, Time now);
  /// Datagrams from the transports.
  void handle_datagrams(std::span<Datagram> batch, Time now);
  /// Call at next_deadline() or later; calling early does no harm.
  void handle_deadline(Time now);
  Time next_deadline() const;
  /// Results of the calls since it was last cleared. Calls that change the configuration may
  /// produce some too.
  Output& output() { return output_; }

  // Speed tests: an uplink that is up is filled with packets without content, behind what people
  // send.

  /// Towards the far side, until `until` at the latest; Time{}: no longer.
  void fill(UplinkId uplink, Time until, Time now);
  /// Has the far side do so towards us; zero: no longer. It may not hear of it, so ask again and
  /// again.
  void ask_to_fill(UplinkId uplink, Duration duration, Time now);
  /// While it is filled: bytes that the far side says it has received on it, ever. 0: nothing was
  /// heard yet.
  uint64_t far_received(UplinkId uplink) const;

  UplinkState uplink_state(UplinkId uplink) const;
  BondStatistics bond_statistics(BondId bond) const;
  void reset_longest_hold(BondId bond);
  /// Class 0 first, then in the order of BondOptions::classes.
  std::vector<ClassState> class_states(BondId bond) const;
  const InterfaceStatistics& statistics() const { return statistics_; }

 private:
  class BondEntry;
  class UplinkEntry;
  struct IdentityEntry;

  BondEntry& entry(BondId id) const;
  UplinkEntry& entry(UplinkId id) const;
  IdentityEntry& entry(IdentityId id) const;
  void drain(IdentityEntry& identity, Time now);
  void deliver_plain(UplinkEntry& uplink, Packet packet, uint8_t traffic_class, Time now);
  void deliver(BondEntry& bond, Packet packet);
  void deliver_all(BondEntry& bond);
  void touch(BondEntry& bond);
  void poll_touched(Time now);

  Platform& platform_;
  BufferPool& pool_;
  size_t mtu_;
  const crypto::AeadBackend* aead_;
  WorkerSeat seat_;
  IpAddress address_v4_;
  IpAddress address_v6_;
  std::vector<std::unique_ptr<IdentityEntry>> identities_;  // by id; null: removed
  std::vector<std::unique_ptr<BondEntry>> bonds_;
  std::vector<std::unique_ptr<UplinkEntry>> uplinks_;
  AllowedIps allowed_ips_;
  Output output_;
  InterfaceStatistics statistics_;
  struct Schedule;
  std::unique_ptr<Schedule> schedule_;
};

}  // namespace wirebraid
