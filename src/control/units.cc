#include "control/units.h"

#include <cstdio>

namespace wirebraid::control {

std::string fixed(double value, int digits) {
  std::array<char, 48> text;
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<size_t>(size)};
}

std::string scaled(double value, double step, const std::array<const char*, 5>& units) {
  size_t unit = 0;
  while (value >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return fixed(value, unit == 0 ? 0 : 2) + " " + units[unit];
}

std::string rate(uint64_t bps) {
  return scaled(static_cast<double>(bps), 1000, {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"});
}
std::string bytes(uint64_t count) {
  return scaled(static_cast<double>(count), 1024, {"B", "KiB", "MiB", "GiB", "TiB"});
}
std::string milliseconds(uint64_t us) { return fixed(static_cast<double>(us) / 1000, 1) + " ms"; }

std::string duration(uint64_t seconds) {
  struct Unit {
    const char* name;
    uint64_t seconds;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}}};
  std::string text;
  for (const Unit& unit : kUnits) {
    const uint64_t count = seconds / unit.seconds;
    seconds %= unit.seconds;
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + " " + unit.name + (count == 1 ? "" : "s");
  }
  return text.empty() ? "0 seconds" : text;
}

}  // namespace wirebraid::control
