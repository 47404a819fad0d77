// In which order nodes get a new firmware.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twin/mesh/plan.h"
#include "twin/topology/topology.h"

namespace wirebraid::validate {

enum class PlanKind : uint8_t {
  leaf_first,  ///< all, one after the other, farthest from the server first
  all,         ///< all at once
  canary,      ///< the first so many of leaf_first, and no more
  nodes,       ///< those named
};

struct FlashPlan {
  PlanKind kind = PlanKind::leaf_first;
  size_t canaries = 1;
  std::vector<std::string> nodes;  ///< ids
};

/// "leaf-first", "all", "canary 2" or "canary", "nodes ID,ID". Nothing if it is none of them.
std::optional<FlashPlan> parse_flash_plan(std::string_view text);
std::string to_string(const FlashPlan& plan);

/// Indices of nodes, those together that are flashed at once. A node comes before those that its
/// image comes through: households before gateways, servers last. Throws std::invalid_argument if a
/// named node does not exist.
std::vector<std::vector<size_t>> flash_order(const topology::Topology& topology,
                                             const mesh::Plan& plan, const FlashPlan& flash);

}  // namespace wirebraid::validate
