// wirebraid-twin check: whether a topology is good, and what is in it.
#include <iostream>
#include <map>

#include "twin/app/command.h"
#include "twin/topology/fields.h"
#include "twin/topology/reader.h"
#include "twin/topology/selection.h"

namespace wirebraid::twin {
using namespace topology;
namespace {

void print_roles(const Topology& topology, std::ostream& out) {
  std::map<Role, size_t> counts;
  size_t uplinks = 0;
  for (const Node& node : topology.nodes) {
    ++counts[node.role];
    uplinks += node.uplinks.size();
  }
  out << counted(topology.nodes.size(), "node") << ":";
  for (const auto& [role, name] : kRoles) out << " " << counts[role] << " " << name;
  out << "; " << counted(uplinks, "uplink") << "\n";
}

void print_kinds(const Topology& topology, std::ostream& out) {
  std::map<LinkKind, size_t> counts;
  std::map<double, size_t> bands;
  for (const Link& link : topology.links) {
    ++counts[link.kind];
    if (link.band_ghz != 0) ++bands[link.band_ghz];
  }
  out << counted(topology.links.size(), "link") << ":";
  for (const auto& [kind, name] : kLinkKinds) out << " " << counts[kind] << " " << name;
  for (const auto& [band, count] : bands) {
    out << (band == bands.begin()->first ? "; " : ", ") << count << " at " << number_text(band)
        << " GHz";
  }
  out << "\n";
}

void print_villages(const Topology& topology, std::ostream& out) {
  const auto villages = villages_of(topology);
  out << counted(villages.size(), "village");
  for (const Village& village : villages) {
    out << (&village == &villages.front() ? ": " : ", ") << in_quotes(village.name) << " "
        << village.nodes;
  }
  out << "\n";
}

void print_components(const Topology& topology, std::ostream& out) {
  const auto components = components_of(topology);
  out << counted(components.size(), "component");
  for (const auto& component : components) {
    if (&component - components.data() == 10) {
      out << ", ...";
      break;
    }
    out << (&component == &components.front() ? ": " : ", ") << component.size();
  }
  out << "\n";
}

}  // namespace

int run_check(const Arguments& arguments, const Streams& streams) {
  CommandLine line("check", {"FILE"});
  if (!line.parse(arguments, streams)) return kExitDone;
  const ReadResult result = load_topology(line.word());
  if (!result.topology) return print_errors(result.errors, streams);
  streams.out << line.word() << ": good\n";
  print_roles(*result.topology, streams.out);
  print_kinds(*result.topology, streams.out);
  print_villages(*result.topology, streams.out);
  print_components(*result.topology, streams.out);
  return kExitDone;
}

}  // namespace wirebraid::twin
