#include "wirebraid/interface.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/bond/bond.h"
#include "core/bond/frame.h"
#include "core/deadline_heap.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {

namespace {

template <class Id>
constexpr uint32_t index_of(Id id) {
  return static_cast<uint32_t>(id);
}

/// In the allowed IPs, owners from here on are other workers; below are bonds.
constexpr uint32_t kFirstElsewhere = uint32_t{1} << 31;
constexpr uint32_t owner_of(WorkerId worker) { return kFirstElsewhere + index_of(worker); }

/// The lowest free place, so that ids stay small and memory bounded over many reloads.
template <class T>
uint32_t free_place(std::vector<std::unique_ptr<T>>& entries) {
  const auto at = std::find(entries.begin(), entries.end(), nullptr);
  if (at != entries.end()) return static_cast<uint32_t>(at - entries.begin());
  entries.emplace_back();
  return static_cast<uint32_t>(entries.size() - 1);
}

}  // namespace

struct Interface::IdentityEntry : Scheduled {
  IdentityEntry(Platform& platform, BufferPool& pool, const wireguard::DeviceOptions& options)
      : device(platform, pool, options) {}
  wireguard::Device device;
  wireguard::Outbox outbox;
};

class Interface::UplinkEntry {
 public:
  IdentityEntry* identity = nullptr;
  wireguard::Peer* peer = nullptr;
  UplinkId id{};
  BondId bond{};
  PathIndex path = 0;
  /// We know by ourselves where the far side is; otherwise it has shown up, and will again.
  bool knows_endpoint = false;
};

/// A bond and the way from its paths to its uplinks' sessions.
class Interface::BondEntry : public Scheduled, public FrameSender {
 public:
  BondEntry(Platform& platform, BufferPool& pool, const BondOptions& options)
      : bond(platform, pool, *this, options) {}

  Sealed seal(PathIndex path, Packet payload, uint8_t ecn, Time now) override {
    UplinkEntry& uplink = *uplinks[path];
    wireguard::Outgoing outgoing;
    const bool frame = is_frame(payload.bytes());
    outgoing.payload = std::move(payload);
    outgoing.traffic_class = ecn;
    if (frame && !uplink.peer->has_session(now)) return {.no_session = true};
    uplink.identity->device.send(*uplink.peer, {&outgoing, 1}, now, uplink.identity->outbox);
    return {.sent = outgoing.sent,
            .session = outgoing.session,
            .counter = outgoing.counter,
            .datagram_size = outgoing.datagram_size};
  }

  void connect(PathIndex path, Time now) override {
    UplinkEntry& uplink = *uplinks[path];
    // A far side that has several servers may use another one by now: it must not be drawn back.
    if (!uplink.knows_endpoint) return;
    uplink.identity->device.initiate(*uplink.peer, now, uplink.identity->outbox);
  }

  BondId id{};
  Bond bond;
  std::vector<UplinkEntry*> uplinks;  ///< by PathIndex; null: none
  bool touched = false;
};

struct Interface::Schedule {
  DeadlineHeap<IdentityEntry> identities;
  DeadlineHeap<BondEntry> bonds;
  std::vector<BondEntry*> touched;
  std::vector<Packet> delivered;             ///< scratch of deliver_all()
  std::vector<IdentityEntry*> by_transport;  // index: TransportId
};

Interface::Interface(Platform& platform, BufferPool& pool, size_t mtu,
                     const crypto::AeadBackend* aead, const WorkerSeat& seat)
    : platform_(platform),
      pool_(pool),
      mtu_(mtu),
      aead_(aead),
      seat_(seat),
      schedule_(std::make_unique<Schedule>()) {}

Interface::~Interface() = default;

Interface::BondEntry& Interface::entry(BondId id) const { return *bonds_[index_of(id)]; }
Interface::UplinkEntry& Interface::entry(UplinkId id) const { return *uplinks_[index_of(id)]; }
Interface::IdentityEntry& Interface::entry(IdentityId id) const {
  return *identities_[index_of(id)];
}

// --- Configuration ----------------------------------------------------------------------------

void Interface::set_mtu(size_t mtu) {
  mtu_ = mtu;
  for (const auto& identity : identities_) {
    if (identity) identity->device.set_max_payload(mtu + DataHeader::kSize);
  }
}

void Interface::set_addresses(const IpAddress& v4, const IpAddress& v6) {
  address_v4_ = v4;
  address_v6_ = v6;
  for (const auto& bond : bonds_) {
    if (bond) bond->bond.set_addresses(v4, v6);
  }
}

