#include "twin/mesh/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/twin/mesh/villages.h"
#include "twin/topology/evernet.h"

namespace wirebraid::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using topology::LinkKind;
using topology::Topology;

const std::vector<std::string> kBabel{"babeld"};
const std::vector<std::string> kBatman{"batman-adv"};
const std::vector<std::string> kBoth{"batman-adv", "babeld"};

std::vector<std::string> texts_of(const NodePlan& node) {
  std::vector<std::string> texts{node.address.v4,
                                 node.address.v6,
                                 node.batman_address.v4,
                                 node.batman_address.v6,
                                 node.exits_address,
                                 node.tunnel.v4,
                                 node.tunnel.v6,
                                 node.public_address,
                                 node.default_gateway,
                                 node.hostname,
                                 std::to_string(node.babel),
                                 std::to_string(node.batman)};
  for (const Card& card : node.cards) {
    for (const std::string& each : {card.device, card.mac, card.address, card.gateway}) {
      texts.push_back(each);
    }
  }
  for (const ExitUplink& uplink : node.exits) {
    texts.push_back(uplink.tunnel);
    texts.push_back(uplink.exit_tunnel);
  }
  return texts;
}

TEST(Plan, AddressesAndMacsOfEvernetAllDiffer) {
  const Plan plan = plan_of(topology::make_evernet({.households = 600}));
  std::set<std::string> seen;
  const auto is_new = [&](const std::string& text) { return seen.insert(text).second; };
  for (const NodePlan& node : plan.nodes) {
    EXPECT_TRUE(is_new(node.address.v4)) << node.address.v4;
    EXPECT_TRUE(is_new(node.address.v6)) << node.address.v6;
    EXPECT_TRUE(is_new(node.batman_address.v4)) << node.batman_address.v4;
    EXPECT_TRUE(is_new(node.batman_address.v6)) << node.batman_address.v6;
    EXPECT_TRUE(is_new(node.exits_address)) << node.exits_address;
    EXPECT_TRUE(node.tunnel.v4.empty() || is_new(node.tunnel.v4)) << node.tunnel.v4;
    EXPECT_TRUE(node.public_address.empty() || is_new(node.public_address));
    for (const Card& card : node.cards) {
      EXPECT_TRUE(is_new(card.mac)) << card.mac;
      EXPECT_TRUE(card.address.empty() || is_new(card.address)) << card.address;
    }
  }
  EXPECT_EQ(plan.nodes.size(), 624U);
}

TEST(Plan, AddressesAreOfTheirNetworksAlsoBeyondTheFirst256Nodes) {
  const Plan plan = plan_of(topology::make_evernet({.households = 600}));
  for (const NodePlan& node : plan.nodes) {
    const auto in = [](const char* network, const std::string& address) {
      const auto parsed = IpAddress::parse(address);
      return parsed && Prefix::parse(network)->contains(*parsed);
    };
    EXPECT_TRUE(in(kBabelNetwork4, node.address.v4)) << node.address.v4;
    EXPECT_TRUE(in(kBabelNetwork6, node.address.v6)) << node.address.v6;
    EXPECT_TRUE(in(kBatmanNetwork4, node.batman_address.v4)) << node.batman_address.v4;
    EXPECT_TRUE(in(kBatmanNetwork6, node.batman_address.v6)) << node.batman_address.v6;
    EXPECT_TRUE(in(kExitNetwork4, node.exits_address)) << node.exits_address;
    EXPECT_TRUE(node.tunnel.v4.empty() || in(kTunnelNetwork4, node.tunnel.v4));
  }
}

TEST(Plan, TheSameTopologyGivesTheSameButForTheKeys) {
  const Plan one = plan_of(two_villages(), 1);
  const Plan other = plan_of(two_villages(), 2);
  for (size_t i = 0; i < one.nodes.size(); ++i) {
    EXPECT_EQ(texts_of(one.nodes[i]), texts_of(other.nodes[i]));
  }
  EXPECT_FALSE(one.nodes[kCore].key == other.nodes[kCore].key);
  const auto& uplinks = one.nodes[kGateway].uplinks;
  EXPECT_FALSE(uplinks[0].key == other.nodes[kGateway].uplinks[0].key);
  EXPECT_FALSE(uplinks[0].key == uplinks[1].key) << "an uplink is known by its key";
}

