#include "twin/validate/order.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace wirebraid::validate {
namespace {

using topology::Role;

/// Hops from the nearest server by links that are used; those that nothing reaches are farthest.
std::vector<size_t> distances(const topology::Topology& topology, const mesh::Plan& plan) {
  std::vector<size_t> distance(plan.nodes.size(), std::numeric_limits<size_t>::max());
  std::vector<size_t> round;
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    // A gateway that has nothing but exits is where its mesh's way to the world begins.
    const bool begins = topology.nodes[i].role == Role::server ||
                        (plan.nodes[i].uplinks.empty() && !plan.nodes[i].exits.empty());
    if (!begins) continue;
    distance[i] = 0;
    round.push_back(i);
  }
  for (size_t hops = 1; !round.empty(); ++hops) {
    std::vector<size_t> next;
    for (const size_t at : round) {
      for (const mesh::Card& card : plan.nodes[at].cards) {
        const bool line = !card.address.empty();
        if (!line && !card.babel && !card.batman) continue;
        // An exit's line serves its tunnel only: its own traffic goes by the mesh.
        if (line && plan.nodes[card.peer].uplinks.empty()) continue;
        if (distance[card.peer] <= hops) continue;
        distance[card.peer] = hops;
        next.push_back(card.peer);
      }
    }
    round = std::move(next);
  }
  return distance;
}

/// What comes last is what others need.
int rank(Role role) { return role == Role::server ? 2 : role == Role::gateway ? 1 : 0; }

std::vector<size_t> leaves_first(const topology::Topology& topology, const mesh::Plan& plan) {
  const std::vector<size_t> distance = distances(topology, plan);
  std::vector<size_t> order(plan.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const int rank_a = rank(topology.nodes[a].role);
    const int rank_b = rank(topology.nodes[b].role);
    return rank_a != rank_b ? rank_a < rank_b : distance[a] > distance[b];
  });
  return order;
}

std::vector<size_t> named(const topology::Topology& topology, const std::vector<std::string>& ids) {
  std::vector<size_t> found;
  for (const std::string& id : ids) {
    const auto node = std::find_if(topology.nodes.begin(), topology.nodes.end(),
                                   [&](const topology::Node& each) { return each.id == id; });
    if (node == topology.nodes.end())
      throw std::invalid_argument("there is no node \"" + id + "\"");
    found.push_back(static_cast<size_t>(node - topology.nodes.begin()));
  }
  return found;
}

}  // namespace

std::optional<FlashPlan> parse_flash_plan(std::string_view text) {
  const size_t blank = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, blank);
  std::string_view rest = text.substr(std::min(blank + 1, text.size()));
  FlashPlan plan;
  if (word == "leaf-first" && rest.empty()) return plan;
  if (word == "all" && rest.empty()) {
    plan.kind = PlanKind::all;
    return plan;
  }
  if (word == "canary") {
    plan.kind = PlanKind::canary;
    if (rest.empty()) return plan;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), plan.canaries);
    if (error != std::errc() || end != rest.data() + rest.size() || plan.canaries == 0) {
      return std::nullopt;
    }
    return plan;
  }
  if (word != "nodes" || rest.empty()) return std::nullopt;
  plan.kind = PlanKind::nodes;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string id(rest.substr(0, comma));
    const bool again = std::find(plan.nodes.begin(), plan.nodes.end(), id) != plan.nodes.end();
    if (id.empty() || again) return std::nullopt;
    plan.nodes.push_back(id);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return plan;
}

std::string to_string(const FlashPlan& plan) {
  switch (plan.kind) {
    case PlanKind::leaf_first:
      return "leaf-first";
    case PlanKind::all:
      return "all";
    case PlanKind::canary:
      return "canary " + std::to_string(plan.canaries);
    case PlanKind::nodes:
      break;
  }
  std::string text = "nodes ";
  for (size_t i = 0; i < plan.nodes.size(); ++i) text += (i > 0 ? "," : "") + plan.nodes[i];
  return text;
}

std::vector<std::vector<size_t>> flash_order(const topology::Topology& topology,
                                             const mesh::Plan& plan, const FlashPlan& flash) {
  std::vector<size_t> order =
      flash.kind == PlanKind::nodes ? named(topology, flash.nodes) : leaves_first(topology, plan);
  if (flash.kind == PlanKind::canary) order.resize(std::min(order.size(), flash.canaries));
  if (flash.kind == PlanKind::all) return {order};
  std::vector<std::vector<size_t>> groups;
  for (const size_t node : order) groups.push_back({node});
  return groups;
}

}  // namespace wirebraid::validate
