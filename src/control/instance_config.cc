// Applying a configuration: what did not change is not touched, and what can fail is tried first.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "control/instance.h"

namespace wirebraid::control {

namespace {

io::UdpOptions socket_options(const Config& config, const UplinkSection& uplink) {
  io::UdpOptions options;
  options.port = uplink.listen_port.value_or(0);
  options.device = uplink.device;
  options.address = uplink.address;
  options.firewall_mark = uplink.firewall_mark.value_or(config.interface.firewall_mark);
  return options;
}

io::UdpOptions socket_options(const InterfaceSection& interface) {
  io::UdpOptions options;
  options.port = interface.listen_port;
  options.firewall_mark = interface.firewall_mark;
  return options;
}

BondOptions bond_options(const Config& config, const BondSection& section) {
  BondOptions options;
  options.mode = section.mode;
  for (const ClassSection* each : classes_of(config, section.name)) {
    options.classes.push_back({each->rule, each->mode});
  }
  // Whoever waits to be found is a server, and hosts are on the other side.
  options.hosts_behind_far_side = std::all_of(
      config.uplinks.begin(), config.uplinks.end(),
      [&](const auto& uplink) { return uplink.bond != section.name || uplink.endpoints.empty(); });
  options.hold_cap = section.hold_time;
  return options;
}

/// The interface's first address of a family; none: empty.
IpAddress first_address(const InterfaceSection& interface, Family family) {
  const auto& addresses = interface.addresses;
  const auto at = std::find_if(addresses.begin(), addresses.end(), [&](const Prefix& prefix) {
    return prefix.address.family() == family;
  });
  return at == addresses.end() ? IpAddress() : at->address;
}

/// The same session on the same socket: anything else can be changed while it runs.
bool same_session(const Config& before, const UplinkSection& a, const Config& after,
                  const UplinkSection& b) {
  return a.bond == b.bond && a.public_key == b.public_key &&
         private_key_of(before, a) == private_key_of(after, b) &&
         shares_interface_socket(a) == shares_interface_socket(b) &&
         (shares_interface_socket(a) || socket_options(before, a) == socket_options(after, b));
}

/// A socket that cannot be opened now, but will be when the network is there.
bool comes_later(const std::error_code& error) {
  return error == std::errc::no_such_device || error == std::errc::address_not_available;
}

template <class Sections>
auto find_section(const Sections& sections, const std::string& name) {
  return std::find_if(sections.begin(), sections.end(),
                      [&](const auto& section) { return section.name == name; });
}

}  // namespace

bool Instance::apply(const Config& config, std::vector<std::string>& errors) {
  if (!open_lines(config, errors)) return false;
  apply_interface(config);
  // Uplinks that go or change come first, so that their keys and bonds are free for others.
  for (size_t i = uplinks_.size(); i-- > 0;) {
    UplinkRecord& uplink = *uplinks_[i];
    const auto section = find_section(config.uplinks, uplink.section.name);
    if (!uplink.from_file) continue;
    if (section == config.uplinks.end() || !section->enabled ||
        !same_session(config_, uplink.section, config, *section)) {
      remove_uplink(uplink);
    }
  }
  apply_bonds(config);
  apply_uplinks(config);
  drop_unused_bonds(config);
  config_ = config;
  configure_network(config);
  flush();
  return true;
}

// What can fail: the interface's own socket. Uplinks' sockets come and go with their networks.
bool Instance::open_lines(const Config& config, std::vector<std::string>& errors) {
  const io::UdpOptions options = socket_options(config.interface);
  if (interface_line_.shares.empty()) {
    std::vector<Worker*> all;
    for (const auto& worker : workers_) all.push_back(worker.get());
    add_shares(interface_line_, all, PrivateKey());
    return open_line(interface_line_, options, &errors);
  }
  const io::UdpOptions before = interface_line_.wanted;
  if (before.port == options.port) {
    if (before.firewall_mark == options.firewall_mark) return true;
    const auto error = set_mark(interface_line_, options.firewall_mark);
    if (!error) {
      interface_line_.wanted = options;
      return true;
    }
    errors.push_back("FwMark: " + error.message());
    return false;
  }
  if (open_line(interface_line_, options, &errors)) return true;
  open_line(interface_line_, before, nullptr);
  return false;
}

void Instance::apply_interface(const Config& config) {
  set_private_key(config.interface.private_key.value_or(PrivateKey()));
  for (const auto& worker : workers_) {
    worker->core().set_addresses(first_address(config.interface, Family::v4),
                                 first_address(config.interface, Family::v6));
  }
  update_mtu(config);
}

void Instance::apply_bonds(const Config& config) {
  for (const BondSection& section : config.bonds) {
    const auto at = bonds_.find(section.name);
    const BondOptions options = bond_options(config, section);
    BondRecord& bond = at == bonds_.end() ? make_bond(section, options) : *at->second;
    if (bond.section.mode != section.mode) bond.told_of_exit = false;
    bond.section = section;
    core(bond).set_bond_options(bond.id, options, io::monotonic_now());
    set_allowed_ips(bond, section.allowed_ips);
  }
}

void Instance::apply_uplinks(const Config& config) {
  for (const UplinkSection& section : config.uplinks) {
    if (!section.enabled) continue;
    if (UplinkRecord* running = find_uplink(section.name)) {
      apply_soft(config, *running, section);
      continue;
    }
    BondRecord* bond = nullptr;
    if (section.bond.empty()) {
      bond = &make_lone_bond(section.name);
      set_allowed_ips(*bond, section.allowed_ips);
    } else {
      bond = bonds_.at(section.bond).get();
    }
    start_uplink(config, section, *bond);
  }
}

PathOptions Instance::path_options(const Config& config, const UplinkRecord& uplink) {
  const UplinkSection& section = uplink.section;
  PathOptions options;
  options.priority = section.priority;
  options.rate_cap = section.rate_up_bps.value_or(0);
  options.receive_cap = section.rate_down_bps.value_or(0);
  options.weight = section.weight;
  options.cost = section.cost;
  if (uplink.quota) options.allowance = uplink.quota->allowance();
  options.exit = section.exit;
  unsigned index = 1;  // 0 is what no class takes
  for (const ClassSection* each : classes_of(config, section.bond)) {
    const auto& names = each->uplinks;
    const bool carries =
        names.empty() || std::find(names.begin(), names.end(), section.name) != names.end();
    if (!carries) options.classes &= ~(uint32_t{1} << index);
    ++index;
  }
  return options;
}

void Instance::start_uplink(const Config& config, const UplinkSection& section, BondRecord& bond) {
  Line* line = &interface_line_;
  if (!shares_interface_socket(section)) {
    line =
        &make_line(socket_options(config, section), private_key_of(config, section), *bond.worker);
  }
  // The file has the last word over a peer that was made by hand.
  const auto by_hand = std::find_if(uplinks_.begin(), uplinks_.end(), [&](const auto& uplink) {
    return !uplink->from_file && uplink->line == line &&
           uplink->section.public_key == section.public_key;
  });
  if (by_hand != uplinks_.end()) remove_uplink(**by_hand);
  const auto id = add_uplink(*line, bond, section.public_key);
  if (!id) {
    spdlog::error("uplink {}: not started: its key is in use already, or bond {} is full",
                  section.name, bond.section.name);
    if (line != &interface_line_) drop_line(*line);
    return;
  }
  auto record = std::make_unique<UplinkRecord>();
  record->section = section;
  record->section.endpoints.clear();  // set below, so that it counts as changed
  record->section.persistent_keepalive.reset();
  record->id = *id;
  record->line = line;
  record->bond = &bond;
  record->from_file = true;
  UplinkRecord& uplink = *uplinks_.emplace_back(std::move(record));
  check_network(uplink, false);
  apply_soft(config, uplink, section);
}

void Instance::apply_soft(const Config& config, UplinkRecord& uplink,
                          const UplinkSection& section) {
  const Time now = io::monotonic_now();
  const UplinkSection before = uplink.section;
  uplink.section = section;
  set_quota(uplink);
  core(uplink).set_path_options(uplink.id, path_options(config, uplink), now);
  core(uplink).set_preshared_key(uplink.id, section.preshared_key);
  if (section.bond.empty()) set_allowed_ips(*uplink.bond, section.allowed_ips);
  if (keepalive_of(before) != keepalive_of(section)) {
    core(uplink).set_persistent_keepalive(uplink.id, keepalive_of(section), now);
  }
  if (before.endpoints != section.endpoints) set_servers(uplink, before.endpoints);
}

void Instance::remove_uplink(UplinkRecord& uplink) {
  forget_names(uplink);
  count_quota(uplink, io::monotonic_now());
  take_out(uplink);
  uplink.bond->worker->flush();
  Line* line = uplink.line;
  BondRecord* bond = uplink.bond;
  std::erase_if(uplinks_, [&](const auto& candidate) { return candidate.get() == &uplink; });
  if (line != &interface_line_) drop_line(*line);
  if (bond->implicit) {
    take_out(*bond);
    bonds_.erase(bond->section.name);
  }
}

Instance::BondRecord& Instance::make_lone_bond(const std::string& name) {
  BondSection section;
  section.name = name;
  BondOptions options;
  options.frames = false;
  BondRecord& bond = make_bond(section, options);
  bond.implicit = true;
  return bond;
}

Instance::BondRecord& Instance::make_bond(const BondSection& section, const BondOptions& options) {
  auto record = std::make_unique<BondRecord>();
  record->section = section;
  add_bond(*record, options);
  auto& place = bonds_[section.name];
  // The name may have been that of a bond that is about to go; its uplinks have gone already.
  if (place) take_out(*place);
  place = std::move(record);
  return *place;
}

void Instance::drop_unused_bonds(const Config& config) {
  for (auto at = bonds_.begin(); at != bonds_.end();) {
    const bool used = std::any_of(uplinks_.begin(), uplinks_.end(), [&](const auto& uplink) {
      return uplink->bond == at->second.get();
    });
    if (used || find_section(config.bonds, at->first) != config.bonds.end()) {
      ++at;
      continue;
    }
    take_out(*at->second);
    at = bonds_.erase(at);
  }
}

void Instance::set_allowed_ips(BondRecord& bond, const std::vector<Prefix>& prefixes) {
  const std::set<Prefix> wanted(prefixes.begin(), prefixes.end());
  for (const Prefix& prefix : core(bond).allowed_ips(bond.id)) {
    if (!wanted.contains(prefix)) disallow(bond, prefix);
  }
  for (const Prefix& prefix : prefixes) allow(bond, prefix);
}

Instance::UplinkRecord* Instance::find_uplink(const std::string& name) {
  const auto at = std::find_if(uplinks_.begin(), uplinks_.end(),
                               [&](const auto& uplink) { return uplink->section.name == name; });
  return at == uplinks_.end() ? nullptr : at->get();
}

// --- Sockets ----------------------------------------------------------------------------------

Instance::Line& Instance::make_line(const io::UdpOptions& options, const PrivateKey& key,
                                    Worker& worker) {
  auto line = std::make_unique<Line>();
  Worker* const owner = &worker;
  add_shares(*line, {&owner, 1}, key);
  open_line(*line, options, nullptr);
  return *lines_.emplace_back(std::move(line));
}

bool Instance::open_line(Line& line, const io::UdpOptions& options,
                         std::vector<std::string>* errors) {
  close_line(line);
  line.wanted = options;
  std::string what;
  const auto device =
      options.device.empty() ? std::optional<io::Link>() : netlink_->link(options.device);
  line.device_index = device ? device->index : 0;
  const std::error_code error = open_shares(line, what);
  if (!error) {
    line.open = true;
    line.problem.clear();
    return true;
  }
  what += ": " + error.message();
  if (errors != nullptr) {
    errors->push_back(what);
  } else if (!comes_later(error) && what != line.problem) {
    spdlog::error("{}", what);
  }
  line.problem = what;
  return false;
}

// Whatever kept a socket from being opened, or a network from being usable, may have gone without a
// notification.
void Instance::retry_lines() {
  if (!interface_line_.open) open_line(interface_line_, interface_line_.wanted, nullptr);
  for (const auto& uplink : uplinks_) {
    if (!uplink->line->open || !uplink->network) check_network(*uplink, true);
  }
}

void Instance::close_line(Line& line) {
  if (!line.open) return;
  close_shares(line);
  line.open = false;
}

void Instance::drop_line(Line& line) {
  close_line(line);
  for (const Share& share : line.shares) share.worker->core().remove_identity(share.identity);
  std::erase_if(lines_, [&](const auto& candidate) { return candidate.get() == &line; });
}

}  // namespace wirebraid::control
