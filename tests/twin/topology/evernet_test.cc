#include "twin/topology/evernet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "twin/topology/check.h"
#include "twin/topology/selection.h"
#include "twin/topology/writer.h"

namespace wirebraid::topology {
namespace {

std::map<Role, size_t> roles_of(const Topology& topology) {
  std::map<Role, size_t> counts;
  for (const Node& node : topology.nodes) ++counts[node.role];
  return counts;
}

std::set<std::string> backbone_of(const Topology& topology) {
  std::set<std::string> ids;
  for (const Node& node : topology.nodes) {
    if (node.role == Role::backbone) ids.insert(node.id);
  }
  return ids;
}

bool is_backbone(const Link& link, const std::set<std::string>& backbone) {
  return backbone.count(link.a) != 0 && backbone.count(link.b) != 0;
}

/// FNV-1a, for texts that must never change.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

TEST(Evernet, HasTheRealOnesSize) {
  const Topology evernet = make_evernet({});
  const auto roles = roles_of(evernet);
  EXPECT_EQ(roles.at(Role::household), 110U);
  EXPECT_EQ(roles.at(Role::server), 1U);
  EXPECT_EQ(roles.at(Role::backbone), 15U);
  EXPECT_EQ(roles.at(Role::gateway), 8U);
  EXPECT_EQ(villages_of(evernet).size(), 5U);
  EXPECT_TRUE(check_topology(evernet).empty());
}

TEST(Evernet, HasABackboneInThreeBands) {
  const Topology evernet = make_evernet({});
  const auto backbone = backbone_of(evernet);
  std::set<double> bands;
  for (const Link& link : evernet.links) {
    if (is_backbone(link, backbone)) bands.insert(link.band_ghz);
  }
  EXPECT_EQ(bands, (std::set<double>{5, 24, 60}));
}

TEST(Evernet, GatewaysHaveSeveralUplinksToTheServer) {
  const Topology evernet = make_evernet({});
  for (const Node& node : evernet.nodes) {
    if (node.role != Role::gateway) {
      EXPECT_TRUE(node.uplinks.empty()) << node.id;
      continue;
    }
    EXPECT_GE(node.uplinks.size(), 2U) << node.id;
    for (const Uplink& uplink : node.uplinks) {
      const auto link = std::find_if(evernet.links.begin(), evernet.links.end(),
                                     [&](const Link& one) { return one.id == uplink.link; });
      ASSERT_NE(link, evernet.links.end());
      EXPECT_TRUE(link->a == "server" || link->b == "server") << uplink.link;
    }
  }
}

TEST(Evernet, StaysConnectedWithoutAnyOneBackboneLink) {
  for (const size_t villages : {1, 2, 3, 5, 12, 20}) {
    const Topology evernet = make_evernet({.villages = villages, .households = villages});
    EXPECT_TRUE(check_topology(evernet).empty());
    const auto backbone = backbone_of(evernet);
    // The ring must do it, not the way through two gateways and the server.
    Topology inner = evernet;
    std::erase_if(inner.nodes, [](const Node& node) { return node.role != Role::backbone; });
    std::erase_if(inner.links, [&](const Link& link) { return !is_backbone(link, backbone); });
    for (size_t i = 0; i < inner.links.size(); ++i) {
      Topology cut = inner;
      cut.links.erase(cut.links.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_EQ(components_of(cut).size(), 1U) << villages << " without " << inner.links[i].id;
    }
  }
}

TEST(Evernet, EverySeedIsConnectedAndGood) {
  std::set<std::string> different;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Topology evernet = make_evernet({.seed = seed});
    EXPECT_EQ(components_of(evernet).size(), 1U) << seed;
    EXPECT_TRUE(check_topology(evernet).empty()) << seed;
    EXPECT_EQ(roles_of(evernet).at(Role::household), 110U) << seed;
    different.insert(write_topology(evernet));
  }
  EXPECT_EQ(different.size(), 50U);
}

TEST(Evernet, IsTheSameForTheSameSeed) {
  const std::string text = write_topology(make_evernet({.seed = 7}));
  EXPECT_EQ(text, write_topology(make_evernet({.seed = 7})));
  // On every machine. A change of the generator changes it; then this line has to as well.
  EXPECT_EQ(hash_of(text), 9458564116816089338U);
}

TEST(Evernet, NumbersArePlausible) {
  for (const Link& link : make_evernet({}).links) {
    for (const Direction& direction : {link.a_to_b, link.b_to_a}) {
      EXPECT_GE(direction.rate_mbit, 5) << link.id;
      EXPECT_LE(direction.rate_mbit, 1000) << link.id;
      EXPECT_GT(direction.delay_ms, 0) << link.id;
      EXPECT_LE(direction.delay_ms, 40) << link.id;
      EXPECT_LE(direction.loss, 0.03) << link.id;
    }
  }
}

}  // namespace
}  // namespace wirebraid::topology
