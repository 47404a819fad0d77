#include "web/api.h"

#include <algorithm>
#include <array>

#include "web/cookies.h"
#include "web/host_check.h"
#include "web/peer_address.h"

namespace wirebraid::web {
namespace {

constexpr char kLoginCookie[] = "wirebraid-login";
constexpr size_t kTokenLength = 64;

bool is_token(const std::string& text) {
  return text.size() == kTokenLength &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

struct Api::Route {
  enum class Access : uint8_t {
    everybody,  ///< before a login
    logged_in,
    machine,  ///< has a rule of its own
  };
  const char* path;
  const char* method;
  Access access;
  Response (Api::*handler)(const Request&, const Caller&);
};

const Api::Route* Api::find_route(const std::string& path) {
  using Access = Route::Access;
  static constexpr std::array<Route, 14> kRoutes = {{
      {"/api/session", "GET", Access::everybody, &Api::session},
      {"/api/login", "POST", Access::everybody, &Api::login},
      {"/api/logout", "POST", Access::logged_in, &Api::logout},
      {"/api/interfaces", "GET", Access::logged_in, &Api::interfaces},
      {"/api/live", "GET", Access::logged_in, &Api::live},
      {"/api/events", "GET", Access::logged_in, &Api::events},
      {"/api/configuration", "GET", Access::logged_in, &Api::configuration},
      {"/api/change", "POST", Access::logged_in, &Api::change},
      {"/api/confirm", "POST", Access::logged_in, &Api::confirm},
      {"/api/revert", "POST", Access::logged_in, &Api::revert},
      {"/api/speedtest", "POST", Access::logged_in, &Api::speedtest},
      {"/api/reload", "POST", Access::logged_in, &Api::reload},
      {"/map", "GET", Access::logged_in, &Api::map},
      {"/metrics", "GET", Access::machine, &Api::metrics},
  }};
  const auto* found = std::find_if(kRoutes.begin(), kRoutes.end(),
                                   [&path](const Route& route) { return path == route.path; });
  return found == kRoutes.end() ? nullptr : &*found;
}

Api::Api(ApiOptions options, PageFiles files, Password password, Platform& platform,
         std::function<Time()> now)
    : options_(std::move(options)),
      files_(std::move(files)),
      password_(std::move(password)),
      now_(std::move(now)),
      platform_(platform),
      sessions_(platform) {}

Response Api::handle(const Request& request) {
  if (!host_is_ours(request.header("host"), options_.hosts)) {
    return refusal(421, "this server is not called so; see --host");
  }
  const Route* route = find_route(request.path);
  if (route == nullptr) {
    const auto file = files_.find(request.path);
    if (file == files_.end()) return refusal(404, "nothing is here");
    if (request.method != "GET") return refusal(405, "GET expected");
    return page_file(request, file->second);
  }
  if (request.method != route->method) {
    return refusal(405, std::string(route->method) + " expected");
  }
  if (route->access == Route::Access::machine) return (this->*route->handler)(request, {});
  const Caller caller = caller_of(request);
  if (route->access == Route::Access::logged_in && caller.id.empty()) {
    return refusal(401, "not logged in");
  }
  if (request.method == "POST") {
    if (!comes_from_own_page(request)) return refusal(403, "sent by another site");
    if (request.header("content-type").rfind("application/json", 0) != 0) {
      return refusal(415, "application/json expected");
    }
    if (!same_secret(caller.csrf, request.header("x-csrf-token"))) {
      return refusal(403, "the token in X-CSRF-Token is missing or wrong");
    }
  } else if (request.path != "/map" && !comes_from_own_page(request)) {
    return refusal(403, "asked for by another site");
  }
  return (this->*route->handler)(request, caller);
}

Api::Caller Api::caller_of(const Request& request) {
  const std::string cookies = request.header("cookie");
  const std::string token = cookie(cookies, cookie_name(request));
  {
    const std::lock_guard lock(mutex_);
    if (auto found = sessions_.use(token, now_())) {
      return {std::move(found->id), std::move(found->csrf)};
    }
  }
  // Nobody yet: a token of its own, so that no other site can log a browser in.
  const std::string before = cookie(cookies, kLoginCookie);
  return {{}, is_token(before) ? before : std::string()};
}

Response Api::page_file(const Request& request, const PageFile& file) const {
  Response response;
  // Asked for again each time, but sent only if it has changed.
  response.headers = {{"Cache-Control", "no-cache"}, {"ETag", file.tag}};
  if (request.header("if-none-match") == file.tag) {
    response.status = 304;
    return response;
  }
  response.type = file.type;
  response.body = file.text;
  return response;
}

bool Api::is_secure(const Request& request) const {
  if (request.secure) return true;
  return options_.behind_proxy && is_loopback(request.peer) &&
         request.header("x-forwarded-proto") == "https";
}

std::string Api::client_of(const Request& request) const {
  if (!options_.behind_proxy || !is_loopback(request.peer)) return request.peer;
  // The last one is the proxy's own word; what is before it anybody may have written.
  const std::string field = request.header("x-forwarded-for");
  const size_t comma = field.rfind(',');
  std::string last = comma == std::string::npos ? field : field.substr(comma + 1);
  last.erase(0, std::min(last.find_first_not_of(' '), last.size()));
  return last.empty() || last.size() > 45 ? request.peer : last;
}

std::string Api::cookie_name(const Request& request) const {
  // With the prefix a browser takes it over HTTPS only, and from no other host of the domain.
  return is_secure(request) ? "__Host-wirebraid" : "wirebraid";
}

std::string Api::set_cookie(const Request& request, const std::string& name,
                            const std::string& value, int max_age_s) const {
  return name + "=" + value +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(max_age_s) +
         (is_secure(request) ? "; Secure" : "");
}

}  // namespace wirebraid::web
