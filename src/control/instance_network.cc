// What the daemon does to the network around it, and what it does when that network changes.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "control/instance.h"

namespace wirebraid::control {

namespace {

constexpr uint32_t kEthernetMtu = 1500;
constexpr size_t kMinMtu = 576;     // RFC 791: every IPv4 host takes it
constexpr size_t kMinMtuV6 = 1280;  // RFC 8200
constexpr size_t kUdpHeader = 8;
constexpr size_t kFrameHeader = 8;

size_t ip_header(const UplinkSection& uplink) {
  const auto is_v4 = [](const HostPort& host) {
    const auto endpoint = numeric_endpoint(host);
    return endpoint && endpoint->address.is_v4();
  };
  const bool surely_v4 = uplink.address.is_v4() ||
                         (!uplink.endpoints.empty() &&
                          std::all_of(uplink.endpoints.begin(), uplink.endpoints.end(), is_v4));
  return surely_v4 ? 20 : 40;
}

/// A default route as two halves: more specific than the one that is there, which stays untouched.
std::vector<Prefix> halves(const Prefix& prefix) {
  if (prefix.length != 0) return {prefix};
  const bool v4 = prefix.address.is_v4();
  const auto low = Prefix::parse(v4 ? "0.0.0.0/1" : "::/1");
  const auto high = Prefix::parse(v4 ? "128.0.0.0/1" : "8000::/1");
  return {*low, *high};
}

}  // namespace

// The largest inner packet that fits into every uplink's device without fragmentation.
size_t Instance::work_out_mtu(const Config& config) {
  if (config.interface.mtu) return *config.interface.mtu;
  size_t mtu = kEthernetMtu - 40 - kUdpHeader - wireguard::kTransportOverhead - kFrameHeader;
  bool any = false;
  for (const UplinkSection& uplink : config.uplinks) {
    if (!uplink.enabled) continue;
    size_t device_mtu = kEthernetMtu;
    if (!uplink.device.empty()) {
      if (const auto link = netlink_->link(uplink.device)) device_mtu = link->mtu;
    }
    const size_t overhead = ip_header(uplink) + kUdpHeader + wireguard::kTransportOverhead +
                            (uplink.bond.empty() ? 0 : kFrameHeader);
    const size_t fits = device_mtu > overhead + kMinMtu ? device_mtu - overhead : kMinMtu;
    mtu = any ? std::min(mtu, fits) : fits;
    any = true;
  }
  const bool v6 = std::any_of(config.interface.addresses.begin(), config.interface.addresses.end(),
                              [](const Prefix& prefix) { return prefix.address.is_v6(); });
  return v6 ? std::max(mtu, kMinMtuV6) : mtu;
}

// The uplinks' devices come, go and change; what a person has set by hand stays until then.
void Instance::update_mtu(const Config& config) {
  if (options_.config_file.empty()) return;
  const size_t mtu = std::min(work_out_mtu(config), main_worker().pool().payload_size());
  if (mtu == worked_out_mtu_) return;
  worked_out_mtu_ = mtu;
  mtu_ = static_cast<uint32_t>(mtu);
  set_core_mtu(mtu);
  if (tun_link_ == 0) return;
  if (const auto error = netlink_->set_mtu(tun_link_, mtu_)) {
    spdlog::error("MTU {}: {}", mtu, error.message());
  }
}

void Instance::configure_network(const Config& config) {
  if (tun_link_ == 0 || options_.config_file.empty()) return;  // wg-quick or a person does it
  for (const Prefix& prefix : addresses_) {
    const auto& wanted = config.interface.addresses;
    if (std::find(wanted.begin(), wanted.end(), prefix) == wanted.end()) {
      netlink_->remove_address(tun_link_, prefix);
    }
  }
  addresses_ = config.interface.addresses;
  for (const Prefix& prefix : addresses_) {
    if (const auto error = netlink_->add_address(tun_link_, prefix)) {
      spdlog::error("address {}: {}", prefix.to_string(), error.message());
    }
  }
  if (const auto error = netlink_->set_up(tun_link_, true)) {
    spdlog::error("{}: cannot be set up: {}", options_.interface, error.message());
  } else {
    tun_up_ = true;
  }
  install_routes(config);
}

void Instance::install_routes(const Config& config) {
  std::vector<io::Route> wanted;
  const auto add = [&](const std::vector<Prefix>& prefixes) {
    for (const Prefix& allowed : prefixes) {
      for (const Prefix& prefix : halves(allowed)) {
        // The address' own subnet is on-link already.
        const bool covered =
            std::any_of(addresses_.begin(), addresses_.end(), [&](const Prefix& address) {
              return address.length <= prefix.length && address.masked().contains(prefix.address);
            });
        if (covered) continue;
        io::Route route;
        route.destination = prefix;
        route.link = tun_link_;
        route.table = *config.interface.table;
        route.metric = config.interface.metric;
        wanted.push_back(route);
      }
    }
  };
  if (config.interface.table) {
    for (const BondSection& bond : config.bonds) {
      if (!awaits_name(bond.name)) add(bond.allowed_ips);
    }
    for (const UplinkSection& uplink : config.uplinks) {
      if (uplink.enabled && !awaits_name(uplink.name)) add(uplink.allowed_ips);
    }
  }
  for (const io::Route& route : routes_) {
    if (std::find(wanted.begin(), wanted.end(), route) == wanted.end()) {
      netlink_->remove_route(route);
    }
  }
  for (const io::Route& route : wanted) {
    if (const auto error = netlink_->add_route(route)) {
      spdlog::error("route {}: {}", route.destination.to_string(), error.message());
    }
  }
  if (wanted != routes_) warn_of_loops(config, wanted);
  routes_ = std::move(wanted);
}

// True while a bond can be reached by names only, none of which is resolved: its routes wait, since
// the name server may well be behind them.
bool Instance::awaits_name(const std::string& bond) const {
  const auto at = bonds_.find(bond);
  if (at == bonds_.end()) return false;
  bool pending = false;
  for (const auto& uplink : uplinks_) {
    if (uplink->bond != at->second.get()) continue;
    if (peer_of(*uplink).endpoint()) return false;
    pending = pending || awaits_name(*uplink);
  }
  return pending;
}

// An uplink's own datagrams must not be routed into the tunnel. A bound device or a mark with a
// policy route keeps them out; without either, nothing does.
void Instance::warn_of_loops(const Config& config, const std::vector<io::Route>& routes) const {
  if (config.interface.table != kMainTable) return;
  for (const UplinkSection& uplink : config.uplinks) {
    const uint32_t mark = uplink.firewall_mark.value_or(config.interface.firewall_mark);
    if (!uplink.enabled || !uplink.device.empty() || mark != 0) continue;
    for (const HostPort& host : uplink.endpoints) {
      const auto endpoint = numeric_endpoint(host);
      if (!endpoint) continue;
      const bool inside = std::any_of(routes.begin(), routes.end(), [&](const io::Route& route) {
        return route.destination.masked().contains(endpoint->address);
      });
      if (!inside) continue;
      spdlog::warn(
          "uplink {}: its Endpoint {} is itself routed into {}; give the uplink a Device, or an "
          "FwMark and a routing rule for it",
          uplink.name, endpoint->to_string(), options_.interface);
    }
  }
}

void Instance::on_network_change() {
  bool changed = false;
  bool sources = false;
  bool names = false;  // a name server may be in reach now; not asked with every route of a mesh
  for (const io::Change& change : netlink_->read_changes()) {
    switch (change.kind) {
      case io::ChangeKind::link:
        if (change.link.index == tun_link_) {
          on_own_link(change.link);
        } else {
          changed = names = true;
        }
        break;
      case io::ChangeKind::link_gone:
        if (change.link.index == tun_link_) {
          tun_link_ = 0;  // moved to another namespace; if it was deleted, its descriptor tells
        } else {
          changed = sources = true;
        }
        break;
      case io::ChangeKind::lost:
        changed = sources = names = true;
        break;
      case io::ChangeKind::address:
      case io::ChangeKind::address_gone:
        if (change.address.link != tun_link_) changed = sources = names = true;
        break;
      case io::ChangeKind::route:
      case io::ChangeKind::route_gone:
        if (change.route.protocol == io::kRouteProtocol) break;
        changed = sources = true;
        names = names || change.route.destination.length == 0;
        break;
    }
  }
  if (sources) forget_sources();
  if (names) resolver_->retry();
  if (changed) {
    for (const auto& uplink : uplinks_) check_network(*uplink, true);
    update_mtu(config_);
  }
  flush();
}

void Instance::on_own_link(const io::Link& link) {
  if (link.mtu != mtu_ && link.mtu <= main_worker().pool().payload_size()) {
    mtu_ = link.mtu;
    set_core_mtu(mtu_);
  }
  const bool came_up = link.up && !tun_up_;
  tun_up_ = link.up;
  if (came_up) configure_network(config_);  // going down has cost it its routes
}

// Is the uplink's device there and running, its socket open, and does a route lead to the far side?
// `reopen`: something has changed, try again.
void Instance::check_network(UplinkRecord& uplink, bool reopen) {
  std::string problem = problem_of_line(uplink, reopen);
  std::optional<io::Way> way;
  if (problem.empty()) problem = problem_of_way(uplink, way);
  const bool moved = uplink.network && problem.empty() && uplink.way && way && uplink.way != way;
  if (moved) leave_source(uplink, *way);
  if (way) uplink.way = way;
  set_network(uplink, problem);
  if (!moved) return;
  spdlog::info("uplink {}: leaves from {} now{}", uplink.section.name, way->source.to_string(),
               way->gateway ? " via " + way->gateway.to_string() : "");
  announce(uplink);
}

// Else a packet on its way to the old source would take the uplink back to it, for as long as the
// host has it. The interface's own port has others' sources as well.
void Instance::leave_source(const UplinkRecord& uplink, const io::Way& way) {
  if (uplink.line == &interface_line_ || uplink.way->source == way.source) return;
  uplink.bond->worker->hold();
  uplink.line->of(*uplink.bond->worker).transport->leave(uplink.way->source);
}

std::string Instance::problem_of_device(const std::string& name,
                                        const std::optional<io::Link>& link) {
  if (!link) return "device " + name + " does not exist";
  if (!link->up) return "device " + name + " is down";
  if (!link->running) return "device " + name + " has no carrier";
  return "";
}

std::string Instance::problem_of_line(UplinkRecord& uplink, bool reopen) {
  if (uplink.line == &interface_line_) return "";
  Line& line = *uplink.line;
  const UplinkSection& section = uplink.section;
  std::string problem;
  if (!section.device.empty()) {
    const auto link = netlink_->link(section.device);
    // Bound to an index that will not come back, even if a new device has the old name.
    if (!link || link->index != line.device_index) close_line(line);
    problem = problem_of_device(section.device, link);
  }
  if (problem.empty() && section.address && !netlink_->has_address(section.address)) {
    problem = "address " + section.address.to_string() + " does not exist";
  }
  if (problem.empty() && !line.open && reopen) open_line(line, line.wanted, nullptr);
  return problem.empty() && !line.open ? line.problem : problem;
}

// A far side that is waited for may come from anywhere.
std::string Instance::problem_of_way(const UplinkRecord& uplink, std::optional<io::Way>& way) {
  const Endpoint& endpoint = peer_of(uplink).endpoint();
  if (uplink.section.endpoints.empty() || !endpoint) return "";
  const io::UdpOptions& socket = uplink.line->wanted;
  io::WayQuery query;
  query.destination = endpoint.address;
  query.link = endpoint.scope != 0 ? endpoint.scope : uplink.line->device_index;
  query.firewall_mark = socket.firewall_mark;
  way = netlink_->way(query);
  if (!way) {
    return "no route to " + endpoint.address.to_string() +
           (socket.device.empty() ? "" : " through device " + socket.device);
  }
  // What the socket is bound to comes first.
  if (socket.address) way->source = socket.address;
  if (!socket.device.empty()) return "";
  const auto link = netlink_->link(way->link);
  return link ? problem_of_device(link->name, link) : "";
}

void Instance::set_network(UplinkRecord& uplink, const std::string& problem) {
  const bool usable = problem.empty();
  const bool was_usable = uplink.network;
  if (!usable && problem != uplink.network_problem) {
    spdlog::warn("uplink {}: {}", uplink.section.name, problem);
  }
  uplink.network = usable;
  uplink.network_problem = problem;
  if (usable == was_usable) return;
  core(uplink).set_network(uplink.id, usable, io::monotonic_now());
  if (!usable) return;
  spdlog::info("uplink {}: network is back", uplink.section.name);
  announce(uplink);
}

// The far side shall know at once where we are now. A lone peer without a session has no need of
// one.
void Instance::announce(const UplinkRecord& uplink) {
  const Time now = io::monotonic_now();
  if (uplink.bond->implicit && !peer_of(uplink).has_session(now)) return;
  core(uplink).announce(uplink.id, now);
}

}  // namespace wirebraid::control
