// Figures as people read them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace wirebraid::control {

std::string fixed(double value, int digits);
/// Three digits or so with the largest fitting unit, each `step` times the one before.
std::string scaled(double value, double step, const std::array<const char*, 5>& units);
/// "48.10 Mbit/s"
std::string rate(uint64_t bps);
/// "1.50 GiB"
std::string bytes(uint64_t count);
/// "15.2 ms"
std::string milliseconds(uint64_t us);
/// "1 hour, 2 minutes, 3 seconds"
std::string duration(uint64_t seconds);

}  // namespace wirebraid::control