TEST(Plan, CardsAreInTheOrderOfLinksAndKnowTheirOtherEnd) {
  const Plan plan = plan_of(two_villages());
  const auto& cards = plan.nodes[kGateway].cards;
  ASSERT_EQ(cards.size(), 3U);
  EXPECT_THAT((std::vector{cards[0].link, cards[1].link, cards[2].link}), ElementsAre(0, 4, 5));
  EXPECT_THAT((std::vector{cards[0].peer, cards[1].peer, cards[2].peer}),
              ElementsAre(kTower1, kCore, kCore));
  EXPECT_EQ(cards[2].device, "eth2");
  EXPECT_EQ(cards[2].mac, "02:77:00:01:00:02");
  EXPECT_EQ(cards[0].end, fabric::End::a);
  const Card& theirs = plan.nodes[kTower1].cards.front();
  EXPECT_EQ(theirs.link, 0U);
  EXPECT_EQ(theirs.end, fabric::End::b);
  EXPECT_EQ(theirs.peer, kGateway);
}

TEST(Plan, ALinkIsBatmansIfBothEndsRunItElseBabelds) {
  Topology topology;
  add_node(topology, "babel", kBabel);
  add_node(topology, "batman", kBatman);
  add_node(topology, "both", kBoth);
  add_node(topology, "both-2", kBoth);
  add_node(topology, "nothing", {});
  add_link(topology, "babel", "both");
  add_link(topology, "batman", "both");
  add_link(topology, "both", "both-2");
  add_link(topology, "babel", "nothing");
  add_link(topology, "both", "both-2", LinkKind::wan);
  const Plan plan = plan_of(topology);
  const auto used = [&](size_t node, size_t card) {
    const Card& each = plan.nodes[node].cards[card];
    return std::string(each.babel ? "babel" : "") + (each.batman ? "batman" : "");
  };
  EXPECT_EQ(used(0, 0), "babel");
  EXPECT_EQ(used(1, 0), "batman");
  EXPECT_EQ(used(2, 0), "babel");
  EXPECT_EQ(used(2, 1), "batman");
  EXPECT_EQ(used(2, 2), "batman");
  EXPECT_EQ(used(3, 0), "batman");
  EXPECT_EQ(used(4, 0), "babel") << "a node of which nothing is known runs babeld";
  EXPECT_EQ(used(2, 3), "") << "a line is no part of the mesh";
  EXPECT_THAT(plan.remarks, IsEmpty());
}

TEST(Plan, RemarksOnWhatIsNotAsTheTopologyHasIt) {
  Topology topology;
  add_node(topology, "babel", kBabel);
  add_node(topology, "batman", kBatman);
  add_node(topology, "old", {"olsrd"});
  add_node(topology, "mixed", {"bmx7", "batman-adv"});
  add_link(topology, "babel", "batman");
  add_link(topology, "babel", "old");
  const Plan plan = plan_of(topology);
  EXPECT_THAT(
      plan.remarks,
      ElementsAre("old: olsrd is not in the firmware; babeld runs there",
                  "mixed: bmx7 is not in the firmware; batman-adv runs there",
                  "link babel~batman: its ends have no routing daemon in common, so nothing uses "
                  "it"));
  EXPECT_FALSE(plan.nodes[0].cards[0].babel || plan.nodes[0].cards[0].batman);
  EXPECT_TRUE(plan.nodes[0].cards[1].babel);
}

TEST(Plan, HostnamesHaveNoCharactersThatHostsMayNotHave) {
  Topology topology;
  add_node(topology, "02:aa:00_1.x");
  add_node(topology, std::string(64, 'n'));
  const Plan plan = plan_of(topology);
  EXPECT_EQ(plan.nodes[0].hostname, "02-aa-00-1.x");
  EXPECT_EQ(plan.nodes[1].hostname, std::string(63, 'n'));
}

TEST(Plan, TooManyNodesOrLinesAreRefused) {
  Topology topology;
  for (size_t i = 0; i <= kMostNodes; ++i) add_node(topology, "n" + std::to_string(i));
  EXPECT_THROW(plan_of(topology), std::length_error);
  topology.nodes.resize(2);
  for (size_t i = 0; i < kMostLines; ++i) add_link(topology, "n0", "n1", LinkKind::wan);
  EXPECT_EQ(plan_of(topology).nodes[1].cards.back().address, "198.18.249.254");
  add_link(topology, "n0", "n1", LinkKind::wan);
  EXPECT_THROW(plan_of(topology), std::length_error);
}

TEST(LinkOptions, AreOfTheDirectionInItsUnits) {
  const fabric::LinkOptions options = link_options({1.5, 25, 0.2, 0.001});
  EXPECT_EQ(options.rate, 1'500'000U);
  EXPECT_EQ(options.delay, std::chrono::milliseconds(25));
  EXPECT_EQ(options.jitter, std::chrono::microseconds(200));
  EXPECT_EQ(options.loss, 0.001);
  EXPECT_EQ(options.state, fabric::LinkState::up);
  const Plan plan = plan_of(two_villages());
  EXPECT_EQ(plan.wires[4].from_a.rate, 2'000'000U);
  EXPECT_EQ(plan.wires[4].from_b.rate, 4'000'000U);
}

}  // namespace
}  // namespace wirebraid::mesh
