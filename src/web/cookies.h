// Cookies of a request (RFC 6265, section 4.2).
#pragma once

#include <string>
#include <string_view>

namespace wirebraid::web {

/// The value of the first cookie of that name; empty if there is none.
inline std::string cookie(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    std::string_view pair = field.substr(0, end);
    field = end == std::string_view::npos ? std::string_view() : field.substr(end + 1);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.substr(0, name.size()) == name &&
        pair[name.size()] == '=') {
      return std::string(pair.substr(name.size() + 1));
    }
  }
  return {};
}

}  // namespace wirebraid::web
