// Takes a part of a topology: a village, a component, or as much as fits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "twin/topology/topology.h"

namespace wirebraid::topology {

/// Nodes that reach each other, by index: the largest component first, among equals the one whose
/// first node comes first; nodes in the order of the file.
std::vector<std::vector<size_t>> components_of(const Topology& topology);

/// Villages by name, with the number of their nodes. Nodes without one are not counted.
struct Village {
  std::string name;
  size_t nodes = 0;
};
std::vector<Village> villages_of(const Topology& topology);

/// Applied in this order.
struct Selection {
  std::optional<std::string> village = std::nullopt;
  std::optional<size_t> component =
      std::nullopt;  ///< from 1 on, as components_of() has them; 1 is the largest
  std::optional<size_t> max_nodes = std::nullopt;  ///< 1 or more
};

struct Selected {
  Topology topology;
  std::vector<std::string> left_out;  ///< ids of nodes, in the order of the file
  size_t links_left_out = 0;
  std::string error;  ///< if there is no such village or component; the rest is empty then
};

/// The topology must be one that check_topology() finds good; so is the result.
///
/// * village: its nodes, and servers outside any village that one of them has a link to.
/// * component: one of those that then are there.
/// * max_nodes: breadth first from the first server; without one the first gateway; without one
///   the node with the most links, the first among equals. Neighbours in the order of the links.
///   So the part hangs together, and the same file gives the same part.
///
/// A link stays if both its nodes do, an uplink if its link does.
Selected select(const Topology& topology, const Selection& selection);

}  // namespace wirebraid::topology
