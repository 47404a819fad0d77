// A good topology, and what is said of it once something in it is changed.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "twin/topology/reader.h"

namespace wirebraid::topology {

/// Where the fixtures are; ends with '/'.
inline std::string fixtures() {
  return std::string(WIREBRAID_SOURCE_DIR) + "/tests/twin/topology/data/";
}

inline std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string village_text() { return contents_of(fixtures() + "village.json"); }

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The good topology with the first `from` turned into `to`, and what the reader says: lines joined
/// by newlines, each without the file's name.
struct Mistake {
  std::string name;
  std::string from;
  std::string to;
  std::string said;
  bool schema_sees_it = true;

  std::string text() const { return replaced(village_text(), from, to); }
};
std::vector<Mistake> mistakes();

}  // namespace wirebraid::topology
