// Time as the core sees it: passed in by the caller, never read from a clock here.
#pragma once

#include <chrono>
#include <cstdint>

namespace wirebraid {

/// The core's resolution. One microsecond is below the serialisation time of a full packet up to
/// 10 Gbit/s, and 63 bits of it last for 292,000 years.
using Duration = std::chrono::microseconds;

/// A monotonic clock without a `now()`: whoever drives the core supplies the time.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock, duration>;
  // NOLINTNEXTLINE(readability-identifier-naming): the standard's name
  static constexpr bool is_steady = true;
};

using Time = Clock::time_point;

/// "No deadline".
inline constexpr Time kNever = Time::max();

/// Wall-clock time, used only for TAI64N stamps and for showing the last handshake.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

}  // namespace wirebraid
