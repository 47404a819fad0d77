// What the links of a path promise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "twin/check/mesh_checks.h"

namespace wirebraid::check {

/// What a card sends through, and what comes to it.
const topology::Direction& outgoing(const View& view, const mesh::Card& card);
const topology::Direction& incoming(const View& view, const mesh::Card& card);

struct Prediction {
  double delay_ms = 0;   ///< one way
  double jitter_ms = 0;  ///< at most, one way
  double arrival = 1;    ///< probability
  double rate_mbit = 0;  ///< of the slowest link
  size_t hops = 0;
};

/// Along nodes, each a neighbour of the one before it, or joined to it by batman-adv, which is
/// taken to go the way of the least delay. Nothing if two of them are not joined.
std::optional<Prediction> predict(const View& view, const std::vector<size_t>& path);

}  // namespace wirebraid::check