IdentityId Interface::add_identity(const PrivateKey& key, TransportId transport, Time now) {
  wireguard::DeviceOptions options;
  options.transport = transport;
  options.max_payload = mtu_ + DataHeader::kSize;
  options.aead = aead_;
  options.seat = seat_;
  const uint32_t place = free_place(identities_);
  identities_[place] = std::make_unique<IdentityEntry>(platform_, pool_, options);
  auto& by_transport = schedule_->by_transport;
  if (by_transport.size() <= index_of(transport)) by_transport.resize(index_of(transport) + 1);
  by_transport[index_of(transport)] = identities_[place].get();
  const auto id = static_cast<IdentityId>(place);
  set_private_key(id, key, now);
  return id;
}

void Interface::set_private_key(IdentityId id, const PrivateKey& key, Time now) {
  IdentityEntry& identity = entry(id);
  identity.device.set_private_key(key, now, identity.outbox);
  drain(identity, now);
  poll_touched(now);
}

const PrivateKey& Interface::private_key(IdentityId id) const {
  return entry(id).device.private_key();
}
const PublicKey& Interface::public_key(IdentityId id) const {
  return entry(id).device.public_key();
}

void Interface::remove_identity(IdentityId id) {
  IdentityEntry& identity = entry(id);
  assert(identity.device.peer_count() == 0);
  schedule_->identities.remove(identity);
  std::replace(schedule_->by_transport.begin(), schedule_->by_transport.end(), &identity,
               static_cast<IdentityEntry*>(nullptr));
  identities_[index_of(id)].reset();
}

void Interface::add_peer_elsewhere(IdentityId id, const PublicKey& key, WorkerId worker) {
  entry(id).device.add_peer_elsewhere(key, worker);
}

void Interface::remove_peer_elsewhere(IdentityId id, const PublicKey& key) {
  entry(id).device.remove_peer_elsewhere(key);
}

BondId Interface::add_bond(const BondOptions& options) {
  const uint32_t place = free_place(bonds_);
  bonds_[place] = std::make_unique<BondEntry>(platform_, pool_, options);
  bonds_[place]->id = static_cast<BondId>(place);
  bonds_[place]->bond.set_addresses(address_v4_, address_v6_);
  return bonds_[place]->id;
}

void Interface::set_bond_options(BondId id, const BondOptions& options, Time now) {
  entry(id).bond.set_options(options, now);
  touch(entry(id));
  poll_touched(now);
}

void Interface::remove_bond(BondId id, Time now) {
  BondEntry& bond = entry(id);
  for (UplinkEntry* uplink : bond.uplinks) {
    if (uplink != nullptr) remove_uplink(uplink->id, now);
  }
  allowed_ips_.remove_owner(index_of(id));
  schedule_->bonds.remove(bond);
  std::erase(schedule_->touched, &bond);
  bonds_[index_of(id)].reset();
}

std::optional<UplinkId> Interface::add_uplink(const UplinkOptions& options, Time now) {
  IdentityEntry& identity = entry(options.identity);
  BondEntry& bond = entry(options.bond);
  wireguard::Peer* peer = identity.device.add_peer(options.public_key);
  if (peer == nullptr) return std::nullopt;
  const auto path = bond.bond.add_path(options.path, now);
  if (!path) {
    identity.device.remove_peer(*peer);
    return std::nullopt;
  }
  const uint32_t place = free_place(uplinks_);
  uplinks_[place] = std::make_unique<UplinkEntry>();
  UplinkEntry& uplink = *uplinks_[place];
  uplink.id = static_cast<UplinkId>(place);
  uplink.identity = &identity;
  uplink.peer = peer;
  uplink.bond = options.bond;
  uplink.path = *path;
  peer->tag = place;
  if (bond.uplinks.size() <= *path) {
    bond.uplinks.reserve(*path + size_t{1});
    bond.uplinks.resize(*path + size_t{1});
  }
  bond.uplinks[*path] = &uplink;
  return uplink.id;
}

void Interface::remove_uplink(UplinkId id, Time now) {
  UplinkEntry& uplink = entry(id);
  drain(*uplink.identity, now);
  BondEntry& bond = entry(uplink.bond);
  bond.bond.remove_path(uplink.path, now);
  bond.uplinks[uplink.path] = nullptr;
  uplink.identity->device.remove_peer(*uplink.peer);
  IdentityEntry& identity = *uplink.identity;
  uplinks_[index_of(id)].reset();
  touch(bond);
  drain(identity, now);
  poll_touched(now);
}

