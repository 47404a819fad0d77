// What nodes and links look like in the map. No state is told by its colour alone: what failed has
// a cross, what was not checked is hollow.
#pragma once

#include "twin/topology/topology.h"
#include "twin/validate/report/map_layout.h"
#include "twin/validate/report/map_marks.h"
#include "twin/validate/report/markup.h"

namespace wirebraid::validate {

/// A square for a server, a diamond for a gateway, a large circle for the backbone, a small one for
/// a household.
void add_node_symbol(Markup& page, const Point& at, topology::Role role, State state);

void add_line_symbol(Markup& page, const Point& from, const Point& to, bool failed);

/// Every symbol with what it means.
void add_legend(Markup& page);

}  // namespace wirebraid::validate
