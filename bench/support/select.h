// Choosing by name, as a shell does.
#pragma once

#include <fnmatch.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace wirebraid::bench {

/// Those of `all` (each with a `name`) that one of `patterns` matches, in the order of `all`; all
/// if there is no pattern. Throws std::runtime_error for a pattern without a match.
template <typename Named>
std::vector<Named> select(const std::vector<Named>& all, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return all;
  std::vector<bool> chosen(all.size());
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (size_t i = 0; i < all.size(); ++i) {
      if (::fnmatch(pattern.c_str(), all[i].name.c_str(), 0) != 0) continue;
      chosen[i] = found = true;
    }
    if (!found) throw std::runtime_error("nothing is called " + pattern + "; see --list");
  }
  std::vector<Named> result;
  for (size_t i = 0; i < all.size(); ++i) {
    if (chosen[i]) result.push_back(all[i]);
  }
  return result;
}

}  // namespace wirebraid::bench
