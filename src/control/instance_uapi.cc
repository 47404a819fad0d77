// WireGuard's own way to configure the interface, as wg(8) and wg-quick(8) use it. Peers made this
// way are bonds of one uplink on the interface's socket, and never see a frame.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "control/instance.h"

namespace wirebraid::control {

DeviceState Instance::get() {
  DeviceState state;
  state.private_key = main_worker().core().private_key(interface_identity());
  state.listen_port = interface_line_.port();
  state.firewall_mark = interface_line_.wanted.firewall_mark;
  state.peers.reserve(uplinks_.size());
  for (const auto& uplink : uplinks_) {
    const wireguard::Peer& peer = peer_of(*uplink);
    const wireguard::PeerStatistics& traffic = peer.statistics();
    PeerState& entry = state.peers.emplace_back();
    entry.public_key = peer.public_key();
    entry.preshared_key = peer.preshared_key();
    entry.endpoint = peer.endpoint();
    entry.last_handshake = traffic.last_handshake;
    entry.sent_bytes = traffic.sent_bytes;
    entry.received_bytes = traffic.received_bytes;
    entry.persistent_keepalive = peer.persistent_keepalive();
    entry.allowed_ips = core(*uplink).allowed_ips(uplink->bond->id);
  }
  return state;
}

int Instance::set(const SetRequest& request) {
  // Only these two can fail; they come first, so that a failed set has changed nothing.
  const uint32_t mark_before = interface_line_.wanted.firewall_mark;
  if (request.firewall_mark) {
    if (const int error = set_firewall_mark(*request.firewall_mark)) return error;
  }
  if (request.listen_port) {
    if (const int error = set_listen_port(*request.listen_port)) {
      set_firewall_mark(mark_before);
      return error;
    }
  }
  if (request.private_key) {
    set_private_key(*request.private_key);
  }
  if (request.replace_peers) {
    while (!uplinks_.empty()) remove_uplink(*uplinks_.back());
  }
  for (const PeerChange& change : request.peers) set_peer(change);
  flush();
  return 0;
}

int Instance::set_listen_port(uint16_t port) {
  io::UdpOptions options = interface_line_.wanted;
  if (interface_line_.open && port != 0 && port == interface_line_.port()) {
    interface_line_.wanted.port = port;
    return 0;
  }
  io::UdpOptions before = options;
  before.port = interface_line_.port();  // the one it has, if the kernel picked it
  options.port = port;
  std::vector<std::string> errors;
  if (open_line(interface_line_, options, &errors)) return 0;
  spdlog::error("listen port {}: {}", port, errors.front());
  open_line(interface_line_, before, nullptr);
  return EADDRINUSE;
}

int Instance::set_firewall_mark(uint32_t mark) {
  if (interface_line_.wanted.firewall_mark == mark) return 0;
  if (interface_line_.open) {
    if (const auto error = set_mark(interface_line_, mark)) {
      return error.value();
    }
  }
  interface_line_.wanted.firewall_mark = mark;
  forget_sources();  // another mark, another route
  return 0;
}

// A gateway's uplinks may share their far side's key; then only those on the interface's own key
// can be meant.
Instance::UplinkRecord* Instance::find_peer(const PublicKey& key) {
  UplinkRecord* found = nullptr;
  size_t matches = 0;
  for (const auto& uplink : uplinks_) {
    if (uplink->section.public_key != key) continue;
    if (uplink->line == &interface_line_) return uplink.get();
    found = uplink.get();
    ++matches;
  }
  return matches == 1 ? found : nullptr;
}

void Instance::set_peer(const PeerChange& change) {
  const Time now = io::monotonic_now();
  UplinkRecord* uplink = find_peer(change.public_key);
  if (change.remove) {
    if (uplink != nullptr) remove_uplink(*uplink);
    return;
  }
  if (uplink == nullptr) {
    if (change.update_only) return;
    // The whole key, so that two peers never share a name.
    const std::string name = change.public_key.to_base64();
    BondRecord& bond = make_lone_bond(name);
    const auto id = add_uplink(interface_line_, bond, change.public_key);
    if (!id) {  // our own key: the reference ignores such a peer too
      take_out(bond);
      bonds_.erase(name);
      return;
    }
    auto record = std::make_unique<UplinkRecord>();
    record->section.name = name;
    record->section.public_key = change.public_key;
    record->id = *id;
    record->line = &interface_line_;
    record->bond = &bond;
    uplink = uplinks_.emplace_back(std::move(record)).get();
  }
  if (change.preshared_key) core(*uplink).set_preshared_key(uplink->id, *change.preshared_key);
  if (change.endpoint) {
    forget_names(*uplink);
    core(*uplink).set_endpoint(uplink->id, *change.endpoint, now);
  }
  const BondRecord& bond = *uplink->bond;
  if (change.replace_allowed_ips) disallow_all(bond);
  for (const AllowedIpChange& allowed : change.allowed_ips) {
    if (allowed.remove) {
      disallow(bond, allowed.prefix);
    } else {
      allow(bond, allowed.prefix);
    }
  }
  if (change.persistent_keepalive) {
    uplink->section.persistent_keepalive = *change.persistent_keepalive;
    core(*uplink).set_persistent_keepalive(uplink->id, *change.persistent_keepalive, now);
  }
}

}  // namespace wirebraid::control
