#include "wirebraid/wireguard/device.h"

#include "core/wireguard/device_impl.h"

namespace wirebraid::wireguard {

namespace {
PeerState& state(Peer& peer) { return static_cast<PeerState&>(peer); }
}  // namespace

Device::Impl::Impl(Platform& platform, BufferPool& pool, const DeviceOptions& device_options)
    : options(device_options),
      platform_(platform),
      pool_(pool),
      cookie_seed_(device_options.seat.cookie_seed ? *device_options.seat.cookie_seed
                                                   : generate_cookie_seed(platform)),
      indices_(device_options.seat),
      limiter_(platform) {
  if (options.aead == nullptr) options.aead = &crypto::sodium_aead();
}

void Device::Impl::set_private_key(const PrivateKey& key, Outbox& out) {
  if (key == identity.private_key) return;
  identity.private_key = key;
  initiations_.clear();  // meant for another
  if (key.is_zero()) {
    identity.public_key = PublicKey();
    checker_.reset();
  } else {
    identity.public_key = public_key_of(key);
    checker_.emplace(identity.public_key, cookie_seed_);
  }
  for (PeerState& peer : peers) {
    end_sessions(peer, out);
    peer.static_shared.reset();
    peer.is_self = has_key() && peer.public_key() == identity.public_key;
  }
}

PeerState* Device::Impl::add_peer(const PublicKey& key) {
  if (has_key() && key == identity.public_key) return nullptr;
  if (peer_by_key_.contains(key) || elsewhere_.contains(key)) return nullptr;
  PeerState& peer = peers.emplace_back(key);
  peer.self = std::prev(peers.end());
  peer_by_key_.insert(&peer);
  return &peer;
}

PeerState* Device::Impl::find_peer(const PublicKey& key) {
  const auto found = peer_by_key_.find(key);
  return found == peer_by_key_.end() ? nullptr : *found;
}

void Device::Impl::remove_peer(PeerState& peer) {
  drop_handshake(peer);
  for (auto* pair : peer.pairs.all()) drop_pair(*pair);
  deadlines_.remove(peer);
  peer_by_key_.erase(&peer);
  peers.erase(peer.self);
}

void Device::Impl::add_peer_elsewhere(const PublicKey& key, WorkerId worker) {
  elsewhere_.insert_or_assign(key, worker);
}

void Device::Impl::remove_peer_elsewhere(const PublicKey& key) { elsewhere_.erase(key); }

std::optional<WorkerId> Device::Impl::other_owner(uint32_t index) const {
  const WorkerSeat& seat = options.seat;
  const WorkerId owner = worker_of(index, seat.workers);
  if (owner == seat.worker || static_cast<uint32_t>(owner) >= seat.workers) return std::nullopt;
  return owner;
}

bool Device::Impl::give_away(Datagram& datagram, size_t receiver_offset, Outbox& out) {
  const auto owner = other_owner(load_le<uint32_t>(datagram.bytes.data() + receiver_offset));
  if (!owner) return false;
  out.elsewhere.push_back({*owner, std::move(datagram)});
  return true;
}

void Device::Impl::set_persistent_keepalive(PeerState& peer, Duration interval, Time now,
                                            Outbox& out) {
  const bool was_off = peer.timers.persistent_interval() == Duration::zero();
  peer.timers.set_persistent_interval(interval, now);
  if (was_off && interval != Duration::zero()) send_keepalive(peer, now, out);
  reschedule(peer);
}

void Device::Impl::initiate(PeerState& peer, Time now, Outbox& out) {
  start_handshake(peer, now, out);
  reschedule(peer);
}

void Device::Impl::announce(PeerState& peer, Time now, Outbox& out) {
  const bool trying = peer.timers.armed(Timer::handshake);
  const bool session = can_send(peer, now);
  if (session && peer.remote) send_keepalive(peer, now, out);
  if (trying || !session) restart_handshake(peer, now, out);
  reschedule(peer);
}

void Device::Impl::start_anew(PeerState& peer, Time now, Outbox& out) {
  end_sessions(peer, out);
  restart_handshake(peer, now, out);
  reschedule(peer);
}

void Device::Impl::receive(std::span<Datagram> batch, Time now, Outbox& out) {
  for (Datagram& datagram : batch) receive(datagram, now, out);
  answer_initiations(now, out);
}

void Device::Impl::receive(Datagram& datagram, Time now, Outbox& out) {
  if (!datagram.bytes || datagram.bytes.size() < sizeof(uint32_t)) {
    ++counters.malformed;
    return;
  }
  const size_t size = datagram.bytes.size();
  const auto type = static_cast<MessageType>(load_le<uint32_t>(datagram.bytes.data()));
  if (type == MessageType::transport && size >= kTransportMinSize) {
    receive_transport(datagram, now, out);
  } else if (type == MessageType::initiation && size == sizeof(Initiation)) {
    if (admit_handshake(datagram, now, out)) receive_initiation(datagram, now);
  } else if (type == MessageType::response && size == sizeof(Response)) {
    // Before it is admitted: the load is the owner's.
    if (give_away(datagram, offsetof(Response, receiver), out)) return;
    if (admit_handshake(datagram, now, out)) receive_response(datagram, now, out);
  } else if (type == MessageType::cookie_reply && size == sizeof(CookieReply)) {
    if (give_away(datagram, offsetof(CookieReply, receiver), out)) return;
    receive_cookie_reply(datagram, now);
  } else {
    ++counters.malformed;
  }
}

Device::Device(Platform& platform, BufferPool& pool, const DeviceOptions& options)
    : impl_(std::make_unique<Impl>(platform, pool, options)) {}
Device::~Device() = default;

void Device::set_private_key(const PrivateKey& key, Time /*now*/, Outbox& out) {
  impl_->set_private_key(key, out);
}
const PrivateKey& Device::private_key() const { return impl_->identity.private_key; }
const PublicKey& Device::public_key() const { return impl_->identity.public_key; }
void Device::set_max_payload(size_t bytes) { impl_->options.max_payload = bytes; }
TransportId Device::transport() const { return impl_->options.transport; }

Peer* Device::add_peer(const PublicKey& key) { return impl_->add_peer(key); }
Peer* Device::find_peer(const PublicKey& key) { return impl_->find_peer(key); }
void Device::remove_peer(Peer& peer) { impl_->remove_peer(state(peer)); }
void Device::add_peer_elsewhere(const PublicKey& key, WorkerId worker) {
  impl_->add_peer_elsewhere(key, worker);
}
void Device::remove_peer_elsewhere(const PublicKey& key) { impl_->remove_peer_elsewhere(key); }
size_t Device::peer_count() const { return impl_->peers.size(); }
std::vector<Peer*> Device::peers() const {
  std::vector<Peer*> out;
  out.reserve(impl_->peers.size());
  for (PeerState& peer : impl_->peers) out.push_back(&peer);
  return out;
}

void Device::set_preshared_key(Peer& peer, const PresharedKey& key) { state(peer).preshared = key; }
void Device::set_endpoint(Peer& peer, const Endpoint& endpoint) {
  state(peer).remote = endpoint;
  state(peer).source = {};
}
void Device::forget_sources() {
  for (PeerState& peer : impl_->peers) peer.source = {};
}
void Device::set_persistent_keepalive(Peer& peer, std::chrono::seconds interval, Time now,
                                      Outbox& out) {
  impl_->set_persistent_keepalive(state(peer), interval, now, out);
}
void Device::initiate(Peer& peer, Time now, Outbox& out) { impl_->initiate(state(peer), now, out); }
void Device::announce(Peer& peer, Time now, Outbox& out) { impl_->announce(state(peer), now, out); }
void Device::start_anew(Peer& peer, Time now, Outbox& out) {
  impl_->start_anew(state(peer), now, out);
}

void Device::receive(std::span<Datagram> batch, Time now, Outbox& out) {
  impl_->receive(batch, now, out);
}
void Device::send(Peer& peer, std::span<Outgoing> batch, Time now, Outbox& out) {
  impl_->send(state(peer), batch, now, out);
}
void Device::handle_deadline(Time now, Outbox& out) { impl_->handle_deadline(now, out); }
Time Device::next_deadline() const { return impl_->next_deadline(); }

const DeviceStatistics& Device::statistics() const { return impl_->counters; }

}  // namespace wirebraid::wireguard
