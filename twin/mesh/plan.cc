#include "twin/mesh/plan.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>

namespace wirebraid::mesh {
using topology::Direction;
using topology::Link;
using topology::LinkKind;
using topology::Node;
using topology::Role;
using topology::Topology;
namespace {

bool runs(const Node& node, const char* daemon) {
  return std::find(node.routing.begin(), node.routing.end(), daemon) != node.routing.end();
}

/// 10.NETWORK.x.y for the node of this index, from .0.1 on.
std::string address4(unsigned network, size_t index) {
  const size_t number = index + 1;
  return "10." + std::to_string(network) + "." + std::to_string(number >> 8) + "." +
         std::to_string(number & 0xff);
}

std::string address6(unsigned network, size_t index) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "fd%u::%zx", network, index + 1);
  return text.data();
}

Addresses addresses(unsigned network, size_t index) {
  return {address4(network, index), address6(network, index)};
}

/// The host of a /30, 1 or 2, in 198.18.0.0/15.
std::string line_address(size_t line, unsigned host) {
  const size_t number = line * 4 + host;
  return "198." + std::to_string(18 + (number >> 16)) + "." + std::to_string(number >> 8 & 0xff) +
         "." + std::to_string(number & 0xff);
}

/// Likewise in 10.80.0.0/16.
std::string exit_address(size_t pair, unsigned host) {
  const size_t number = pair * 4 + host;
  return "10.80." + std::to_string(number >> 8 & 0xff) + "." + std::to_string(number & 0xff);
}

/// Locally administered, and of the node and card.
std::string mac_of(size_t node, size_t card) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "02:77:%02zx:%02zx:%02zx:%02zx", node >> 8 & 0xff,
                node & 0xff, card >> 8 & 0xff, card & 0xff);
  return text.data();
}

/// In place of a card's number in bat0's MAC.
constexpr size_t kBatmanCard = 0xffff;

/// RFC 1123 has no other characters than these.
std::string hostname_of(const std::string& id) {
  std::string name = id.substr(0, 63);
  std::replace_if(
      name.begin(), name.end(), [](char each) { return each == '_' || each == ':'; }, '-');
  return name;
}

class Planner {
 public:
  Planner(const Topology& topology, Platform& platform)
      : topology_(topology), platform_(platform) {}

