#include "twin/check/mesh_checks.h"

#include <algorithm>
#include <set>

namespace wirebraid::check {
namespace {

using mesh::Card;
using mesh::NodePlan;
using topology::Role;

constexpr unsigned kUnreachable = 65535;
/// batman-adv forgets a neighbour much later; what is silent for so long is not one.
constexpr double kBatmanSilenceS = 20;

Result result(const View& view, const char* check, size_t node) {
  return {.check = check, .subject = view.id(node), .outcome = Outcome::passed, .message = {}};
}

Result failed(Result result, std::string message, std::string evidence = "") {
  fail(result, std::move(message), std::move(evidence));
  return result;
}

Result passed(Result result, std::string message) {
  result.message = std::move(message);
  return result;
}

Result skipped(Result result, std::string message) {
  skip(result, std::move(message));
  return result;
}

std::string joined_with_commas(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& each : texts) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string with_lines(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& each : texts) text += each + "\n";
  return text;
}

const Interface* find_interface(const NodeFacts& facts, const std::string& name) {
  const auto found = std::find_if(facts.interfaces.begin(), facts.interfaces.end(),
                                  [&](const Interface& each) { return each.name == name; });
  return found == facts.interfaces.end() ? nullptr : &*found;
}

/// The node that has this address in the mesh.
std::optional<size_t> owner_of(const View& view, const std::string& address) {
  for (size_t i = 0; i < view.plan.nodes.size(); ++i) {
    const NodePlan& node = view.plan.nodes[i];
    if (node.address.v4 == address || node.batman_address.v4 == address) return i;
  }
  return std::nullopt;
}

/// Whether it has a route to this address alone, not by a network that it is in.
bool has_host_route(const NodeFacts& facts, const std::string& address) {
  return std::any_of(facts.routes4.begin(), facts.routes4.end(),
                     [&](const Route& route) { return route.target == address; });
}

/// Who, by what the daemons call it.
struct Expected {
  std::string name;  ///< as the daemon has it
  std::string node;
};

void compare(const std::vector<Expected>& expected, const std::set<std::string>& found,
             const std::string& daemon, std::vector<std::string>& problems) {
  std::set<std::string> known;
  for (const Expected& each : expected) {
    known.insert(each.name);
    if (found.count(each.name) == 0) problems.push_back(daemon + " does not see " + each.node);
  }
  for (const std::string& each : found) {
    if (known.count(each) == 0)
      problems.push_back(daemon + " sees " + each + ", which is no neighbour");
  }
}

}  // namespace

Result check_booted(const View& view, size_t node) {
  const NodeFacts& facts = view.facts[node];
  Result result = check::result(view, "booted", node);
  if (facts.answered) {
    return passed(std::move(result), facts.firmware + ", kernel " + facts.kernel);
  }
  return failed(std::move(result),
                facts.problem.empty() ? "it is " + std::string(node::name_of(facts.state))
                                      : facts.problem.substr(0, facts.problem.find('\n')),
                facts.problem);
}

Result check_log(const View& view, size_t node) {
  const std::vector<std::string>& alarms = view.facts[node].alarms;
  Result result = check::result(view, "log", node);
  if (alarms.empty()) return passed(std::move(result), "no oops, no crash");
  return failed(std::move(result), "its log has an alarm: " + alarms.front(), with_lines(alarms));
}

Result check_memory(const View& view, size_t node) {
  const NodeFacts& facts = view.facts[node];
  Result result = check::result(view, "memory", node);
  result.figures["available_mib"] = facts.memory_available_kib / 1024.0;
  const std::string text = std::to_string(facts.memory_available_kib / 1024) + " of " +
                           std::to_string(facts.memory_kib / 1024) + " MiB are available";
  if (facts.memory_available_kib >= kLeastMemoryKib) return passed(std::move(result), text);
  return failed(std::move(result), "only " + text + ", and " +
                                       std::to_string(kLeastMemoryKib / 1024) + " are the least");
}

Result check_clock(const View& view, size_t node) {
  const int64_t ahead = view.facts[node].clock_ahead_s;
  Result result = check::result(view, "clock", node);
  if (std::abs(ahead) <= kMostClockError) return passed(std::move(result), "right");
  return failed(std::move(result), "wrong by " + std::to_string(ahead) + " s");
}

