// Weighted rendezvous hashing: which of a few candidates a key belongs to, with no table and with
// as few moves as can be when candidates come, go or change their weight.
//
// Every candidate draws a number for the key; the best one wins. A candidate's draw depends on
// nothing but the key, its own identity and its own weight, so one that goes takes only its own
// keys along, and one whose weight grows takes keys from others but moves none among them.
//
// Sources: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998 (highest
// random weight); Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", 2005 (the
// logarithmic method).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace wirebraid {

struct RendezvousCandidate {
  uint64_t identity = 0;  ///< stable over restarts of the candidate; any distribution will do
  double weight = 0;      ///< any unit, the same for all; never picked unless above 0
};

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014; Stafford's variant 13): a bijection in
/// which every input bit changes every output bit with a chance near one half.
constexpr uint64_t mix_bits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// The index of the candidate that `key` belongs to; over all keys each candidate gets a share in
/// proportion to its weight. nullopt if none has a weight above 0. The order of the candidates does
/// not matter. `key` should be keyed (FlowHasher) where outsiders must not choose the result.
inline std::optional<size_t> rendezvous_pick(uint64_t key,
                                             std::span<const RendezvousCandidate> candidates) {
  std::optional<size_t> best;
  // The highest -weight / ln(u) is the lowest -ln(u) / weight: the first of several exponential
  // clocks to ring.
  double earliest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < candidates.size(); ++i) {
    const double weight = candidates[i].weight;
    if (!(weight > 0)) continue;
    // 52 bits and a half: exact as a double, and neither 0 nor 1.
    const uint64_t draw = mix_bits(key ^ mix_bits(candidates[i].identity + 1)) >> 12;
    const double u = (static_cast<double>(draw) + 0.5) * 0x1p-52;
    // -ln(u) >= 1 - u, so most candidates need no logarithm.
    if ((1 - u) / weight >= earliest) continue;
    const double rings = -std::log(u) / weight;
    if (rings >= earliest) continue;
    earliest = rings;
    best = i;
  }
  return best;
}

}  // namespace wirebraid
