#include "twin/topology/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "twin/topology/check.h"
#include "twin/topology/evernet.h"

namespace wirebraid::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Node node(const std::string& id, Role role = Role::household, const std::string& village = "") {
  Node made;
  made.id = id;
  made.role = role;
  made.village = village;
  return made;
}

void link(Topology& topology, const std::string& a, const std::string& b,
          LinkKind kind = LinkKind::radio) {
  Link made;
  made.id = default_link_id(a, b);
  made.a = a;
  made.b = b;
  made.kind = kind;
  made.a_to_b = made.b_to_a = {10, 1, 0, 0};
  topology.links.push_back(made);
}

std::vector<std::string> ids(const Topology& topology) {
  std::vector<std::string> ids;
  for (const Node& one : topology.nodes) ids.push_back(one.id);
  return ids;
}

/// Three components: lonely; up1 - up2 - gate - server; pair1 - pair2. The server is in no village.
Topology sample() {
  Topology topology;
  topology.nodes = {node("lonely"),
                    node("up1", Role::household, "Up"),
                    node("pair1", Role::household, "Down"),
                    node("up2", Role::household, "Up"),
                    node("gate", Role::gateway, "Up"),
                    node("pair2", Role::household, "Down"),
                    node("server", Role::server)};
  link(topology, "up1", "up2");
  link(topology, "up2", "gate");
  link(topology, "gate", "server", LinkKind::wan);
  link(topology, "pair2", "pair1");
  topology.nodes[4].uplinks = {{"dsl", "gate~server"}};
  return topology;
}

TEST(Selection, ComponentsAreOrderedBySize) {
  EXPECT_THAT(components_of(sample()),
              ElementsAre(ElementsAre(1, 3, 4, 6), ElementsAre(2, 5), ElementsAre(0)));
}

TEST(Selection, TakesAComponent) {
  const Selected largest = select(sample(), {.component = 1});
  EXPECT_THAT(ids(largest.topology), ElementsAre("up1", "up2", "gate", "server"));
  EXPECT_THAT(largest.left_out, ElementsAre("lonely", "pair1", "pair2"));
  EXPECT_EQ(largest.links_left_out, 1U);
  EXPECT_THAT(ids(select(sample(), {.component = 2}).topology), ElementsAre("pair1", "pair2"));
  EXPECT_EQ(select(sample(), {.component = 4}).error, "there is no component 4; 1 to 3 expected");
}

TEST(Selection, TakesAVillageWithItsServer) {
  const Selected up = select(sample(), {.village = "Up"});
  EXPECT_THAT(ids(up.topology), ElementsAre("up1", "up2", "gate", "server"));
  EXPECT_EQ(up.topology.nodes[2].uplinks.size(), 1U);
  EXPECT_THAT(ids(select(sample(), {.village = "Down"}).topology), ElementsAre("pair1", "pair2"));
  EXPECT_EQ(select(sample(), {.village = "Upp"}).error,
            "there is no village \"Upp\"; \"Down\" or \"Up\" expected");
}

TEST(Selection, TakesWhatHangsTogetherFromTheServerOn) {
  const Selected three = select(sample(), {.max_nodes = 3});
  EXPECT_THAT(ids(three.topology), ElementsAre("up2", "gate", "server"));
  EXPECT_THAT(three.left_out, ElementsAre("lonely", "up1", "pair1", "pair2"));
  const Selected all = select(sample(), {.max_nodes = 100});
  EXPECT_EQ(all.topology.nodes.size(), 4U) << "the others do not hang together with it";
}

TEST(Selection, WithoutServersStartsAtTheNodeWithTheMostLinks) {
  Topology topology;
  topology.nodes = {node("a"), node("b"), node("hub"), node("c"), node("d")};
  link(topology, "a", "b");
  link(topology, "hub", "d");
  link(topology, "hub", "c");
  link(topology, "hub", "b");
  EXPECT_THAT(ids(select(topology, {.max_nodes = 2}).topology), ElementsAre("hub", "d"));
}

TEST(Selection, AppliesOneAfterTheOther) {
  const Selected part = select(sample(), {.village = "Up", .component = 1, .max_nodes = 2});
  EXPECT_THAT(ids(part.topology), ElementsAre("gate", "server"));
  EXPECT_EQ(part.left_out.size(), 5U);
}

TEST(Selection, DropsUplinksWithTheirLinks) {
  Topology topology = sample();
  topology.nodes[4].village = "Gate";
  topology.nodes[6].village = "Elsewhere";
  const Selected gate = select(topology, {.village = "Gate"});
  ASSERT_THAT(ids(gate.topology), ElementsAre("gate"));
  EXPECT_THAT(gate.topology.nodes[0].uplinks, IsEmpty());
  EXPECT_THAT(check_topology(gate.topology), IsEmpty());
}

TEST(Selection, EveryPartOfEvernetIsGoodAndHangsTogether) {
  const Topology evernet = make_evernet({});
  for (size_t most = 1; most <= evernet.nodes.size(); most += 7) {
    const Selected part = select(evernet, {.max_nodes = most});
    EXPECT_EQ(part.topology.nodes.size(), most);
    EXPECT_EQ(part.left_out.size(), evernet.nodes.size() - most);
    EXPECT_EQ(components_of(part.topology).size(), 1U) << most;
    EXPECT_TRUE(check_topology(part.topology).empty()) << most;
  }
}

}  // namespace
}  // namespace wirebraid::topology
