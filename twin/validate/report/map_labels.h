// Where the nodes' names go in the map, so that none covers another.
#pragma once

#include <string>
#include <vector>

#include "twin/validate/report/map_layout.h"
#include "twin/validate/report/map_marks.h"

namespace wirebraid::validate {

inline constexpr double kLabelSize = 12;  ///< of the font

struct Label {
  std::string text;   ///< the id, shortened if it is long
  Point at;           ///< of the middle of its base line
  bool fits = false;  ///< else it is only seen when the node is pointed at
};

/// By index of the node. Nodes about which something failed choose first, then servers, gateways
/// and the backbone.
std::vector<Label> place_labels(const topology::Topology& topology, const MapLayout& layout,
                                const MapMarks& marks);

}  // namespace wirebraid::validate
