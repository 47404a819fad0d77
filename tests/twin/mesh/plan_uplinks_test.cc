// Of a plan, what leads out of the mesh: lines, uplinks, exits, default gateways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/mesh/villages.h"
#include "twin/mesh/plan.h"

namespace wirebraid::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using topology::LinkKind;
using topology::Role;
using topology::Topology;

const std::vector<std::string> kBabel{"babeld"};
const std::vector<std::string> kBatman{"batman-adv"};
const std::vector<std::string> kBoth{"batman-adv", "babeld"};

TEST(PlanUplinks, EveryLineIsANetworkOfItsOwn) {
  const Plan plan = plan_of(two_villages());
  const Card& dsl = plan.nodes[kGateway].cards[1];
  EXPECT_EQ(dsl.address, "198.18.0.1");
  EXPECT_EQ(dsl.gateway, "198.18.0.2");
  const Card& theirs = plan.nodes[kCore].cards[0];
  EXPECT_EQ(theirs.address, dsl.gateway);
  EXPECT_EQ(theirs.gateway, dsl.address);
  EXPECT_EQ(plan.nodes[kGateway].cards[2].address, "198.18.0.5");
  EXPECT_EQ(plan.nodes[kExit].cards[1].address, "198.18.0.9");
  EXPECT_THAT(plan.nodes[kGateway].cards[0].address, IsEmpty()) << "no line, but the mesh";
}

TEST(PlanUplinks, GoToTheServerThatTheirLineEndsAt) {
  const Plan plan = plan_of(two_villages());
  const auto& uplinks = plan.nodes[kGateway].uplinks;
  ASSERT_EQ(uplinks.size(), 2U);
  EXPECT_EQ(uplinks[0].name, "dsl");
  EXPECT_EQ(uplinks[0].card, 1U);
  EXPECT_EQ(uplinks[0].server, kCore);
  EXPECT_EQ(uplinks[1].name, "lte");
  EXPECT_EQ(uplinks[1].card, 2U);
  EXPECT_FALSE(uplinks[1].key.is_zero());
  EXPECT_FALSE(plan.nodes[kCore].key.is_zero());
  EXPECT_EQ(plan.nodes[kCore].public_address, "198.51.100.1");
  EXPECT_EQ(plan.nodes[kGateway].tunnel.v4, "10.79.0.2");
  EXPECT_THAT(plan.nodes[kTower1].tunnel.v4, IsEmpty());
  EXPECT_TRUE(plan.nodes[kTower1].key.is_zero());
}

TEST(PlanUplinks, OneThatDoesNotEndAtAServerIsNotUsed) {
  Topology topology = two_villages();
  topology.nodes[kCore].role = Role::backbone;
  const Plan plan = plan_of(topology);
  EXPECT_THAT(plan.nodes[kGateway].uplinks, IsEmpty());
  EXPECT_THAT(plan.remarks,
              ElementsAre("gw: uplink dsl does not end at a server, so nothing uses it",
                          "gw: uplink lte does not end at a server, so nothing uses it"));
  EXPECT_EQ(plan.nodes[kGateway].exits.size(), 1U);
}

TEST(PlanUplinks, AServerWithoutAnAddressGetsOne) {
  Topology topology;
  add_node(topology, "one", {}, Role::server);
  add_node(topology, "two", {}, Role::server);
  topology.nodes[1].addresses = {*IpAddress::parse("2001:db8::7"), *IpAddress::parse("192.0.2.7")};
  add_node(topology, "three", {}, Role::server);
  // What somebody else has is not given away.
  add_node(topology, "four", {}, Role::server);
  topology.nodes[3].addresses = {*IpAddress::parse("198.51.100.2")};
  const Plan plan = plan_of(topology);
  EXPECT_EQ(plan.nodes[0].public_address, "198.51.100.1");
  EXPECT_EQ(plan.nodes[1].public_address, "192.0.2.7");
  EXPECT_EQ(plan.nodes[2].public_address, "198.51.100.3");
}

