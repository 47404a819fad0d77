#include "web/host_check.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace wirebraid::web {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Without the port; empty if it is none.
std::string host_of(const std::string& field) {
  std::string host = lower(field);
  size_t port = std::string::npos;
  if (!host.empty() && host.front() == '[') {
    const size_t end = host.find(']');
    if (end == std::string::npos) return {};
    port = end + 1 < host.size() ? end + 1 : std::string::npos;
    if (port != std::string::npos && host[port] != ':') return {};
    host.resize(end + 1);
  } else {
    port = host.find(':');
    host = host.substr(0, port);
  }
  const std::string number = port == std::string::npos ? "0" : field.substr(port + 1);
  if (number.find_first_not_of("0123456789") != std::string::npos) return {};
  if (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

bool is_numeric(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (host.size() > 2 && host.front() == '[') {
    return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6) == 1;
  }
  return inet_pton(AF_INET, host.c_str(), &v4) == 1;
}

}  // namespace

bool host_is_ours(const std::string& host_field, const std::vector<std::string>& names) {
  const std::string host = host_of(host_field);
  if (host == "localhost" || is_numeric(host)) return true;
  return std::any_of(names.begin(), names.end(), [&host](const std::string& name) {
    return !host.empty() && lower(name) == host;
  });
}

bool comes_from_own_page(const Request& request) {
  const std::string site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  const std::string origin = request.header("origin");
  if (origin.empty()) return true;
  const size_t scheme = origin.find("://");
  return scheme != std::string::npos &&
         lower(origin.substr(scheme + 3)) == lower(request.header("host"));
}

}  // namespace wirebraid::web
