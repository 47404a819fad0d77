// Where the uplinks' far sides are: names, and which of several servers.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "control/instance.h"

namespace wirebraid::control {

namespace {

// A server's address may change, as at home; no more often asked for than a name server likes.
constexpr Duration kLookAgain = std::chrono::seconds(10);

std::string name_key(const std::string& uplink, size_t place) {
  return uplink + "#" + std::to_string(place);
}

}  // namespace

// An exit has its own servers; all other uplinks of a bond must lead to the same one.
ServerChoice& Instance::choice_of(UplinkRecord& uplink) {
  return is_exit(uplink.section) ? uplink.server : uplink.bond->server;
}

// The list has changed. All names are looked up now: later, when the first server has died, the way
// to the name server may have died with it.
void Instance::set_servers(UplinkRecord& uplink, const std::vector<HostPort>& before) {
  const std::vector<HostPort>& after = uplink.section.endpoints;
  for (size_t place = 0; place < before.size(); ++place) {
    resolver_->forget(name_key(uplink.section.name, place));
  }
  uplink.servers.assign(after.size(), {});
  if (after.empty()) return;
  const size_t place = choice_of(uplink).index() % after.size();
  const bool same =
      uplink.server_in_use < before.size() && before[uplink.server_in_use] == after[place];
  uplink.server_in_use = place;
  for (size_t each = 0; each < after.size(); ++each) {
    if (const auto endpoint = numeric_endpoint(after[each])) {
      uplink.servers[each] = *endpoint;
    } else {
      resolve_server(uplink, each);
    }
  }
  if (!same && uplink.servers[place]) use_server(uplink);
}

void Instance::resolve_server(UplinkRecord& uplink, size_t place) {
  const std::string& name = uplink.section.name;
  uplink.looked_up = io::monotonic_now();
  resolver_->resolve(name_key(name, place), uplink.section.endpoints[place],
                     [this, name, place](const Endpoint& endpoint) {
                       UplinkRecord* found = find_uplink(name);
                       if (found == nullptr || place >= found->servers.size()) return;
                       const bool moved = found->servers[place] != endpoint;
                       found->servers[place] = endpoint;
                       if (!moved || place != found->server_in_use) return;
                       use_server(*found);
                       configure_network(config_);  // routes may have waited for it
                     });
}

void Instance::forget_names(const UplinkRecord& uplink) {
  for (size_t place = 0; place < uplink.servers.size(); ++place) {
    resolver_->forget(name_key(uplink.section.name, place));
  }
}

bool Instance::awaits_name(const UplinkRecord& uplink) const {
  return uplink.server_in_use < uplink.servers.size() && !uplink.servers[uplink.server_in_use] &&
         resolver_->pending(name_key(uplink.section.name, uplink.server_in_use));
}

void Instance::use_server(UplinkRecord& uplink) {
  const Time now = io::monotonic_now();
  const Endpoint before = peer_of(uplink).endpoint();
  const Endpoint& after = uplink.servers[uplink.server_in_use];
  core(uplink).set_endpoint(uplink.id, after, now);
  uplink.way.reset();
  check_network(uplink, false);
  // An uplink of a bond shall be there before it is needed, and so shall one that is kept alive.
  const bool wanted = !uplink.bond->implicit || keepalive_of(uplink.section).count() > 0;
  if (wanted && before && before != after) {
    core(uplink).renew(uplink.id, now);  // perhaps another host, which knows nothing of our session
  } else if (wanted && uplink.network) {
    core(uplink).connect(uplink.id, now);
  }
  flush();
}

// Its address may have changed since it was looked up.
void Instance::look_again(UplinkRecord& uplink, Time now) {
  const HostPort& host = uplink.section.endpoints[uplink.server_in_use];
  if (now - uplink.looked_up < kLookAgain || awaits_name(uplink) || numeric_endpoint(host)) return;
  resolve_server(uplink, uplink.server_in_use);
}

// Moves bonds, and exits by themselves, whose server has been silent for too long to the next one.
void Instance::choose_servers(Time now) {
  struct Group {
    std::string name;
    ServerChoice::View view;
    std::vector<UplinkRecord*> uplinks;
  };
  std::map<ServerChoice*, Group> groups;
  for (const auto& uplink : uplinks_) {
    if (uplink->section.endpoints.empty()) continue;
    // On demand only: silence says nothing about its server.
    if (uplink->bond->implicit && keepalive_of(uplink->section).count() == 0) continue;
    Group& group = groups[&choice_of(*uplink)];
    const PathStatus path = core(*uplink).uplink_state(uplink->id).path;
    const bool connected = path.state == PathState::up ||
                           (path.state == PathState::exit && path.reason != PathReason::silent);
    group.name = is_exit(uplink->section) ? "uplink " + uplink->section.name
                                          : "bond " + uplink->bond->section.name;
    group.view.servers = std::max(group.view.servers, uplink->section.endpoints.size());
    group.view.connected = group.view.connected || connected;
    group.view.network = group.view.network || uplink->network;
    group.uplinks.push_back(uplink.get());
  }
  for (auto& [choice, group] : groups) {
    const bool moves = choice->update(group.view, now);
    if (!group.view.connected && group.view.network && !moves) {
      for (UplinkRecord* uplink : group.uplinks) look_again(*uplink, now);
    }
    if (!moves) continue;
    Event event;
    event.kind = EventKind::server;
    event.bond = group.uplinks.front()->bond->section.name;
    if (is_exit(group.uplinks.front()->section)) event.uplink = group.uplinks.front()->section.name;
    event.text = group.name + ": no answer, trying server " + std::to_string(choice->index() + 1) +
                 " of " + std::to_string(group.view.servers);
    note(std::move(event));
    for (UplinkRecord* uplink : group.uplinks) {
      const size_t place = choice->index() % uplink->section.endpoints.size();
      if (place == uplink->server_in_use) continue;
      uplink->server_in_use = place;
      if (uplink->servers[place]) use_server(*uplink);
      look_again(*uplink, now);
    }
  }
}

}  // namespace wirebraid::control
