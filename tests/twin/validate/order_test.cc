#include "twin/validate/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <queue>
#include <set>

#include "tests/twin/mesh/villages.h"
#include "twin/topology/evernet.h"

namespace wirebraid::validate {
namespace {

using mesh::kCore;
using mesh::kExit;
using mesh::kGateway;
using mesh::kHouse;
using mesh::kTower1;
using mesh::kTower2;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using topology::Role;
using topology::Topology;

TEST(FlashPlan, IsReadAsItIsWritten) {
  for (const std::string text :
       {"leaf-first", "all", "canary 1", "canary 12", "nodes a", "nodes a,02:aa:00,c.d"}) {
    const auto plan = parse_flash_plan(text);
    ASSERT_TRUE(plan) << text;
    EXPECT_EQ(to_string(*plan), text);
  }
}

TEST(FlashPlan, HasItsParts) {
  EXPECT_EQ(parse_flash_plan("canary")->canaries, 1U);
  EXPECT_EQ(parse_flash_plan("canary 3")->canaries, 3U);
  EXPECT_EQ(parse_flash_plan("canary 3")->kind, PlanKind::canary);
  EXPECT_EQ(parse_flash_plan("all")->kind, PlanKind::all);
  EXPECT_EQ(parse_flash_plan("leaf-first")->kind, PlanKind::leaf_first);
  EXPECT_THAT(parse_flash_plan("nodes a,b")->nodes, ElementsAre("a", "b"));
}

TEST(FlashPlan, AnythingElseIsNone) {
  for (const char* text :
       {"", " ", "frob", "leaf-first 2", "leaf", "all 3", "canary 0", "canary -1", "canary x",
        "canary 1x", "canary 1 2", "canary 99999999999999999999", "nodes", "nodes ", "Nodes a"}) {
    EXPECT_FALSE(parse_flash_plan(text)) << text;
  }
}

std::vector<size_t> one_by_one(const Topology& topology, const FlashPlan& plan = {}) {
  std::vector<size_t> order;
  for (const auto& group : flash_order(topology, mesh::plan_of(topology), plan)) {
    EXPECT_THAT(group, SizeIs(1));
    order.insert(order.end(), group.begin(), group.end());
  }
  return order;
}

TEST(FlashOrder, BeginsWithTheFarthestAndEndsWithTheServer) {
  EXPECT_THAT(one_by_one(mesh::two_villages()),
              ElementsAre(kHouse, kTower2, kExit, kTower1, kGateway, kCore));
}

/// Hops to the nearest gateway by links of the mesh.
std::vector<size_t> hops_to_gateways(const Topology& topology) {
  const auto ends = topology::ends_of_links(topology);
  std::vector<std::vector<size_t>> neighbours(topology.nodes.size());
  for (size_t i = 0; i < ends.size(); ++i) {
    if (topology.links[i].kind == topology::LinkKind::wan) continue;
    neighbours[ends[i].a].push_back(ends[i].b);
    neighbours[ends[i].b].push_back(ends[i].a);
  }
  std::vector<size_t> hops(topology.nodes.size(), topology.nodes.size());
  std::queue<size_t> left;
  for (size_t i = 0; i < hops.size(); ++i) {
    if (topology.nodes[i].role != Role::gateway) continue;
    hops[i] = 0;
    left.push(i);
  }
  for (; !left.empty(); left.pop()) {
    for (const size_t next : neighbours[left.front()]) {
      if (hops[next] <= hops[left.front()] + 1) continue;
      hops[next] = hops[left.front()] + 1;
      left.push(next);
    }
  }
  return hops;
}

TEST(FlashOrder, InEvernetNobodyIsFlashedBeforeThoseBehindIt) {
  const Topology evernet = topology::make_evernet({});
  const std::vector<size_t> order = one_by_one(evernet);
  ASSERT_EQ(std::set<size_t>(order.begin(), order.end()).size(), evernet.nodes.size());
  const std::vector<size_t> hops = hops_to_gateways(evernet);
  const std::map<Role, int> ranks{
      {Role::household, 0}, {Role::backbone, 0}, {Role::gateway, 1}, {Role::server, 2}};
  for (size_t i = 1; i < order.size(); ++i) {
    const int before = ranks.at(evernet.nodes[order[i - 1]].role);
    const int after = ranks.at(evernet.nodes[order[i]].role);
    EXPECT_LE(before, after) << i;
    EXPECT_TRUE(after > 0 || hops[order[i - 1]] >= hops[order[i]]) << i;
  }
  EXPECT_GT(hops[order.front()], 1U);
}

TEST(FlashOrder, TheLineOfAnExitIsNoShortCutForItsNeighbours) {
  Topology topology = mesh::two_villages();
  // It would be two hops from the server through the exit, and is four from it by its gateway.
  mesh::add_node(topology, "behind");
  mesh::add_link(topology, "behind", "exit");
  EXPECT_EQ(one_by_one(topology).front(), kHouse);
  EXPECT_EQ(one_by_one(topology)[1], 6U);
}

TEST(FlashOrder, ALinkThatNothingUsesIsNoShortCut) {
  Topology topology;
  mesh::add_node(topology, "core", {}, Role::server);
  mesh::add_node(topology, "gw", {"babeld"}, Role::gateway);
  mesh::add_node(topology, "near", {"babeld"});
  mesh::add_node(topology, "far", {"babeld"});
  mesh::add_node(topology, "odd", {"batman-adv"});
  mesh::add_link(topology, "gw", "core", topology::LinkKind::wan);
  topology.nodes[1].uplinks = {{"dsl", "gw~core", ""}};
  mesh::add_link(topology, "gw", "near");
  mesh::add_link(topology, "near", "far");
  mesh::add_link(topology, "gw", "odd");
  EXPECT_THAT(one_by_one(topology), ElementsAre(4U, 3U, 2U, 1U, 0U));
}

TEST(FlashOrder, WhatNoServerReachesComesFirst) {
  Topology topology = mesh::two_villages();
  mesh::add_node(topology, "lonely");
  EXPECT_EQ(one_by_one(topology).front(), 6U);
}

TEST(FlashOrder, CanariesAreTheFirstOfAll) {
  const Topology topology = mesh::two_villages();
  EXPECT_THAT(one_by_one(topology, *parse_flash_plan("canary")), ElementsAre(kHouse));
  EXPECT_THAT(one_by_one(topology, *parse_flash_plan("canary 2")), ElementsAre(kHouse, kTower2));
  EXPECT_THAT(one_by_one(topology, *parse_flash_plan("canary 100")), SizeIs(6));
}

TEST(FlashOrder, AllAreOneGroup) {
  const Topology topology = mesh::two_villages();
  const auto groups = flash_order(topology, mesh::plan_of(topology), *parse_flash_plan("all"));
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_THAT(groups[0], ::testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(FlashOrder, NamedNodesAreInTheOrderGiven) {
  const Topology topology = mesh::two_villages();
  EXPECT_THAT(one_by_one(topology, *parse_flash_plan("nodes gw,house")),
              ElementsAre(kGateway, kHouse));
  const mesh::Plan plan = mesh::plan_of(topology);
  try {
    flash_order(topology, plan, *parse_flash_plan("nodes gw,nobody"));
    FAIL() << "nobody is not there";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "there is no node \"nobody\"");
  }
}

TEST(FlashOrder, OfNothingIsNothing) { EXPECT_THAT(one_by_one(Topology{}), IsEmpty()); }

}  // namespace
}  // namespace wirebraid::validate
