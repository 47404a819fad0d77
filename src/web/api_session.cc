// Logging in and out.
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "web/api.h"
#include "web/peer_address.h"

namespace wirebraid::web {
namespace {

using nlohmann::json;

constexpr char kLoginCookie[] = "wirebraid-login";
constexpr int kLoginCookieSeconds = 3600;
constexpr int kSessionCookieSeconds = 12 * 3600;
// While one password is checked, another has to wait.
constexpr std::chrono::seconds kBusy{1};

Response json_response(const json& body) {
  Response response;
  response.type = "application/json";
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace

Response Api::session(const Request& request, const Caller& caller) {
  std::string csrf = caller.csrf;
  json body = {{"ok", true}, {"authenticated", !caller.id.empty()}};
  if (csrf.empty()) {
    const std::lock_guard lock(mutex_);
    csrf = random_token(platform_);
  }
  body["csrf"] = csrf;
  if (!caller.id.empty()) {
    body["version"] = WIREBRAID_VERSION;
    body["map"] = !options_.map_file.empty();
  }
  Response response = json_response(body);
  if (caller.id.empty()) {
    response.headers.emplace_back("Set-Cookie",
                                  set_cookie(request, kLoginCookie, csrf, kLoginCookieSeconds));
  }
  return response;
}

Response Api::wait_before_login(Duration wait) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  Response response = refusal(429, "too many tries; wait");
  json body = json::parse(response.body);
  body["wait_s"] = seconds;
  response.body = body.dump() + "\n";
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

Response Api::login(const Request& request, const Caller&) {
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("password") || !body["password"].is_string()) {
    return refusal(400, R"({"password":"..."} expected)");
  }
  const std::string client = client_of(request);
  const std::string block = address_block(client);
  const std::unique_lock checking(checking_, std::try_to_lock);
  if (!checking) return wait_before_login(kBusy);
  {
    const std::lock_guard lock(mutex_);
    const Duration wait = limiter_.wait(block, now_());
    if (wait > Duration::zero()) return wait_before_login(wait);
  }
  auto& password = body["password"].get_ref<std::string&>();
  const bool right = password_.matches(password);
  sodium_memzero(password.data(), password.size());

  const std::lock_guard lock(mutex_);
  if (!right) {
    limiter_.failed(block, now_());
    spdlog::warn("login from {}: wrong password", client);
    return refusal(403, "wrong password");
  }
  limiter_.succeeded(block, now_());
  spdlog::info("login from {}", client);
  const Sessions::Opened opened = sessions_.open(now_());
  Response response = json_response({{"ok", true}, {"csrf", opened.csrf}});
  response.headers.emplace_back(
      "Set-Cookie", set_cookie(request, cookie_name(request), opened.token, kSessionCookieSeconds));
  return response;
}

Response Api::logout(const Request& request, const Caller& caller) {
  {
    const std::lock_guard lock(mutex_);
    sessions_.close(caller.id);
  }
  spdlog::info("logout from {}", client_of(request));
  Response response = json_response({{"ok", true}});
  response.headers.emplace_back("Set-Cookie", set_cookie(request, cookie_name(request), "", 0));
  return response;
}

}  // namespace wirebraid::web
