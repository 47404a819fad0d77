#include "io/system_platform.h"

#include <sodium.h>

#include <cstdlib>
#include <ctime>

namespace wirebraid::io {

SystemPlatform::SystemPlatform() {
  if (sodium_init() < 0) std::abort();
}

void SystemPlatform::random(std::span<uint8_t> out) { randombytes_buf(out.data(), out.size()); }

WallTime SystemPlatform::wall_time() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return WallTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace wirebraid::io
