// Topologies for tests of what a twin makes of them.
#pragma once

#include <optional>
#include <string>

#include "tests/support/fake_platform.h"
#include "twin/mesh/plan.h"
#include "twin/topology/reader.h"
#include "twin/topology/topology.h"

namespace wirebraid::mesh {

/// A gateway with two lines and an exit, babeld in one village, batman-adv in the other.
inline topology::Topology two_villages() {
  return topology::load_topology(std::string(WIREBRAID_SOURCE_DIR) +
                                 "/tests/twin/validate/data/two-villages.json")
      .topology.value();
}
/// Its nodes, in the order of the file.
inline constexpr size_t kCore = 0;
inline constexpr size_t kGateway = 1;
inline constexpr size_t kTower1 = 2;
inline constexpr size_t kTower2 = 3;
inline constexpr size_t kExit = 4;
inline constexpr size_t kHouse = 5;

inline Plan plan_of(const topology::Topology& topology, uint64_t seed = 1) {
  wirebraid::testing::FakePlatform platform(seed);
  return make_plan(topology, platform);
}

inline void add_node(topology::Topology& topology, const std::string& id,
                     const std::vector<std::string>& routing = {"babeld"},
                     topology::Role role = topology::Role::household) {
  topology::Node made;
  made.id = id;
  made.role = role;
  made.routing = routing;
  topology.nodes.push_back(made);
}

inline void add_link(topology::Topology& topology, const std::string& a, const std::string& b,
                     topology::LinkKind kind = topology::LinkKind::radio) {
  topology::Link made;
  made.id = topology::default_link_id(a, b);
  made.a = a;
  made.b = b;
  made.kind = kind;
  made.a_to_b = made.b_to_a = {10, 1, 0, 0};
  topology.links.push_back(made);
}

}  // namespace wirebraid::mesh