Result check_interfaces(const View& view, size_t node) {
  const NodeFacts& facts = view.facts[node];
  Result result = check::result(view, "interfaces", node);
  std::vector<std::string> problems;
  for (const Card& card : view.plan.nodes[node].cards) {
    const Interface* interface = find_interface(facts, card.device);
    if (interface == nullptr) {
      problems.push_back(card.device + " (to " + view.id(card.peer) + ") is not there");
      continue;
    }
    if (!interface->up) problems.push_back(card.device + " is down");
    if (interface->mac != card.mac) {
      problems.push_back(card.device + " has the MAC " + interface->mac + ", not " + card.mac);
    }
    const std::string address = card_address(view.plan.nodes[node], card);
    if (!address.empty() && std::find(interface->addresses.begin(), interface->addresses.end(),
                                      address) == interface->addresses.end()) {
      problems.push_back(card.device + " has not the address " + address);
    }
  }
  if (view.plan.nodes[node].batman && find_interface(facts, mesh::kBatmanDevice) == nullptr) {
    problems.push_back("bat0 is not there");
  }
  if (problems.empty()) return passed(std::move(result), "all there, up, with their addresses");
  return failed(std::move(result), joined_with_commas(problems), facts.raw);
}

Result check_neighbours(const View& view, size_t node) {
  const NodeFacts& facts = view.facts[node];
  Result result = check::result(view, "neighbours", node);
  std::vector<Expected> babel;
  std::vector<Expected> batman;
  for (const Card& card : view.plan.nodes[node].cards) {
    for (const Card& theirs : view.plan.nodes[card.peer].cards) {
      if (theirs.link != card.link) continue;
      if (card.babel) babel.push_back({link_local_of(theirs.mac), view.id(card.peer)});
      if (card.batman) batman.push_back({theirs.mac, view.id(card.peer)});
    }
  }
  if (babel.empty() && batman.empty()) return skipped(std::move(result), "it has none");
  std::set<std::string> seen_by_babel;
  for (const BabelNeighbour& each : facts.babel) {
    // On bat0 every node of the mesh is one.
    if (each.device != mesh::kBatmanDevice && each.cost < kUnreachable) {
      seen_by_babel.insert(each.address);
    }
  }
  std::set<std::string> seen_by_batman;
  for (const BatmanNode& each : facts.batman) {
    if (each.last_seen_s < kBatmanSilenceS) seen_by_batman.insert(each.mac);
  }
  std::vector<std::string> problems;
  compare(babel, seen_by_babel, "babeld", problems);
  compare(batman, seen_by_batman, "batman-adv", problems);
  if (problems.empty()) {
    return passed(std::move(result),
                  std::to_string(babel.size() + batman.size()) + " as in the topology");
  }
  return failed(std::move(result), joined_with_commas(problems), facts.raw);
}

Result check_routes(const View& view, size_t node) {
  const NodeFacts& facts = view.facts[node];
  const NodePlan& plan = view.plan.nodes[node];
  Result result = check::result(view, "routes", node);
  std::vector<std::string> missing;
  size_t expected = 0;
  const std::vector<bool> everyone = reached(view, node, is_used);
  const std::vector<bool> by_batman =
      reached(view, node, [](const Card& card) { return card.batman; });
  std::set<std::string> originators;
  for (const BatmanNode& each : facts.originators) originators.insert(each.mac);
  for (size_t other = 0; other < view.plan.nodes.size(); ++other) {
    if (other == node || !everyone[other]) continue;
    const NodePlan& theirs = view.plan.nodes[other];
    bool known = true;
    if (plan.babel && theirs.babel) {
      known = has_host_route(facts, theirs.address.v4);
    } else if (by_batman[other]) {
      known = std::any_of(theirs.cards.begin(), theirs.cards.end(),
                          [&](const Card& card) { return originators.count(card.mac) != 0; });
    } else {
      continue;  // by the networks that nodes between the two worlds announce
    }
    ++expected;
    if (!known) missing.push_back(view.id(other));
  }
  if (expected == 0) return skipped(std::move(result), "there is no other node to know");
  if (missing.empty()) {
    return passed(std::move(result), "knows all " + std::to_string(expected) + " others");
  }
  return failed(std::move(result), "no way to " + joined_with_commas(missing), facts.raw);
}

