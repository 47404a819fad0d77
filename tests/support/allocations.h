// How often memory has been allocated.
#pragma once

#include <cstdint>

namespace wirebraid::testing {

// The sanitizers bring an allocator of their own, which stays in charge.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAllocationsAreCounted = false;
#else
inline constexpr bool kAllocationsAreCounted = true;
#endif

/// Calls of operator new, of every kind, by this thread since it began.
uint64_t allocations();

}  // namespace wirebraid::testing
