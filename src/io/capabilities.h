// What the calling thread may do as root and others may not (capabilities(7)).
#pragma once

#include <cstdint>
#include <system_error>

namespace wirebraid::io {

/// Gives up for good all capabilities but those of `mask` (bit number: CAP_...), and whatever
/// execve() could give. Concerns the calling thread, and those that it starts from then on.
std::error_code keep_capabilities(uint32_t mask);

}  // namespace wirebraid::io