std::optional<UplinkId> Interface::find_uplink(IdentityId id, const PublicKey& key) const {
  const wireguard::Peer* peer = entry(id).device.find_peer(key);
  if (peer == nullptr) return std::nullopt;
  return static_cast<UplinkId>(peer->tag);
}

BondId Interface::bond_of(UplinkId uplink) const { return entry(uplink).bond; }

void Interface::set_path_options(UplinkId id, const PathOptions& options, Time now) {
  UplinkEntry& uplink = entry(id);
  entry(uplink.bond).bond.set_path_options(uplink.path, options, now);
  touch(entry(uplink.bond));
  poll_touched(now);
}

void Interface::set_preshared_key(UplinkId id, const PresharedKey& key) {
  entry(id).identity->device.set_preshared_key(*entry(id).peer, key);
}

void Interface::set_endpoint(UplinkId id, const Endpoint& endpoint, Time now) {
  UplinkEntry& uplink = entry(id);
  uplink.knows_endpoint = true;
  if (uplink.peer->endpoint() == endpoint) return;
  const bool moved = static_cast<bool>(uplink.peer->endpoint());
  uplink.identity->device.set_endpoint(*uplink.peer, endpoint);
  if (!moved) return;
  entry(uplink.bond).bond.forget_far_side(uplink.path, now);
  touch(entry(uplink.bond));
  poll_touched(now);
}

void Interface::set_persistent_keepalive(UplinkId id, std::chrono::seconds interval, Time now) {
  UplinkEntry& uplink = entry(id);
  uplink.identity->device.set_persistent_keepalive(*uplink.peer, interval, now,
                                                   uplink.identity->outbox);
  drain(*uplink.identity, now);
  poll_touched(now);
}

void Interface::connect(UplinkId id, Time now) {
  UplinkEntry& uplink = entry(id);
  if (!uplink.peer->has_session(now)) {
    uplink.identity->device.initiate(*uplink.peer, now, uplink.identity->outbox);
  }
  drain(*uplink.identity, now);
  poll_touched(now);
}

void Interface::fill(UplinkId id, Time until, Time now) {
  UplinkEntry& uplink = entry(id);
  BondEntry& bond = entry(uplink.bond);
  bond.bond.fill(uplink.path, until);
  touch(bond);
  poll_touched(now);
}

void Interface::ask_to_fill(UplinkId id, Duration duration, Time now) {
  UplinkEntry& uplink = entry(id);
  BondEntry& bond = entry(uplink.bond);
  bond.bond.ask_to_fill(uplink.path, duration, now);
  touch(bond);
  poll_touched(now);
}

uint64_t Interface::far_received(UplinkId id) const {
  const UplinkEntry& uplink = entry(id);
  return entry(uplink.bond).bond.far_received(uplink.path);
}

void Interface::announce(UplinkId id, Time now) {
  UplinkEntry& uplink = entry(id);
  uplink.identity->device.announce(*uplink.peer, now, uplink.identity->outbox);
  drain(*uplink.identity, now);
  poll_touched(now);
}

void Interface::renew(UplinkId id, Time now) {
  UplinkEntry& uplink = entry(id);
  uplink.identity->device.start_anew(*uplink.peer, now, uplink.identity->outbox);
  drain(*uplink.identity, now);
  entry(uplink.bond).bond.forget_far_side(uplink.path, now);
  touch(entry(uplink.bond));
  poll_touched(now);
}

void Interface::set_network(UplinkId id, bool usable, Time now) {
  UplinkEntry& uplink = entry(id);
  entry(uplink.bond).bond.set_network(uplink.path, usable, now);
  touch(entry(uplink.bond));
  poll_touched(now);
}

void Interface::forget_sources() {
  for (const auto& identity : identities_) {
    if (identity) identity->device.forget_sources();
  }
}

const wireguard::Peer& Interface::peer(UplinkId uplink) const { return *entry(uplink).peer; }

