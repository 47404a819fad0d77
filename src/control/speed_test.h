// What uplinks carry in one direction, measured by filling them for some seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wirebraid/time.h"

namespace wirebraid::control {

enum class Direction : uint8_t { send, receive };
std::string_view to_string(Direction direction);

struct SpeedTestRequest {
  std::string uplink;  ///< empty: all of all bonds at once
  Direction direction = Direction::receive;
  std::chrono::seconds duration{5};
};
inline constexpr std::chrono::seconds kShortestSpeedTest{2};
inline constexpr std::chrono::seconds kLongestSpeedTest{30};

/// Only computes: it is told how many bytes have arrived where the direction leads.
class SpeedTest {
 public:
  SpeedTest(Direction direction, std::vector<std::string> uplinks, Duration duration, Time now);

  /// `bytes`: by uplink, ever; 0: not known yet. To be called several times a second, until
  /// finished().
  void sample(std::span<const uint64_t> bytes, Time now);
  bool finished(Time now) const { return now >= end_; }
  Duration left(Time now) const { return now < end_ ? end_ - now : Duration{}; }

  Direction direction() const { return direction_; }
  const std::vector<std::string>& uplinks() const { return uplinks_; }
  /// Bits per second of UDP payload, by uplink; nullopt: too little is known yet.
  std::vector<std::optional<uint64_t>> rates() const;

 private:
  struct Count {
    Time first_at{};
    Time last_at{};
    uint64_t first = 0;
    uint64_t last = 0;
  };
  Direction direction_;
  std::vector<std::string> uplinks_;
  std::vector<Count> counts_;
  Time warm_at_;  ///< from then on it counts: a path is probed step by step
  Time end_;
};

}  // namespace wirebraid::control
