// The map of a topology with what was found of its nodes and links, as a picture in a page.
#pragma once

#include "twin/validate/report/map_marks.h"
#include "twin/validate/report/markup.h"

namespace wirebraid::validate {

/// A <figure> with an SVG and its legend. Colours and widths are those of page_style.h.
void add_map(Markup& page, const topology::Topology& topology, const MapMarks& marks);

}  // namespace wirebraid::validate
