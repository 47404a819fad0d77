// The real Platform: the kernel's random bytes and the date.
#pragma once

#include "wirebraid/platform.h"

namespace wirebraid::io {

/// Aborts the process if libsodium cannot be initialised or the kernel has no random bytes: going
/// on with predictable keys would be worse.
class SystemPlatform : public Platform {
 public:
  SystemPlatform();
  void random(std::span<uint8_t> out) override;
  WallTime wall_time() override;
};

}  // namespace wirebraid::io
