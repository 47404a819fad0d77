// TAI64N stamps of handshake initiations (white paper section 5.1).
#pragma once

#include <array>
#include <cstdint>

#include "wirebraid/time.h"

namespace wirebraid::wireguard {

/// As on the wire, big-endian, so that bytewise order is the order in time.
using Tai64n = std::array<uint8_t, 12>;

/// Makes stamps that strictly increase even if the date stands still or jumps back.
class Tai64nClock {
 public:
  /// `now` rounded down to 2^24 ns (16.8 ms), lest the stamp betray the sender's timing; or the
  /// next step after the last stamp, if that is later. Dates before 1970 count as 1970.
  Tai64n stamp(WallTime now);

 private:
  int64_t last_seconds_ = -1;
  uint32_t last_nanoseconds_ = 0;
};

}  // namespace wirebraid::wireguard
