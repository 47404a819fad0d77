#include "twin/topology/selection.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "twin/topology/finding.h"

namespace wirebraid::topology {
namespace {

using Nodes = std::vector<size_t>;

/// For each node its neighbours, in the order of the links.
std::vector<Nodes> neighbours_of(const Topology& topology) {
  std::vector<Nodes> neighbours(topology.nodes.size());
  for (const LinkEnds& ends : ends_of_links(topology)) {
    neighbours[ends.a].push_back(ends.b);
    neighbours[ends.b].push_back(ends.a);
  }
  return neighbours;
}

/// Breadth first from `start`, at most `most` nodes that are not `seen` yet.
Nodes reach(const std::vector<Nodes>& neighbours, size_t start, size_t most,
            std::vector<bool>& seen) {
  Nodes reached{start};
  seen[start] = true;
  for (size_t next = 0; next < reached.size() && reached.size() < most; ++next) {
    for (const size_t neighbour : neighbours[reached[next]]) {
      if (seen[neighbour] || reached.size() >= most) continue;
      seen[neighbour] = true;
      reached.push_back(neighbour);
    }
  }
  return reached;
}

Topology part_of(const Topology& topology, const std::vector<bool>& kept) {
  Topology part;
  part.name = topology.name;
  const std::vector<LinkEnds> ends = ends_of_links(topology);
  std::unordered_set<std::string> link_ids;
  std::unordered_set<std::string> with_line;
  for (size_t i = 0; i < topology.links.size(); ++i) {
    if (!kept[ends[i].a] || !kept[ends[i].b]) continue;
    part.links.push_back(topology.links[i]);
    link_ids.insert(topology.links[i].id);
    if (topology.links[i].kind == LinkKind::wan) {
      with_line.insert({topology.links[i].a, topology.links[i].b});
    }
  }
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    if (!kept[i]) continue;
    part.nodes.push_back(topology.nodes[i]);
    std::erase_if(part.nodes.back().uplinks, [&](const Uplink& uplink) {
      return uplink.exit.empty() ? link_ids.count(uplink.link) == 0
                                 : with_line.count(uplink.exit) == 0;
    });
  }
  return part;
}

Topology part_of(const Topology& topology, const Nodes& nodes) {
  std::vector<bool> kept(topology.nodes.size());
  for (const size_t node : nodes) kept[node] = true;
  return part_of(topology, kept);
}

Topology village_of(const Topology& topology, const std::string& village) {
  std::vector<bool> inside(topology.nodes.size());
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    inside[i] = topology.nodes[i].village == village;
  }
  std::vector<bool> kept = inside;
  for (const LinkEnds& ends : ends_of_links(topology)) {
    for (const auto& [here, there] : {std::pair(ends.a, ends.b), std::pair(ends.b, ends.a)}) {
      const Node& node = topology.nodes[there];
      if (inside[here] && node.role == Role::server && node.village.empty()) kept[there] = true;
    }
  }
  return part_of(topology, kept);
}

size_t start_of(const Topology& topology, const std::vector<Nodes>& neighbours) {
  for (const Role role : {Role::server, Role::gateway}) {
    const auto found = std::find_if(topology.nodes.begin(), topology.nodes.end(),
                                    [&](const Node& node) { return node.role == role; });
    if (found != topology.nodes.end()) return static_cast<size_t>(found - topology.nodes.begin());
  }
  const auto most =
      std::max_element(neighbours.begin(), neighbours.end(),
                       [](const Nodes& x, const Nodes& y) { return x.size() < y.size(); });
  return static_cast<size_t>(most - neighbours.begin());
}

std::string no_village(const Topology& topology, const std::string& wanted) {
  std::vector<std::string> names;
  for (const Village& village : villages_of(topology)) names.push_back(in_quotes(village.name));
  return "there is no village " + in_quotes(wanted) + "; " +
         (names.empty() ? "no node has one" : listed(names) + " expected");
}

Selected failure(std::string error) {
  Selected selected;
  selected.error = std::move(error);
  return selected;
}

}  // namespace

std::vector<std::vector<size_t>> components_of(const Topology& topology) {
  const auto neighbours = neighbours_of(topology);
  std::vector<bool> seen(topology.nodes.size());
  std::vector<Nodes> components;
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    if (seen[i]) continue;
    components.push_back(reach(neighbours, i, topology.nodes.size(), seen));
    std::sort(components.back().begin(), components.back().end());
  }
  std::stable_sort(components.begin(), components.end(),
                   [](const Nodes& x, const Nodes& y) { return x.size() > y.size(); });
  return components;
}

std::vector<Village> villages_of(const Topology& topology) {
  std::map<std::string, size_t> counts;
  for (const Node& node : topology.nodes) {
    if (!node.village.empty()) ++counts[node.village];
  }
  std::vector<Village> villages;
  for (const auto& [name, nodes] : counts) villages.push_back({name, nodes});
  return villages;
}

Selected select(const Topology& topology, const Selection& selection) {
  Topology part = topology;
  if (selection.village) {
    part = village_of(part, *selection.village);
    if (part.nodes.empty()) return failure(no_village(topology, *selection.village));
  }
  if (selection.component) {
    const auto components = components_of(part);
    if (*selection.component < 1 || *selection.component > components.size()) {
      return failure("there is no component " + std::to_string(*selection.component) + "; 1 to " +
                     std::to_string(components.size()) + " expected");
    }
    part = part_of(part, components[*selection.component - 1]);
  }
  if (selection.max_nodes) {
    const auto neighbours = neighbours_of(part);
    std::vector<bool> seen(part.nodes.size());
    part = part_of(part, reach(neighbours, start_of(part, neighbours), *selection.max_nodes, seen));
  }

  Selected selected;
  std::unordered_set<std::string> kept;
  for (const Node& node : part.nodes) kept.insert(node.id);
  for (const Node& node : topology.nodes) {
    if (kept.count(node.id) == 0) selected.left_out.push_back(node.id);
  }
  selected.links_left_out = topology.links.size() - part.links.size();
  selected.topology = std::move(part);
  return selected;
}

}  // namespace wirebraid::topology
