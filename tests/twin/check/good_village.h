// Two villages in which all is as it should be, until a test breaks something.
#pragma once

#include "tests/twin/mesh/villages.h"
#include "twin/check/mesh_checks.h"

namespace wirebraid::check {

using mesh::kCore;
using mesh::kExit;
using mesh::kGateway;
using mesh::kHouse;
using mesh::kTower1;
using mesh::kTower2;

/// What all nodes would say if all were well. Routes and neighbours are written down by hand.
std::vector<NodeFacts> good_facts(const mesh::Plan& plan);

struct Village {
  topology::Topology topology = mesh::two_villages();
  mesh::Plan plan = mesh::plan_of(topology);
  std::vector<NodeFacts> facts = good_facts(plan);

  View view() const { return {topology, plan, facts}; }
  /// Takes away every route to this target.
  void forget_route(size_t node, const std::string& target) {
    std::erase_if(facts[node].routes4, [&](const Route& each) { return each.target == target; });
  }
};

}  // namespace wirebraid::check
