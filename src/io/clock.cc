#include <ctime>

#include "io/engine.h"

namespace wirebraid::io {

Time monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Time(std::chrono::seconds(now.tv_sec) +
              std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(now.tv_nsec)));
}

}  // namespace wirebraid::io
