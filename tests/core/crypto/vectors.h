// Published test vectors: hex, and files that are used where they are present.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wirebraid/bytes.h"

namespace wirebraid::testing {

inline std::vector<uint8_t> unhex(std::string_view text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

inline std::string hex(ConstByteSpan bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

/// nullopt if the file is not there: the test then says so and is skipped.
inline std::optional<nlohmann::json> load_shared(const std::string& name) {
  std::ifstream file(std::string(WIREBRAID_SHARED_DATA) + "/" + name);
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file);
}

}  // namespace wirebraid::testing
