// Requests and answers as the routes see them: plain data, whatever reads and writes them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wirebraid/time.h"

namespace wirebraid::web {

struct Request {
  std::string method;
  std::string path;  ///< decoded, without the query
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
  std::string peer;     ///< numeric address of whoever connected
  bool secure = false;  ///< by TLS of our own

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  std::string parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

/// The answer goes on for as long as both sides like: Server-Sent Events of an interface.
struct LiveGrant {
  std::string interface;
  std::string session;                ///< whose it is, to count them
  std::function<bool(Time)> allowed;  ///< asked every second; false ends it
};

struct Response {
  int status = 200;
  std::string type;  ///< of the body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<LiveGrant> live;  ///< instead of a body
};

/// Called by several threads at once.
using Handler = std::function<Response(const Request&)>;

/// {"ok":false,"error":[TEXT]}, the form that the control socket has, too.
Response refusal(int status, const std::string& text);

/// What every answer carries, so that a browser lets the page do nothing but what it is made for.
const std::vector<std::pair<std::string, std::string>>& security_headers();

}  // namespace wirebraid::web