void Interface::allow(BondId bond, const Prefix& prefix) {
  allowed_ips_.insert(prefix, index_of(bond));
}
bool Interface::disallow(BondId bond, const Prefix& prefix) {
  return allowed_ips_.remove(prefix, index_of(bond));
}
void Interface::disallow_all(BondId bond) { allowed_ips_.remove_owner(index_of(bond)); }
std::vector<Prefix> Interface::allowed_ips(BondId bond) const {
  return allowed_ips_.prefixes_of(index_of(bond));
}
void Interface::allow_elsewhere(WorkerId worker, const Prefix& prefix) {
  allowed_ips_.insert(prefix, owner_of(worker));
}
void Interface::disallow_elsewhere(WorkerId worker, const Prefix& prefix) {
  allowed_ips_.remove(prefix, owner_of(worker));
}

// --- Data path --------------------------------------------------------------------------------

void Interface::touch(BondEntry& bond) {
  if (bond.touched) return;
  bond.touched = true;
  schedule_->touched.push_back(&bond);
}

void Interface::handle_packets(std::span<Packet> batch, Time now) {
  for (Packet& packet : batch) {
    const auto info = read_ip(packet.bytes());
    if (!info) {
      ++statistics_.malformed;
      packet.reset();
      continue;
    }
    packet.resize(info->length);
    const auto owner = info->version == 4 ? allowed_ips_.find_v4(info->destination)
                                          : allowed_ips_.find_v6(info->destination);
    if (!owner) {
      ++statistics_.no_route;
      packet.reset();
      continue;
    }
    if (*owner >= kFirstElsewhere) {
      Elsewhere& elsewhere = output_.elsewhere.emplace_back();
      elsewhere.worker = static_cast<WorkerId>(*owner - kFirstElsewhere);
      elsewhere.content.bytes = std::move(packet);
      continue;
    }
    BondEntry& bond = *bonds_[*owner];
    bond.bond.send(std::move(packet), *info, now);
    touch(bond);
  }
  poll_touched(now);
}

void Interface::handle_datagrams(std::span<Datagram> batch, Time now) {
  size_t first = 0;
  while (first < batch.size()) {
    size_t last = first + 1;
    const TransportId transport = batch[first].transport;
    while (last < batch.size() && batch[last].transport == transport) ++last;
    const auto& by_transport = schedule_->by_transport;
    IdentityEntry* identity =
        index_of(transport) < by_transport.size() ? by_transport[index_of(transport)] : nullptr;
    if (identity == nullptr) {
      statistics_.unknown_transport += last - first;
    } else {
      identity->device.receive(batch.subspan(first, last - first), now, identity->outbox);
      drain(*identity, now);
    }
    first = last;
  }
  poll_touched(now);
}

void Interface::handle_deadline(Time now) {
  auto& identities = schedule_->identities;
  while (!identities.empty() && identities.top().scheduled <= now) {
    IdentityEntry& identity = identities.top();
    identities.remove(identity);
    identity.device.handle_deadline(now, identity.outbox);
    drain(identity, now);
  }
  auto& bonds = schedule_->bonds;
  while (!bonds.empty() && bonds.top().scheduled <= now) {
    touch(bonds.top());
    bonds.remove(bonds.top());
  }
  poll_touched(now);
}

Time Interface::next_deadline() const {
  Time deadline = kNever;
  if (!schedule_->identities.empty()) deadline = schedule_->identities.top().scheduled;
  if (!schedule_->bonds.empty()) deadline = std::min(deadline, schedule_->bonds.top().scheduled);
  return deadline;
}