TEST(PlanUplinks, AnExitHasOneKeyAndANetworkForEachOfItsUsers) {
  Topology topology = two_villages();
  add_node(topology, "gw-2", kBabel, Role::gateway);
  topology.nodes.back().uplinks = {{"across", "", "exit"}};
  add_link(topology, "gw-2", "tower-1");
  const Plan plan = plan_of(topology);
  EXPECT_TRUE(plan.nodes[kExit].is_exit);
  EXPECT_FALSE(plan.nodes[kExit].key.is_zero());
  EXPECT_FALSE(plan.nodes[kTower1].is_exit);
  const ExitUplink& first = plan.nodes[kGateway].exits.at(0);
  const ExitUplink& second = plan.nodes.back().exits.at(0);
  EXPECT_EQ(first.name, "neighbour");
  EXPECT_EQ(first.exit, kExit);
  EXPECT_EQ(first.tunnel, "10.80.0.1");
  EXPECT_EQ(first.exit_tunnel, "10.80.0.2");
  EXPECT_EQ(second.tunnel, "10.80.0.5");
  EXPECT_EQ(second.exit_tunnel, "10.80.0.6");
  EXPECT_FALSE(first.key == second.key);
  EXPECT_THAT(plan.nodes.back().uplinks, IsEmpty());
}

TEST(PlanUplinks, ABatmanNodeGoesThroughTheOneBetweenBothWorlds) {
  const Plan plan = plan_of(two_villages());
  EXPECT_EQ(plan.nodes[kHouse].default_gateway, plan.nodes[kTower2].batman_address.v4);
  EXPECT_THAT(plan.nodes[kTower2].default_gateway, IsEmpty()) << "babeld tells it";
  EXPECT_THAT(plan.nodes[kGateway].default_gateway, IsEmpty());
}

/// house - mid - far - gate, and between at house.
Topology batman_chain() {
  Topology topology;
  for (const char* id : {"house", "mid", "far"}) add_node(topology, id, kBatman);
  add_node(topology, "gate", kBatman, Role::gateway);
  add_node(topology, "between", kBoth);
  add_node(topology, "core", {}, Role::server);
  add_link(topology, "house", "mid");
  add_link(topology, "mid", "far");
  add_link(topology, "far", "gate");
  add_link(topology, "house", "between");
  add_link(topology, "gate", "core", LinkKind::wan);
  topology.nodes[3].uplinks = {{"dsl", "gate~core", ""}};
  return topology;
}

TEST(PlanUplinks, ABatmanNodePrefersAGatewayHoweverFarItIs) {
  const Plan plan = plan_of(batman_chain());
  for (const size_t node : {0U, 1U, 2U}) {
    EXPECT_EQ(plan.nodes[node].default_gateway, plan.nodes[3].batman_address.v4) << node;
  }
  EXPECT_THAT(plan.nodes[4].default_gateway, IsEmpty());
}

TEST(PlanUplinks, ABatmanNodeThatReachesNobodyHasNoDefaultGateway) {
  Topology topology = batman_chain();
  topology.links.erase(topology.links.begin());
  const Plan plan = plan_of(topology);
  EXPECT_EQ(plan.nodes[0].default_gateway, plan.nodes[4].batman_address.v4);
  topology.links.erase(topology.links.begin() + 2);
  EXPECT_THAT(plan_of(topology).nodes[0].default_gateway, IsEmpty());
}

TEST(PlanUplinks, ANodeIsReachedByTheAddressOfItsDaemon) {
  const Plan plan = plan_of(two_villages());
  EXPECT_EQ(mesh_address(plan.nodes[kTower2]), "10.77.0.4");
  EXPECT_EQ(mesh_address(plan.nodes[kHouse]), "10.78.0.6");
}

}  // namespace
}  // namespace wirebraid::mesh