  Plan run() {
    if (topology_.nodes.size() > kMostNodes) throw std::length_error("too many nodes for a twin");
    for (const Node& each : topology_.nodes) {
      for (const IpAddress& address : each.addresses) taken_.insert(address.to_string());
    }
    for (size_t i = 0; i < topology_.nodes.size(); ++i) plan_node(i);
    for (size_t i = 0; i < topology_.links.size(); ++i) plan_link(i);
    for (size_t i = 0; i < topology_.nodes.size(); ++i) plan_uplinks(i);
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
      if (node(i).batman && !node(i).babel) node(i).default_gateway = way_out(i);
    }
    return std::move(plan_);
  }

 private:
  NodePlan& node(size_t index) { return plan_.nodes[index]; }

  void plan_node(size_t index) {
    const Node& from = topology_.nodes[index];
    numbers_[from.id] = index;
    NodePlan to;
    to.hostname = hostname_of(from.id);
    to.batman = runs(from, "batman-adv");
    to.babel = runs(from, "babeld") || !to.batman;
    for (const std::string& daemon : from.routing) {
      if (daemon != "babeld" && daemon != "batman-adv") {
        plan_.remarks.push_back(from.id + ": " + daemon + " is not in the firmware; " +
                                (to.batman ? "batman-adv" : "babeld") + " runs there");
      }
    }
    to.address = addresses(77, index);
    to.batman_address = addresses(78, index);
    to.batman_mac = mac_of(index, kBatmanCard);
    if (from.role == Role::gateway || from.role == Role::server) to.tunnel = addresses(79, index);
    to.exits_address = address4(81, index);
    if (from.role == Role::server) {
      to.key = generate_private_key(platform_);
      for (const IpAddress& address : from.addresses) {
        if (address.is_v4()) to.public_address = address.to_string();
      }
      if (to.public_address.empty()) to.public_address = free_address();
    }
    plan_.nodes.push_back(std::move(to));
  }

  /// For a server that the topology gives none; of RFC 5737.
  std::string free_address() {
    while (servers_ < 254) {
      const std::string address = "198.51.100." + std::to_string(++servers_);
      if (taken_.insert(address).second) return address;
    }
    throw std::length_error("too many servers without an address of their own for a twin");
  }

  void plan_link(size_t index) {
    const Link& link = topology_.links[index];
    const size_t a = numbers_.at(link.a);
    const size_t b = numbers_.at(link.b);
    plan_.wires.push_back({link_options(link.a_to_b), link_options(link.b_to_a)});
    Card card;
    card.link = index;
    std::string line_a;
    std::string line_b;
    if (link.kind == LinkKind::wan) {
      if (lines_ == kMostLines) throw std::length_error("too many wan links for a twin");
      line_a = line_address(lines_, 1);
      line_b = line_address(lines_, 2);
      ++lines_;
    } else {
      // Layer 2 where both have it: the routing above it then sees one network.
      card.batman = node(a).batman && node(b).batman;
      card.babel = !card.batman && node(a).babel && node(b).babel;
      if (!card.batman && !card.babel) {
        plan_.remarks.push_back("link " + link.id +
                                ": its ends have no routing daemon in common, so nothing uses it");
      }
    }
    add_card(a, card, fabric::End::a, b, line_a, line_b);
    add_card(b, card, fabric::End::b, a, line_b, line_a);
  }

  void add_card(size_t at, Card card, fabric::End end, size_t peer, const std::string& address,
                const std::string& gateway) {
    const size_t number = node(at).cards.size();
    card.end = end;
    card.peer = peer;
    card.device = "eth" + std::to_string(number);
    card.mac = mac_of(at, number);
    card.address = address;
    card.gateway = gateway;
    node(at).cards.push_back(std::move(card));
  }

  void plan_uplinks(size_t index) {
    for (const topology::Uplink& uplink : topology_.nodes[index].uplinks) {
      if (uplink.exit.empty()) {
        plan_server_uplink(index, uplink);
      } else {
        plan_exit_uplink(index, uplink);
      }
    }
  }

  void plan_server_uplink(size_t index, const topology::Uplink& uplink) {
    const auto& cards = node(index).cards;
    const auto card = std::find_if(cards.begin(), cards.end(), [&](const Card& each) {
      return topology_.links[each.link].id == uplink.link;
    });
    if (topology_.nodes[card->peer].role != Role::server) {
      plan_.remarks.push_back(topology_.nodes[index].id + ": uplink " + uplink.name +
                              " does not end at a server, so nothing uses it");
      return;
    }
    node(index).uplinks.push_back({uplink.name, static_cast<size_t>(card - cards.begin()),
                                   card->peer, generate_private_key(platform_)});
  }

  void plan_exit_uplink(size_t index, const topology::Uplink& uplink) {
    if (pairs_ == kMostLines) throw std::length_error("too many exits for a twin");
    const size_t exit = numbers_.at(uplink.exit);
    if (!node(exit).is_exit) {
      node(exit).is_exit = true;
      if (node(exit).key.is_zero()) node(exit).key = generate_private_key(platform_);
    }
    node(index).exits.push_back({uplink.name, exit, exit_address(pairs_, 1),
                                 exit_address(pairs_, 2), generate_private_key(platform_)});
    ++pairs_;
  }

  /// The nearest node in reach of batman-adv that knows other networks; gateways before others.
  std::string way_out(size_t from) {
    std::vector<bool> seen(plan_.nodes.size());
    std::vector<size_t> round{from};
    seen[from] = true;
    std::string other;
    while (!round.empty()) {
      std::vector<size_t> next;
      for (const size_t at : round) {
        if (at != from && !node(at).uplinks.empty()) return node(at).batman_address.v4;
        if (at != from && node(at).babel && other.empty()) other = node(at).batman_address.v4;
        for (const Card& card : node(at).cards) {
          if (!card.batman || seen[card.peer]) continue;
          seen[card.peer] = true;
          next.push_back(card.peer);
        }
      }
      round = std::move(next);
    }
    return other;
  }

  const Topology& topology_;
  Platform& platform_;
  Plan plan_;
  std::map<std::string, size_t> numbers_;
  std::set<std::string> taken_;  // addresses
  unsigned servers_ = 0;
  size_t lines_ = 0;
  size_t pairs_ = 0;
};

}  // namespace

Plan make_plan(const Topology& topology, Platform& platform) {
  return Planner(topology, platform).run();
}

std::string card_address(const NodePlan& node, const Card& card) {
  if (!card.address.empty()) return card.address + "/30";
  return card.babel ? node.address.v4 + "/32" : "";
}

const std::string& mesh_address(const NodePlan& node) {
  return node.babel ? node.address.v4 : node.batman_address.v4;
}

fabric::LinkOptions link_options(const Direction& direction) {
  fabric::LinkOptions options;
  options.rate = static_cast<uint64_t>(direction.rate_mbit * 1e6);
  options.delay = duration_of_ms(direction.delay_ms);
  options.jitter = duration_of_ms(direction.jitter_ms);
  options.loss = direction.loss;
  return options;
}

}  // namespace wirebraid::mesh
