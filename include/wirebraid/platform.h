// What the core needs from the world besides the packets: random bytes and the date.
#pragma once

#include <cstdint>
#include <span>

#include "wirebraid/time.h"

namespace wirebraid {

/// Passed in by the caller, so that tests are deterministic. Not thread-safe; one per worker.
class Platform {
 public:
  Platform() = default;
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;
  virtual ~Platform() = default;

  /// Fills `out` with bytes fit for keys. Must not fail.
  virtual void random(std::span<uint8_t> out) = 0;
  /// The date. May jump; the core only ever makes its own stamps increase.
  virtual WallTime wall_time() = 0;

  uint32_t random_u32() {
    uint32_t value = 0;
    random({reinterpret_cast<uint8_t*>(&value), sizeof value});
    return value;
  }
  uint64_t random_u64() {
    uint64_t value = 0;
    random({reinterpret_cast<uint8_t*>(&value), sizeof value});
    return value;
  }
};

}  // namespace wirebraid