std::vector<size_t> path_to(const View& view, size_t from, const std::string& address) {
  std::vector<size_t> path{from};
  const auto target = owner_of(view, address);
  while (path.back() != target && path.size() <= view.plan.nodes.size()) {
    const Route* route = find_route(view.facts[path.back()].routes4, address);
    if (route == nullptr) break;
    const auto next = owner_of(view, route->gateway.empty() ? address : route->gateway);
    if (!next || *next == path.back()) break;
    path.push_back(*next);
  }
  return path;
}

std::optional<size_t> gateway_of(const View& view, size_t from) {
  const size_t last = path_to(view, from, mesh::kInternet4).back();
  const Route* route = find_route(view.facts[last].routes4, mesh::kInternet4);
  if (route == nullptr) return std::nullopt;
  if (route->device != mesh::kBondDevice && route->device != mesh::kExitsDevice)
    return std::nullopt;
  return last;
}

std::vector<bool> reached(const View& view, size_t from,
                          const std::function<bool(const Card&)>& used) {
  std::vector<bool> seen(view.plan.nodes.size());
  std::vector<size_t> left{from};
  seen[from] = true;
  while (!left.empty()) {
    const size_t at = left.back();
    left.pop_back();
    for (const Card& card : view.plan.nodes[at].cards) {
      if (!used(card) || seen[card.peer]) continue;
      seen[card.peer] = true;
      left.push_back(card.peer);
    }
  }
  return seen;
}

bool joined(const View& view, size_t a, size_t b) { return reached(view, a, is_used)[b]; }

Result check_gateway(const View& view, size_t node) {
  Result result = check::result(view, "gateway", node);
  const std::vector<bool> everyone = reached(view, node, is_used);
  bool there_is_one = false;
  for (size_t i = 0; i < everyone.size(); ++i) {
    const NodePlan& plan = view.plan.nodes[i];
    there_is_one |= everyone[i] && (!plan.uplinks.empty() || !plan.exits.empty());
  }
  if (!there_is_one) return skipped(std::move(result), "there is no gateway in its mesh");
  const auto gateway = gateway_of(view, node);
  if (!gateway) {
    return failed(std::move(result), "its way to the internet leads to no gateway",
                  view.facts[node].raw);
  }
  return passed(std::move(result), *gateway == node ? "it is one, and uses its own bond"
                                                    : "goes through " + view.id(*gateway));
}

Result check_uplinks(const View& view, size_t node) {
  const NodeFacts& facts = view.facts[node];
  const NodePlan& plan = view.plan.nodes[node];
  Result result = check::result(view, "uplinks", node);
  if (plan.uplinks.empty() && plan.exits.empty()) return skipped(std::move(result), "it has none");
  std::vector<std::string> problems;
  const auto look = [&](const std::string& name, const char* device, const char* wanted) {
    const auto found = std::find_if(
        facts.uplinks.begin(), facts.uplinks.end(),
        [&](const UplinkFact& each) { return each.name == name && each.interface == device; });
    if (found == facts.uplinks.end()) {
      problems.push_back("wirebraid says nothing of " + name);
    } else if (found->state != wanted || !found->unused_reason.empty()) {
      problems.push_back(name + " is " + found->state + ", not " + wanted +
                         (found->unused_reason.empty() ? "" : " (" + found->unused_reason + ")"));
    }
  };
  for (const auto& uplink : plan.uplinks) look(uplink.name, mesh::kBondDevice, "up");
  for (const auto& uplink : plan.exits) look(uplink.name, mesh::kExitsDevice, "exit");
  if (problems.empty()) {
    return passed(std::move(result),
                  "all " + std::to_string(plan.uplinks.size() + plan.exits.size()) + " are usable");
  }
  return failed(std::move(result), joined_with_commas(problems), facts.raw);
}

Results check_view(const View& view) {
  Results results;
  for (size_t node = 0; node < view.plan.nodes.size(); ++node) {
    results.push_back(check_booted(view, node));
    results.push_back(check_log(view, node));
    if (!view.facts[node].answered) continue;
    for (const auto check : {check_memory, check_clock, check_interfaces, check_neighbours,
                             check_routes, check_gateway, check_uplinks}) {
      results.push_back(check(view, node));
    }
  }
  return results;
}

}  // namespace wirebraid::check
