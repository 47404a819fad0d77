// The paths of a bond, by number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wirebraid {

/// Index of a path within its bond.
using PathIndex = uint8_t;
inline constexpr size_t kMaxPaths = 16;

/// How many there are of what is kept by path, at most kMaxPaths.
template <class T>
PathIndex count_of(const std::vector<T>& by_path) {
  return static_cast<PathIndex>(by_path.size());
}

/// A set of paths: bit i stands for path i.
using PathMask = uint16_t;
inline constexpr PathMask mask_of(PathIndex path) { return static_cast<PathMask>(1u << path); }
inline bool contains(PathMask mask, PathIndex path) { return (mask >> path & 1) != 0; }
/// Precondition: not empty.
inline PathIndex first_of(PathMask mask) { return static_cast<PathIndex>(std::countr_zero(mask)); }

}  // namespace wirebraid
