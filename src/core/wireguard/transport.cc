#include <algorithm>
#include <cassert>

#include "core/wireguard/device_impl.h"

namespace wirebraid::wireguard {

namespace {

/// Section 5.4.6: to a multiple of 16, but never above what the link takes.
size_t padded_size(size_t size, size_t max_payload) {
  const size_t padded = (size + kPaddingMultiple - 1) / kPaddingMultiple * kPaddingMultiple;
  return std::max(size, std::min(padded, max_payload));
}

}  // namespace

void Device::Impl::receive_transport(Datagram& datagram, Time now, Outbox& out) {
  Packet& packet = datagram.bytes;
  const size_t size = packet.size();
  const auto index = load_le<uint32_t>(packet.data() + kReceiverOffset);
  const auto counter = load_le<uint64_t>(packet.data() + 8);
  PeerState* const peer = indices_.find(index);
  KeyPair* pair = nullptr;
  if (peer != nullptr) {
    for (auto* slot : peer->pairs.all()) {
      if (*slot && (*slot)->local_index == index) pair = slot->get();
    }
  }
  if (pair == nullptr) {
    if (!give_away(datagram, kReceiverOffset, out)) ++counters.unknown_index;
    return;
  }
  if (pair->expired(now) || counter >= kRejectAfterMessages ||
      !pair->receive.open(*options.aead, packet.bytes().subspan(kTransportHeaderSize), counter)) {
    ++counters.bad_transport;
    return;
  }
  if (!pair->window.accept(counter)) {
    ++counters.replayed;
    ++peer->counters.replayed;
    return;
  }
  note_authentic(*peer, datagram, size, now, out);
  if (pair == peer->pairs.next.get()) {
    // Key confirmation (section 5.4.6): the initiator has the keys, so we may use them too.
    if (peer->pairs.current) set_aside(*peer, std::move(peer->pairs.current), now);
    peer->pairs.current = std::move(peer->pairs.next);
    session_established(*peer, out);
    send_staged(*peer, now, out);
  }
  packet.remove_prefix(kTransportHeaderSize);
  packet.resize(size - kTransportOverhead);
  if (packet.empty()) {
    out.keepalives.push_back(peer);
  } else {
    peer->timers.data_received(now);
    out.payloads.push_back(
        {peer, std::move(packet), SessionId{index}, counter, datagram.traffic_class, size});
  }
  renew_after_receiving(*peer, now, out);
  reschedule(*peer);
}

/// For every message that proved to come from `peer`.
void Device::Impl::note_authentic(PeerState& peer, const Datagram& datagram, size_t size, Time now,
                                  Outbox& out) {
  peer.counters.received_bytes += size;
  ++peer.counters.received_datagrams;
  peer.timers.authenticated_received(now);
  peer.source = datagram.source;
  if (peer.remote == datagram.remote) return;
  peer.remote = datagram.remote;
  out.events.push_back({&peer, PeerEventKind::endpoint_changed});
}

bool Device::Impl::can_send(const PeerState& peer, Time now) const {
  return peer.has_session(now) && peer.remote;
}

void Device::Impl::send(PeerState& peer, std::span<Outgoing> batch, Time now, Outbox& out) {
  send_staged(peer, now, out);  // there are any only if the endpoint was missing for a while
  for (Outgoing& outgoing : batch) {
    outgoing.sent = false;
    if (can_send(peer, now)) {
      outgoing.session = peer.pairs.current->remote_index;
      outgoing.counter = peer.pairs.current->send_counter;
      outgoing.sent = seal_payload(peer, outgoing.payload, outgoing.traffic_class, now, out);
      if (outgoing.sent) outgoing.datagram_size = out.datagrams.back().bytes.size();
      continue;
    }
    if (outgoing.payload && !outgoing.payload.empty() && !peer.is_self &&
        peer.staged.push({outgoing.payload.share(), outgoing.traffic_class}, options.max_staged)) {
      ++peer.counters.staged_dropped;
    }
  }
  if (can_send(peer, now)) {
    renew_after_sending(peer, now, out);
  } else {
    // Its messages may have run out before its time has.
    if (!peer.has_session(now)) session_lost(peer, out);
    start_handshake(peer, now, out);
  }
  reschedule(peer);
}

/// Precondition: can_send().
bool Device::Impl::seal_payload(PeerState& peer, const Packet& payload, uint8_t traffic_class,
                                Time now, Outbox& out) {
  Packet sealed = pool_.allocate();
  const ConstByteSpan plaintext = payload ? payload.bytes() : ConstByteSpan();
  const size_t padded = padded_size(plaintext.size(), options.max_payload);
  if (!sealed || padded + crypto::kTagSize > sealed.tailroom()) {
    ++counters.pool_exhausted;
    return false;
  }
  KeyPair& pair = *peer.pairs.current;
  const uint64_t counter = pair.send_counter++;
  sealed.resize(padded + crypto::kTagSize);
  uint8_t* const body = sealed.data();
  if (padded == plaintext.size()) {
    pair.send.seal(*options.aead, plaintext, counter, body);
  } else {
    // The payload's own slot may be shared, so the padding has to go behind a copy.
    std::copy(plaintext.begin(), plaintext.end(), body);
    std::fill(body + plaintext.size(), body + padded, uint8_t{0});
    pair.send.seal(*options.aead, {body, padded}, counter, body);
  }
  uint8_t* const header = sealed.prepend(kTransportHeaderSize);
  store_le(header, static_cast<uint32_t>(MessageType::transport));
  store_le(header + kReceiverOffset, pair.remote_index);
  store_le(header + 8, counter);

  peer.counters.sent_bytes += sealed.size();
  ++peer.counters.sent_datagrams;
  peer.timers.authenticated_sent(now);
  if (!plaintext.empty()) peer.timers.data_sent(now, platform_);
  out.datagrams.push_back(
      {std::move(sealed), peer.remote, peer.source, options.transport, traffic_class});
  return true;
}

void Device::Impl::send_keepalive(PeerState& peer, Time now, Outbox& out) {
  if (!can_send(peer, now)) {
    start_handshake(peer, now, out);
    return;
  }
  seal_payload(peer, Packet(), 0, now, out);
  renew_after_sending(peer, now, out);
}

void Device::Impl::send_staged(PeerState& peer, Time now, Outbox& out) {
  while (!peer.staged.empty() && can_send(peer, now)) {
    const StagedPayload staged = peer.staged.pop();
    seal_payload(peer, staged.payload, staged.traffic_class, now, out);
  }
}

/// Section 6.2. Only the initiator renews by age, lest both ends do it at once.
void Device::Impl::renew_after_sending(PeerState& peer, Time now, Outbox& out) {
  const KeyPair& pair = *peer.pairs.current;
  if (pair.send_counter >= kRekeyAfterMessages ||
      (pair.initiator && now - pair.created >= kRekeyAfterTime)) {
    start_handshake(peer, now, out);
  }
}

void Device::Impl::renew_after_receiving(PeerState& peer, Time now, Outbox& out) {
  const KeyPair* const pair = peer.pairs.current.get();
  if (pair == nullptr || !pair->initiator || peer.late_rekey_tried) return;
  if (!pair->can_send(now) || now - pair->created < kLateRekeyTime) return;
  peer.late_rekey_tried = true;
  start_handshake(peer, now, out);
}

}  // namespace wirebraid::wireguard
