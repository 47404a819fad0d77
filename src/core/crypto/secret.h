// Bytes that must not outlive their use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wirebraid/keys.h"

namespace wirebraid::crypto {

/// N secret bytes, wiped when they die or are cleared.
template <size_t N>
struct Secret : std::array<uint8_t, N> {
  Secret() : std::array<uint8_t, N>{} {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { clear(); }
  void clear() { detail::wipe(*this); }
};

}  // namespace wirebraid::crypto
