// Pieces of configuration files, and what reading them gives.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/config.h"

namespace wirebraid::control {

// wg(8)'s own examples.
inline constexpr char kPrivate[] = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";
inline constexpr char kOtherPrivate[] = "oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=";
inline constexpr char kPublic[] = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
inline constexpr char kOtherPublic[] = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=";

inline std::string interface_section(const std::string& lines = "") {
  return std::string("[Interface]\nPrivateKey = ") + kPrivate + "\n" + lines;
}
inline std::string bond_section(const std::string& lines = "") {
  return "[Bond main]\nAllowedIPs = 0.0.0.0/0\n" + lines;
}
inline std::string uplink_section(const std::string& lines = "", const std::string& name = "dsl",
                                  const std::string& key = kPublic) {
  return "[Uplink " + name + "]\nPublicKey = " + key + "\n" + lines;
}

inline std::string class_section(const std::string& lines = "", const std::string& name = "voice") {
  return "[Class " + name + "]\n" + lines;
}

inline std::vector<std::string> texts(const std::vector<ConfigError>& errors) {
  std::vector<std::string> result;
  result.reserve(errors.size());
  for (const auto& error : errors) result.push_back(error.to_string());
  return result;
}

inline Config good(const std::string& text) {
  ConfigResult result = parse_config(text, "wb0.conf");
  EXPECT_THAT(texts(result.errors), ::testing::ElementsAre());
  return result.config.value_or(Config());
}

/// The only error of `text`.
inline std::string bad(const std::string& text) {
  const ConfigResult result = parse_config(text, "wb0.conf");
  EXPECT_FALSE(result.config.has_value());
  EXPECT_EQ(result.errors.size(), 1u) << ::testing::PrintToString(texts(result.errors));
  return result.errors.empty() ? "" : result.errors.front().to_string();
}

/// The warnings of a file without errors.
inline std::vector<std::string> warnings(const std::string& text) {
  const ConfigResult result = parse_config(text, "f");
  EXPECT_THAT(texts(result.errors), ::testing::ElementsAre());
  return texts(result.warnings);
}

}  // namespace wirebraid::control
