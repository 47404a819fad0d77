// A synthetic Evernet: villages around a valley, households on a mesh, gateways with several
// uplinks, one aggregation server. Invented, but of the shape and with the bands of the real one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "twin/topology/topology.h"

namespace wirebraid::topology {

struct EvernetOptions {
  uint64_t seed = 1;
  size_t villages = 5;      ///< 1 to kMostVillages
  size_t households = 110;  ///< in all; at least one per village, kMostHouseholds at most
};
inline constexpr size_t kMostVillages = 20;
inline constexpr size_t kMostHouseholds = 5'000;

/// The same options give the same topology, on every machine. It is connected, and stays so without
/// any one backbone link: each village has three backbone nodes in a triangle (60 GHz), villages
/// form a ring (24 GHz up to 3 km, beyond that 5 GHz) with a 5 GHz link across. Every village has a
/// gateway, every second one two, at a backbone node by cable, with two or three wan links (dsl,
/// lte, sat, fibre) to the server as its uplinks. Households hang on a backbone node or on another
/// household by 2.4 or 5 GHz; two in five have a second link.
Topology make_evernet(const EvernetOptions& options);

}  // namespace wirebraid::topology
