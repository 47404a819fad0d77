#include <algorithm>
#include <cassert>

#include "core/wireguard/device_impl.h"

namespace wirebraid::wireguard {

namespace {

/// Precondition: the datagram has exactly the message's size.
template <class Message>
Message read(const Datagram& datagram) {
  Message message;
  assert(datagram.bytes.size() == sizeof message);
  std::memcpy(&message, datagram.bytes.data(), sizeof message);
  return message;
}

template <class Message>
ByteSpan bytes_of(Message& message) {
  return {reinterpret_cast<uint8_t*>(&message), sizeof message};
}

}  // namespace

// A session is renewed every two minutes, and all at once after a restart: many peers shall not
// pass for an attack by that alone.
LoadDetector::Limit Device::Impl::load_limit() const {
  constexpr size_t kUsualTimes = 4;
  constexpr size_t kTriesOfEach = 2;
  constexpr auto kPeriod = static_cast<size_t>(
      std::chrono::duration_cast<std::chrono::seconds>(kRekeyAfterTime).count());
  // An initiation from a peer of another worker may come here first.
  const size_t usual = peers_here_and_elsewhere() / kPeriod;
  const size_t least = options.under_load_per_second;
  return {.per_second = static_cast<double>(std::max(least, kUsualTimes * usual)),
          .at_once = static_cast<double>(std::max(least, kTriesOfEach * kPeriod * usual))};
}

bool Device::Impl::admit_handshake(const Datagram& datagram, Time now, Outbox& out) {
  const ConstByteSpan message = datagram.bytes.bytes();
  if (!has_key() || !checker_->check_mac1(message)) {
    ++counters.bad_mac1;
    return false;
  }
  // Only what passed mac1 counts as load: a sender who does not know our public key shall not be
  // able to slow others down.
  if (!load_.count(load_limit(), now)) return true;
  if (!checker_->check_mac2(message, datagram.remote, now)) {
    ++counters.cookie_demanded;
    CookieReply reply = checker_->reply(message, datagram.remote, now, platform_);
    emit(bytes_of(reply), datagram.remote, datagram.source, out);
    return false;
  }
  if (!limiter_.allow(datagram.remote.address, now)) {
    ++counters.rate_limited;
    return false;
  }
  return true;
}

void Device::Impl::receive_initiation(Datagram& datagram, Time now) {
  const auto message = read<Initiation>(datagram);
  datagram.bytes.reset();
  const size_t bound = std::max(InitiationQueue::kMinBound, peers_here_and_elsewhere());
  if (initiations_.push({message, std::move(datagram), now}, bound)) ++counters.initiations_dropped;
}

void Device::Impl::answer_initiations(Time now, Outbox& out) {
  counters.initiations_dropped += initiations_.drop_old(now);
  while (auto initiation = initiations_.take()) answer(*initiation, now, out);
}

void Device::Impl::answer_stranger(const PublicKey& key, WaitingInitiation& initiation,
                                   Outbox& out) {
  const auto found = elsewhere_.find(key);
  if (found == elsewhere_.end()) {
    ++counters.bad_handshake;
    return;
  }
  Datagram datagram = std::move(initiation.origin);
  datagram.bytes = copy_of(bytes_of(initiation.message));
  if (datagram.bytes) out.elsewhere.push_back({found->second, std::move(datagram)});
}

void Device::Impl::answer(WaitingInitiation& initiation, Time now, Outbox& out) {
  const Initiation& message = initiation.message;
  auto handshake = ResponderHandshake::read(identity, message);
  if (!handshake) {
    ++counters.bad_handshake;
    return;
  }
  PeerState* const peer = find_peer(handshake->remote());
  if (peer == nullptr) {
    answer_stranger(handshake->remote(), initiation, out);
    return;
  }
  const auto* const shared = static_shared(*peer);
  const auto timestamp =
      shared != nullptr ? handshake->read_timestamp(*shared, message) : std::optional<Tai64n>();
  if (!timestamp || (peer->newest_timestamp && *timestamp <= *peer->newest_timestamp) ||
      (peer->initiation_accepted &&
       initiation.arrived - *peer->initiation_accepted < kMinInitiationGap)) {
    ++counters.bad_handshake;
    return;
  }
  peer->newest_timestamp = timestamp;
  peer->initiation_accepted = initiation.arrived;

  Response response{};
  const auto keys = handshake->respond(peer->preshared, platform_, response);
  if (!keys) {
    ++counters.bad_handshake;
    return;
  }
  const uint32_t index = indices_.insert(*peer, platform_);
  store_le(response.type.data(), static_cast<uint32_t>(MessageType::response));
  store_le(response.sender.data(), index);
  response.receiver = message.sender;
  // An outstanding initiation of our own lives on: if both ends began at once, both handshakes
  // complete, and neither end waits for the other's retry.
  drop_pair(peer->pairs.next);
  peer->pairs.next =
      make_key_pair(*keys, index, load_le<uint32_t>(message.sender.data()), false, now);

  note_authentic(*peer, initiation.origin, sizeof message, now, out);
  peer->timers.arm(Timer::zero_keys, now + kZeroingTime);
  send_handshake_message(*peer, bytes_of(response), now, out);
  reschedule(*peer);
}

void Device::Impl::receive_response(const Datagram& datagram, Time now, Outbox& out) {
  const auto message = read<Response>(datagram);
  const auto index = load_le<uint32_t>(message.receiver.data());
  PeerState* const peer = indices_.find(index);
  if (peer == nullptr || !peer->handshake || peer->handshake_index != index) {
    ++counters.unknown_index;
    return;
  }
  const auto keys = peer->handshake->finish(identity, peer->preshared, message);
  if (!keys) {
    ++counters.bad_handshake;
    return;
  }
  peer->handshake.reset();  // its index goes on as the key pair's
  if (peer->pairs.current) set_aside(*peer, std::move(peer->pairs.current), now);
  if (peer->pairs.next) set_aside(*peer, std::move(peer->pairs.next), now);
  peer->pairs.current =
      make_key_pair(*keys, index, load_le<uint32_t>(message.sender.data()), true, now);

  note_authentic(*peer, datagram, sizeof message, now, out);
  peer->timers.arm(Timer::zero_keys, now + kZeroingTime);
  session_established(*peer, out);
  // The responder must not send before it has heard from us under the new keys.
  if (peer->staged.empty()) {
    send_keepalive(*peer, now, out);
  } else {
    send_staged(*peer, now, out);
  }
  reschedule(*peer);
}

void Device::Impl::receive_cookie_reply(const Datagram& datagram, Time now) {
  const auto message = read<CookieReply>(datagram);
  PeerState* const peer = indices_.find(load_le<uint32_t>(message.receiver.data()));
  if (peer == nullptr) {
    ++counters.unknown_index;
  } else if (!peer->cookies.consume(message, now)) {
    ++counters.bad_handshake;
  }
  // Nothing is sent at once: the next try, due within kRekeyTimeout, carries the cookie.
}

void Device::Impl::start_handshake(PeerState& peer, Time now, Outbox& out) {
  if (!has_key() || peer.is_self || !peer.remote || peer.timers.armed(Timer::handshake)) return;
  peer.handshake_tries = 0;
  if (peer.handshake_sent && now - *peer.handshake_sent < kRekeyTimeout) {
    peer.timers.arm(Timer::handshake, *peer.handshake_sent + kRekeyTimeout);
  } else {
    send_initiation(peer, now, out);
  }
}

void Device::Impl::restart_handshake(PeerState& peer, Time now, Outbox& out) {
  peer.timers.disarm(Timer::handshake);
  peer.handshake_sent.reset();
  start_handshake(peer, now, out);
}

void Device::Impl::send_initiation(PeerState& peer, Time now, Outbox& out) {
  const auto* const shared = static_shared(peer);
  if (shared == nullptr) return;
  drop_handshake(peer);
  Initiation message{};
  auto handshake =
      InitiatorHandshake::start(identity, peer.public_key(), *shared,
                                peer.stamps.stamp(platform_.wall_time()), platform_, message);
  if (!handshake) return;
  peer.handshake = std::make_unique<InitiatorHandshake>(*handshake);
  peer.handshake_index = indices_.insert(peer, platform_);
  store_le(message.type.data(), static_cast<uint32_t>(MessageType::initiation));
  store_le(message.sender.data(), peer.handshake_index);
  ++peer.handshake_tries;
  send_handshake_message(peer, bytes_of(message), now, out);
  peer.timers.initiation_sent(now, platform_);
}

void Device::Impl::send_handshake_message(PeerState& peer, ByteSpan message, Time now,
                                          Outbox& out) {
  peer.cookies.add_macs(message, now);
  peer.handshake_sent = now;
  peer.timers.authenticated_sent(now);
  if (!emit(message, peer.remote, peer.source, out)) return;
  peer.counters.sent_bytes += message.size();
  ++peer.counters.sent_datagrams;
}

Packet Device::Impl::copy_of(ConstByteSpan message) {
  Packet copy = pool_.allocate();
  if (!copy) {
    ++counters.pool_exhausted;
    return copy;
  }
  copy.resize(message.size());
  std::copy(message.begin(), message.end(), copy.data());
  return copy;
}

bool Device::Impl::emit(ConstByteSpan message, const Endpoint& remote, const LocalSource& source,
                        Outbox& out) {
  Datagram datagram{copy_of(message), remote, source, options.transport, kHandshakeTrafficClass};
  if (!datagram.bytes) return false;
  out.datagrams.push_back(std::move(datagram));
  return true;
}

const crypto::SharedSecret* Device::Impl::static_shared(PeerState& peer) {
  if (peer.is_self) return nullptr;
  if (!peer.static_shared) {
    crypto::SharedSecret shared;
    if (!crypto::x25519(identity.private_key, peer.public_key(), shared)) return nullptr;
    peer.static_shared = shared;
  }
  return &*peer.static_shared;
}

std::unique_ptr<KeyPair> Device::Impl::make_key_pair(const TransportKeys& keys,
                                                     uint32_t local_index, uint32_t remote_index,
                                                     bool initiator, Time now) {
  auto pair = std::make_unique<KeyPair>(keys);
  pair->local_index = local_index;
  pair->remote_index = remote_index;
  pair->initiator = initiator;
  pair->created = now;
  return pair;
}

/// `current` is new and may encrypt.
void Device::Impl::session_established(PeerState& peer, Outbox& out) {
  drop_handshake(peer);
  peer.timers.handshake_complete();
  peer.timers.arm(Timer::session_expiry, peer.pairs.current->created + kRejectAfterTime);
  peer.handshake_tries = 0;
  peer.late_rekey_tried = false;
  peer.session_reported = true;
  peer.cookies.answered();
  peer.counters.last_handshake = platform_.wall_time();
  ++counters.handshakes_completed;
  out.events.push_back({&peer, PeerEventKind::session_established});
}

void Device::Impl::session_lost(PeerState& peer, Outbox& out) {
  peer.timers.disarm(Timer::session_expiry);
  if (!peer.session_reported) return;
  peer.session_reported = false;
  out.events.push_back({&peer, PeerEventKind::session_lost});
}

void Device::Impl::drop_handshake(PeerState& peer) {
  if (!peer.handshake) return;
  indices_.erase(peer.handshake_index);
  peer.handshake.reset();
}

void Device::Impl::drop_pair(std::unique_ptr<KeyPair>& pair) {
  if (!pair) return;
  indices_.erase(pair->local_index);
  pair.reset();
}

/// Keeps a replaced pair for what is still in flight under it.
void Device::Impl::set_aside(PeerState& peer, std::unique_ptr<KeyPair> pair, Time now) {
  auto& previous = peer.pairs.previous;
  drop_pair(previous.back());
  std::move_backward(previous.begin(), previous.end() - 1, previous.end());
  previous.front() = std::move(pair);
  drop_expired_pairs(peer, now);
}

void Device::Impl::drop_expired_pairs(PeerState& peer, Time now) {
  Time next = kNever;
  for (auto& pair : peer.pairs.previous) {
    if (pair && pair->expired(now)) drop_pair(pair);
    if (pair) next = std::min(next, pair->created + kRejectAfterTime);
  }
  peer.timers.arm(Timer::previous_expiry, next);
}

void Device::Impl::end_sessions(PeerState& peer, Outbox& out) {
  drop_handshake(peer);
  for (auto* pair : peer.pairs.all()) drop_pair(*pair);
  session_lost(peer, out);
}

}  // namespace wirebraid::wireguard
