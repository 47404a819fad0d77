// How much memory is in use, and how often some has been allocated.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>

namespace wirebraid::testing {

// AddressSanitizer's allocator, which stays in charge there, does not tell.
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

/// Calls of operator new, of every kind, by this thread since it began.
uint64_t allocations();

}  // namespace wirebraid::testing
