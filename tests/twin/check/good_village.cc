#include "tests/twin/check/good_village.h"

namespace wirebraid::check {
namespace {

Interface interface_of(const mesh::NodePlan& node, const mesh::Card& card) {
  Interface made{.name = card.device, .mac = card.mac, .up = true, .addresses = {}};
  if (card.babel) made.addresses.push_back(node.address.v4 + "/32");
  if (!card.address.empty()) made.addresses.push_back(card.address + "/30");
  return made;
}

}  // namespace

std::vector<NodeFacts> good_facts(const mesh::Plan& plan) {
  std::vector<NodeFacts> facts(plan.nodes.size());
  for (size_t i = 0; i < facts.size(); ++i) {
    facts[i].state = node::NodeState::running;
    facts[i].answered = true;
    facts[i].firmware = "default 1.0";
    facts[i].kernel = "6.1.0-50-amd64";
    facts[i].memory_kib = 100 * 1024;
    facts[i].memory_available_kib = 50 * 1024;
    facts[i].raw = "# ip route\n";
    for (const mesh::Card& card : plan.nodes[i].cards) {
      facts[i].interfaces.push_back(interface_of(plan.nodes[i], card));
    }
    if (plan.nodes[i].batman) facts[i].interfaces.push_back({"bat0", "", true, {}});
  }

  facts[kGateway].routes4 = parse_routes(
      "0.0.0.0/1 dev wb0 proto 151 scope link\n128.0.0.0/1 dev wb0 proto 151 scope link\n"
      "10.77.0.3 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.4 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.5 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.78.0.0/16 via 10.77.0.3 dev eth0 proto babel onlink\n");
  facts[kTower1].routes4 = parse_routes(
      "0.0.0.0/1 via 10.77.0.2 dev eth0 proto babel onlink\n"
      "128.0.0.0/1 via 10.77.0.2 dev eth0 proto babel onlink\n"
      "10.77.0.2 via 10.77.0.2 dev eth0 proto babel onlink\n"
      "10.77.0.4 via 10.77.0.4 dev eth1 proto babel onlink\n"
      "10.77.0.5 via 10.77.0.5 dev eth2 proto babel onlink\n"
      "10.78.0.0/16 via 10.77.0.4 dev eth1 proto babel onlink\n");
  facts[kTower2].routes4 = parse_routes(
      "0.0.0.0/1 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "128.0.0.0/1 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.2 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.3 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.5 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.78.0.0/16 dev bat0 proto kernel scope link src 10.78.0.4\n");
  facts[kExit].routes4 = parse_routes(
      "0.0.0.0/1 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "128.0.0.0/1 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.2 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.3 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.77.0.4 via 10.77.0.3 dev eth0 proto babel onlink\n"
      "10.78.0.0/16 via 10.77.0.3 dev eth0 proto babel onlink\n");
  facts[kHouse].routes4 = parse_routes(
      "default via 10.78.0.4 dev bat0 proto static\n"
      "10.78.0.0/16 dev bat0 proto kernel scope link src 10.78.0.6\n");

  facts[kGateway].babel = {{"fe80::77:ff:fe02:0", "eth0", 256}};
  facts[kTower1].babel = {{"fe80::77:ff:fe01:0", "eth0", 256},
                          {"fe80::77:ff:fe03:0", "eth1", 256},
                          {"fe80::77:ff:fe04:0", "eth2", 256}};
  facts[kTower2].babel = {{"fe80::77:ff:fe02:1", "eth0", 256}};
  facts[kExit].babel = {{"fe80::77:ff:fe02:2", "eth0", 256}};
  facts[kTower2].batman = facts[kTower2].originators = {{"02:77:00:05:00:00", "eth1", 0.9}};
  facts[kHouse].batman = facts[kHouse].originators = {{"02:77:00:03:00:01", "eth0", 0.4}};
  facts[kGateway].uplinks = {
      {"wb0", "dsl", "up", ""}, {"wb0", "lte", "up", ""}, {"wbx", "neighbour", "exit", ""}};
  return facts;
}

}  // namespace wirebraid::check
