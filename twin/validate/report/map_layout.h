// Where the nodes of a topology are in a picture of it.
#pragma once

#include <cstddef>
#include <vector>

#include "twin/topology/topology.h"

namespace wirebraid::validate {

struct Point {
  double x = 0;
  double y = 0;
};

/// The nodes at the ends of a link, by index.
struct Ends {
  size_t a = 0;
  size_t b = 0;
  size_t link = 0;
};
/// Of all links whose nodes there are.
std::vector<Ends> known_ends(const topology::Topology& topology);

inline constexpr double kMapWidth = 1000;
inline constexpr double kMapMargin = 40;   ///< that nodes keep from the edges
inline constexpr double kServerBand = 90;  ///< height of the strip at the top, if there are servers

struct MapLayout {
  double height = 0;
  bool geographic = false;   ///< whether the nodes are where they are on the earth
  double mesh_top = 0;       ///< where the strip of the servers ends
  std::vector<Point> nodes;  ///< by index
};

/// Nodes are placed by their locations if most have one: equirectangular, north up, and moved
/// apart where they would cover each other; those without one near their neighbours. Otherwise by
/// their links. Servers stand in a row above: they are in no village. The same topology gives the
/// same layout.
MapLayout lay_out(const topology::Topology& topology);

}  // namespace wirebraid::validate
