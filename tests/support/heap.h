// How much memory is in use.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace wirebraid::testing {

// AddressSanitizer's allocator does not tell.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kHeapIsKnown = false;
#else
inline constexpr bool kHeapIsKnown = true;
#endif

/// Bytes of all blocks that malloc() has given out, with its own overhead, libraries' included. A
/// few freed ones that it keeps for quick reuse count as well.
inline size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace wirebraid::testing
