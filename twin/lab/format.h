// Numbers for people.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace wirebraid::lab {

/// "49.5 Mbit/s"
inline std::string with_unit(double value, int digits, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", digits, value, unit);
  return text.data();
}

}  // namespace wirebraid::lab
