#include "core/wireguard/tai64n.h"

#include <algorithm>
#include <utility>

#include "wirebraid/bytes.h"

namespace wirebraid::wireguard {

namespace {
constexpr uint32_t kStep = uint32_t{1} << 24U;
constexpr uint32_t kSecond = 1'000'000'000;
constexpr uint64_t kTaiOfUnixEpoch = 0x4000'0000'0000'000A;  // TAI was 10 s ahead in 1970
}  // namespace

Tai64n Tai64nClock::stamp(WallTime now) {
  const int64_t since_epoch = std::max<int64_t>(now.time_since_epoch().count(), 0);
  int64_t seconds = since_epoch / kSecond;
  uint32_t nanoseconds = static_cast<uint32_t>(since_epoch % kSecond) & ~(kStep - 1);
  if (std::pair(seconds, nanoseconds) <= std::pair(last_seconds_, last_nanoseconds_)) {
    seconds = last_seconds_;
    nanoseconds = last_nanoseconds_ + kStep;
    if (nanoseconds >= kSecond) {
      ++seconds;
      nanoseconds = 0;
    }
  }
  last_seconds_ = seconds;
  last_nanoseconds_ = nanoseconds;
  Tai64n out;
  store_be<uint64_t>(out.data(), kTaiOfUnixEpoch + static_cast<uint64_t>(seconds));
  store_be<uint32_t>(out.data() + 8, nanoseconds);
  return out;
}

}  // namespace wirebraid::wireguard
