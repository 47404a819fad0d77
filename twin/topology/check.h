// Whether a topology makes sense as a whole: what no single value of the file shows.
#pragma once

#include <string>
#include <vector>

#include "twin/topology/topology.h"

namespace wirebraid::topology {

/// Something that makes no sense.
struct Problem {
  std::string place;  ///< JSON pointer into the file that the writer makes: "/links/3/b"
  std::string message;
  std::string first;  ///< what it collides with, as `place`; empty: nothing
};

/// Nodes and links whose own values are wrong; they are named elsewhere and not judged again.
struct Broken {
  std::vector<bool> nodes;  ///< by index; shorter than the topology: the rest is whole
  std::vector<bool> links;
};

/// In the order of the file: nodes, then links, then uplinks. Complains of: an id given twice, two
/// servers with one address, a link of or to an unknown node, a link to itself, two links alike
/// without ids of their own, an uplink that is not a wan link of its node, a name or link used by
/// two uplinks of a node, uplinks of a node that is no gateway.
std::vector<Problem> check_topology(const Topology& topology, const Broken& broken = {});

}  // namespace wirebraid::topology
