// What `wirebraid show` tells, and what the log says of changes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "control/class_rule.h"
#include "control/instance.h"

namespace wirebraid::control {

namespace {

constexpr Duration kSample = std::chrono::seconds(1);
// A far side that has just started may answer a HELLO late.
constexpr Duration kLastingExit = std::chrono::seconds(3);

uint64_t unix_seconds(WallTime time) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

UplinkState state_of(PathState state) {
  switch (state) {
    case PathState::down:
      return UplinkState::down;
    case PathState::connecting:
      return UplinkState::connecting;
    case PathState::exit:
      return UplinkState::exit;
    case PathState::up:
      return UplinkState::up;
    case PathState::suspect:
      return UplinkState::suspect;
  }
  return UplinkState::down;
}

/// One of kUnusedCodes.
std::string code_of(PathReason reason) {
  switch (reason) {
    case PathReason::none:
      return "";
    case PathReason::no_session:
      return "no_session";
    case PathReason::no_network:
      return "no_network";
    case PathReason::asking:
      return "asking";
    case PathReason::other_bond:
      return "other_bond";
    case PathReason::silent:
      return "silent";
    case PathReason::standby:
      return "standby";
    case PathReason::costly:
      return "costly";
    case PathReason::quota:
      return "quota";
  }
  return "";
}

uint64_t rate_bps(uint64_t now, uint64_t before, Duration elapsed) {
  if (elapsed <= Duration{} || now < before) return 0;
  const double seconds = std::chrono::duration<double>(elapsed).count();
  return static_cast<uint64_t>(static_cast<double>(now - before) * 8 / seconds);
}

}  // namespace

void Instance::tick(Time now) {
  for (const auto& uplink : uplinks_) {
    const wirebraid::UplinkState in_core = core(*uplink).uplink_state(uplink->id);
    warn_of_exit(*uplink, in_core.path, now);
    count_quota(*uplink, now);
    note_state(*uplink, in_core);
  }
  revert_if_unconfirmed(now);
  run_speed_test(now);
  choose_servers(now);
  save_quotas(now);
  const Duration elapsed = now - last_sample_;
  if (elapsed < kSample) return;
  last_sample_ = now;
  retry_lines();
  for (const auto& [name, bond] : bonds_) {
    bond->tx_bps = bond->rx_bps = 0;
    core(*bond).reset_longest_hold(bond->id);
  }
  for (const auto& uplink : uplinks_) {
    const wireguard::PeerStatistics& traffic = peer_of(*uplink).statistics();
    uplink->tx_bps = rate_bps(traffic.sent_bytes, uplink->sampled_tx, elapsed);
    uplink->rx_bps = rate_bps(traffic.received_bytes, uplink->sampled_rx, elapsed);
    uplink->sampled_tx = traffic.sent_bytes;
    uplink->sampled_rx = traffic.received_bytes;
    uplink->bond->tx_bps += uplink->tx_bps;
    uplink->bond->rx_bps += uplink->rx_bps;
  }
}

// As part of a turn of the main thread, which waits for workers with uplinks: if one of them hangs,
// nobody tells that the daemon is alive.
void Instance::tell_service(Time now) {
  if (options_.service == nullptr) return;
  const auto usable = std::count_if(uplinks_.begin(), uplinks_.end(), [](const auto& uplink) {
    return uplink->noted_state == UplinkState::up || uplink->noted_state == UplinkState::exit;
  });
  options_.service->alive(now);
  options_.service->status(std::to_string(usable) + " of " + std::to_string(uplinks_.size()) +
                           " uplinks up");
}

void Instance::note(Event event) {
  spdlog::info("{}", event.text);
  events_.add(std::move(event), platform_.wall_time());
}

void Instance::note_state(UplinkRecord& uplink, const wirebraid::UplinkState& in_core) {
  const UplinkState state = shown_state(uplink, in_core);
  const bool silent = in_core.path.reason == PathReason::silent;
  if (state == uplink.noted_state && silent == uplink.noted_silent) return;
  Event event;
  event.kind = EventKind::uplink;
  event.uplink = uplink.section.name;
  event.bond = uplink.bond->section.name;
  event.state = to_string(state);
  event.was = to_string(std::exchange(uplink.noted_state, state));
  uplink.noted_silent = silent;
  const std::string reason = unused(uplink, in_core.path).reason;
  event.text =
      "uplink " + event.uplink + ": " + event.state + (reason.empty() ? "" : " (" + reason + ")");
  note(std::move(event));
}

// Once per bond: packet and redundant mode need wirebraid on the far side.
void Instance::warn_of_exit(const UplinkRecord& uplink, const PathStatus& path, Time now) {
  BondRecord& bond = *uplink.bond;
  const Mode mode = bond.section.mode;
  if (bond.implicit || bond.told_of_exit || (mode != Mode::packet && mode != Mode::redundant)) {
    return;
  }
  if (path.state != PathState::exit || now - path.since < kLastingExit) return;
  bond.told_of_exit = true;
  spdlog::warn(
      "bond {}: the far side of uplink {} does not answer as wirebraid does, so it is an exit; "
      "mode {} cannot be had over exits and runs as flow",
      bond.section.name, uplink.section.name, to_string(mode));
}

Instance::Unused Instance::unused(const UplinkRecord& uplink, const PathStatus& path) const {
  if (!uplink.network) return {"no_network", uplink.network_problem};
  if (awaits_name(uplink)) return {"no_name", "its Endpoint's name is not resolved yet"};
  if (path.reason == PathReason::no_session && !peer_of(uplink).endpoint()) {
    return {"no_far_side", "waiting for the far side to connect"};
  }
  return {code_of(path.reason), std::string(to_string(path.reason))};
}

UplinkState Instance::shown_state(const UplinkRecord& uplink,
                                  const wirebraid::UplinkState& in_core) {
  const UplinkState state = state_of(in_core.path.state);
  const bool tries = state == UplinkState::down && uplink.network && in_core.endpoint;
  return tries ? UplinkState::connecting : state;
}

UplinkStatus Instance::status_of(UplinkRecord& uplink) {
  const wirebraid::UplinkState in_core = core(uplink).uplink_state(uplink.id);
  const PathStatus& path = in_core.path;
  const Duration age = io::monotonic_now() - path.since;
  UplinkStatus status;
  status.name = uplink.section.name;
  status.state = shown_state(uplink, in_core);
  status.state_since_s = unix_seconds(platform_.wall_time() - age);
  const Unused why = unused(uplink, path);
  status.unused_reason = why.reason;
  status.unused_code = why.code;
  status.public_key = uplink.section.public_key.to_base64();
  if (in_core.endpoint) status.endpoint = in_core.endpoint.to_string();
  status.device = uplink.section.device;
  status.listen_port = uplink.line->port();
  status.priority = uplink.section.priority;
  status.weight = uplink.section.weight;
  status.cost = uplink.section.cost;
  const std::vector<HostPort>& servers = uplink.section.endpoints;
  if (!servers.empty()) {
    status.server = static_cast<uint32_t>(uplink.server_in_use + 1);
    status.servers = static_cast<uint32_t>(servers.size());
    status.server_name = servers[uplink.server_in_use].to_string();
  }
  for (const IpAddress& address : {uplink.section.exit.v4, uplink.section.exit.v6}) {
    if (address) status.tunnel_addresses.push_back(address.to_string());
  }
  for (const IpAddress& target : uplink.section.exit.targets) {
    status.targets.push_back(target.to_string());
  }
  if (uplink.quota) {
    QuotaStatus& quota = status.quota.emplace();
    quota.bytes = uplink.quota->terms().bytes;
    quota.reserve_bytes = uplink.quota->terms().reserve;
    quota.used_bytes = uplink.quota->used();
    quota.allowance = to_string(uplink.quota->allowance());
    quota.next_reset = to_string(uplink.quota->next_reset());
  }
  if (path.measured) {
    status.rtt_us = static_cast<uint64_t>(path.rtt.count());
    status.rtt_variance_us = static_cast<uint64_t>(path.rtt_variance.count());
    status.loss_ratio = path.loss;
  }
  if (path.capacity_bps != 0) status.capacity_bps = path.capacity_bps;
  status.tx_rate_bps = uplink.tx_bps;
  status.rx_rate_bps = uplink.rx_bps;
  status.tx_bytes = in_core.traffic.sent_bytes;
  status.rx_bytes = in_core.traffic.received_bytes;
  if (in_core.traffic.last_handshake) {
    status.last_handshake_s = unix_seconds(*in_core.traffic.last_handshake);
  }
  return status;
}

std::vector<ClassOverview> Instance::classes_of_bond(const BondRecord& bond) const {
  const std::vector<ClassState> states = core(bond).class_states(bond.id);
  const auto sections = classes_of(config_, bond.section.name);
  std::vector<ClassOverview> result;
  for (size_t i = 0; i < states.size(); ++i) {
    const ClassStatus& state = states[i].status;
    ClassOverview& overview = result.emplace_back();
    if (i > 0 && i <= sections.size()) {
      overview.name = sections[i - 1]->name;
      overview.rule = to_words(sections[i - 1]->rule);
    }
    overview.mode = to_string(state.mode);
    overview.effective_mode = to_string(state.effective);
    for (const auto& uplink : uplinks_) {
      const auto& in_use = states[i].uplinks;
      if (std::find(in_use.begin(), in_use.end(), uplink->id) != in_use.end()) {
        overview.uplinks.push_back(uplink->section.name);
      }
    }
    overview.packets = state.packets;
    overview.bytes = state.bytes;
  }
  // The core has what no rule takes first.
  if (!result.empty()) std::rotate(result.begin(), result.begin() + 1, result.end());
  return result;
}

InterfaceStatus Instance::status() {
  InterfaceStatus status;
  status.name = options_.interface;
  status.version = WIREBRAID_VERSION;
  status.engine = engine().name();
  status.engine_reason = engine_reason_;
  status.cipher = cipher_name_;
  status.cipher_reason = cipher_.reason;
  if (const Interface& core = main_worker().core();
      !core.private_key(interface_identity()).is_zero()) {
    status.public_key = core.public_key(interface_identity()).to_base64();
  }
  for (const Prefix& prefix : addresses_) status.addresses.push_back(prefix.to_string());
  status.mtu = mtu_;
  status.listen_port = interface_line_.port();
  status.firewall_mark = interface_line_.wanted.firewall_mark;
  status.started_s = unix_seconds(started_);
  for (const auto& worker : workers_) {
    const HandoverStatistics handovers = worker->handovers();
    status.workers.push_back({worker->bonds, handovers.taken, handovers.dropped});
  }
  for (const auto& [name, record] : bonds_) {
    const BondStatistics statistics = core(*record).bond_statistics(record->id);
    BondStatus& bond = status.bonds.emplace_back();
    bond.name = name;
    bond.worker = static_cast<uint32_t>(record->worker->id());
    bond.mode = to_string(record->section.mode);
    for (const Prefix& prefix : core(*record).allowed_ips(record->id)) {
      bond.allowed_ips.push_back(prefix.to_string());
    }
    bond.tx_rate_bps = record->tx_bps;
    bond.rx_rate_bps = record->rx_bps;
    bond.tx_packets = statistics.sent;
    bond.rx_packets = statistics.delivered;
    bond.held_packets = statistics.held;
    bond.held_total = statistics.reordered;
    bond.hold_max_us = static_cast<uint64_t>(statistics.longest_hold.count());
    bond.resent = statistics.resent;
    bond.duplicates = statistics.duplicates;
    bond.late = statistics.late;
    bond.resets = statistics.resets;
    bond.classes = classes_of_bond(*record);
    bond.dropped.no_uplink = statistics.dropped_no_path + statistics.dropped_stale;
    bond.dropped.queue_full = statistics.dropped_queue_full;
    bond.dropped.queue_delay = statistics.dropped_codel;
    bond.dropped.lost = statistics.given_up + statistics.abandoned;
    bond.dropped.malformed = statistics.dropped_malformed + statistics.dropped_ecn;
    for (const auto& uplink : uplinks_) {
      if (uplink->bond == record.get()) bond.uplinks.push_back(status_of(*uplink));
    }
    for (const UplinkSection& section : config_.uplinks) {
      if (section.enabled || section.bond != name) continue;
      UplinkStatus& disabled = bond.uplinks.emplace_back();
      disabled.name = section.name;
      disabled.state = UplinkState::disabled;
      disabled.unused_reason = "Enabled = no";
      disabled.unused_code = "disabled";
      disabled.public_key = section.public_key.to_base64();
      disabled.device = section.device;
      disabled.state_since_s = unix_seconds(started_);
    }
  }
  status.speed_test = speed_test_status();
  release_workers();  // what is left to do with it may take a while
  return status;
}

}  // namespace wirebraid::control
