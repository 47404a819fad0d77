// Finds places for nodes of which only the links are known.
#pragma once

#include <vector>

#include "twin/validate/report/map_layout.h"

namespace wirebraid::validate {

struct Body {
  Point at;
  bool fixed = false;  ///< stays where it is
};

/// Fruchterman and Reingold, Graph Drawing by Force-directed Placement (1991): links pull, nodes
/// push each other away, and each round allows shorter steps. The plane is about the unit square.
void relax(std::vector<Body>& bodies, const std::vector<Ends>& links);

/// Moves points apart until no two are nearer than `distance`, or nearly so.
void spread_apart(std::vector<Point>& points, double distance);

}  // namespace wirebraid::validate