// Moves a device's results on: events and payloads to the bonds, datagrams to the output.
void Interface::drain(IdentityEntry& identity, Time now) {
  wireguard::Outbox& outbox = identity.outbox;
  for (const wireguard::PeerEvent& event : outbox.events) {
    UplinkEntry& uplink = *uplinks_[event.peer->tag];
    BondEntry& bond = entry(uplink.bond);
    switch (event.kind) {
      case wireguard::PeerEventKind::session_established:
        bond.bond.session_established(uplink.path, now);
        break;
      case wireguard::PeerEventKind::session_lost:
        bond.bond.session_lost(uplink.path, now);
        break;
      case wireguard::PeerEventKind::handshake_failed:
      case wireguard::PeerEventKind::endpoint_changed:
        break;
    }
    touch(bond);
  }
  outbox.events.clear();
  for (const wireguard::Peer* peer : outbox.keepalives) {
    const UplinkEntry& uplink = *uplinks_[peer->tag];
    BondEntry& bond = entry(uplink.bond);
    if (!bond.bond.watches(uplink.path)) continue;
    bond.bond.keepalive_received(uplink.path, now);
    touch(bond);
  }
  outbox.keepalives.clear();
  for (wireguard::Received& received : outbox.payloads) {
    UplinkEntry& uplink = *uplinks_[received.peer->tag];
    if (!is_frame(received.payload.bytes())) {
      deliver_plain(uplink, std::move(received.payload), received.traffic_class, now);
      continue;
    }
    BondEntry& bond = entry(uplink.bond);
    ReceivedFrame frame;
    frame.payload = std::move(received.payload);
    frame.session = index_of(received.session);
    frame.counter = received.counter;
    frame.traffic_class = received.traffic_class;
    frame.datagram_size = received.datagram_size;
    bond.bond.receive(uplink.path, std::move(frame), now, schedule_->delivered);
    deliver_all(bond);
    touch(bond);
  }
  outbox.payloads.clear();
  std::move(outbox.datagrams.begin(), outbox.datagrams.end(),
            std::back_inserter(output_.datagrams));
  outbox.datagrams.clear();
  std::move(outbox.elsewhere.begin(), outbox.elsewhere.end(),
            std::back_inserter(output_.elsewhere));
  outbox.elsewhere.clear();
  // Never at once: a device that has just run its timers gets at least the clock's smallest step.
  // But what is due remains so, lest datagrams that keep coming put it off.
  const Time soonest = std::min(identity.scheduled, now + Duration(1));
  schedule_->identities.schedule(identity, std::max(identity.device.next_deadline(), soonest));
}

void Interface::deliver_plain(UplinkEntry& uplink, Packet packet, uint8_t traffic_class, Time now) {
  const auto info = read_ip(packet.bytes());
  if (!info) {
    ++statistics_.malformed;
    return;
  }
  packet.resize(info->length);
  if (!ecn_decapsulate(packet.bytes(), traffic_class)) {
    ++statistics_.ecn_dropped;
    return;
  }
  BondEntry& bond = entry(uplink.bond);
  const bool goes_on = bond.bond.receive_plain(uplink.path, packet, now);
  if (bond.bond.watches(uplink.path)) touch(bond);
  if (goes_on) deliver(bond, std::move(packet));
}

void Interface::deliver(BondEntry& bond, Packet packet) {
  const auto info = read_ip(packet.bytes());
  const auto owner =
      info->version == 4 ? allowed_ips_.find_v4(info->source) : allowed_ips_.find_v6(info->source);
  if (owner != index_of(bond.id)) {
    ++statistics_.source_not_allowed;
    return;
  }
  output_.packets.push_back(std::move(packet));
}

void Interface::deliver_all(BondEntry& bond) {
  for (Packet& packet : schedule_->delivered) deliver(bond, std::move(packet));
  schedule_->delivered.clear();
}

void Interface::poll_touched(Time now) {
  // Sending on one bond can end a session, which touches it again: bounded by the number of
  // sessions.
  for (size_t i = 0; i < schedule_->touched.size(); ++i) {
    BondEntry& bond = *schedule_->touched[i];
    bond.touched = false;
    bond.bond.poll(now, schedule_->delivered);
    deliver_all(bond);
    for (UplinkEntry* uplink : bond.uplinks) {
      if (uplink != nullptr) drain(*uplink->identity, now);
    }
    schedule_->bonds.schedule(bond, bond.bond.next_deadline(now));
  }
  schedule_->touched.clear();
}

// --- Status -----------------------------------------------------------------------------------

UplinkState Interface::uplink_state(UplinkId id) const {
  const UplinkEntry& uplink = entry(id);
  return {entry(uplink.bond).bond.path_status(uplink.path), uplink.peer->endpoint(),
          uplink.peer->statistics()};
}

BondStatistics Interface::bond_statistics(BondId bond) const {
  return entry(bond).bond.statistics();
}

std::vector<ClassState> Interface::class_states(BondId id) const {
  const BondEntry& bond = entry(id);
  std::vector<ClassState> states;
  for (const ClassStatus& status : bond.bond.class_status()) {
    ClassState& state = states.emplace_back();
    state.status = status;
    for (size_t i = 0; i < bond.uplinks.size(); ++i) {
      if ((status.paths >> i & 1) != 0) state.uplinks.push_back(bond.uplinks[i]->id);
    }
  }
  return states;
}

void Interface::reset_longest_hold(BondId bond) { entry(bond).bond.reset_longest_hold(); }

}  // namespace wirebraid
