// What is passed on to the daemons, and what they answer.
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/control_client.h"
#include "control/metrics.h"
#include "control/status.h"
#include "io/tun.h"
#include "web/api.h"
#include "web/peer_address.h"

namespace wirebraid::web {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kAskLimit{5};
constexpr std::chrono::milliseconds kConnectLimit{200};
constexpr std::chrono::milliseconds kScrapeLimit{2000};
// As `wirebraid reload` waits: reading a large configuration takes its time on a small router.
constexpr std::chrono::seconds kChangeLimit{60};
constexpr uintmax_t kLargestMap = uintmax_t{64} << 20;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

Response Api::interfaces(const Request&, const Caller&) {
  const std::vector<std::string> all = control::control_interfaces(options_.socket_directory);
  std::vector<std::string> alive;
  std::string ignored;
  for (const auto& name : all) {
    if (control::ControlConnection::open(name, ignored, kConnectLimit, options_.socket_directory)) {
      alive.push_back(name);
    }
  }
  Response response;
  response.type = "application/json";
  // If there is none, asking one of the others tells why.
  const json body = {{"ok", true}, {"interfaces", alive.empty() ? all : alive}};
  response.body = dumped(body) + "\n";
  return response;
}

Response Api::live(const Request& request, const Caller& caller) {
  const std::string interface = request.parameter("interface");
  if (!io::is_interface_name(interface)) return refusal(400, "no interface is called so");
  Response response;
  response.live = LiveGrant{interface, caller.id, [this, id = caller.id](Time now) {
                              const std::lock_guard lock(mutex_);
                              return sessions_.keep_alive(id, now);
                            }};
  return response;
}

Response Api::pass_on(const Request& request, const json& line, std::chrono::seconds limit) {
  const std::string interface = request.parameter("interface");
  if (!io::is_interface_name(interface)) return refusal(400, "no interface is called so");
  const control::ControlReply reply =
      control::control_exchange(interface, line, limit, options_.socket_directory);
  // A refusal is an answer, too.
  if (reply.answer.empty()) return refusal(502, reply.error.empty() ? "?" : reply.error.front());
  Response response;
  response.type = "application/json";
  response.body = reply.answer + "\n";
  return response;
}

Response Api::events(const Request& request, const Caller&) {
  const std::string since = request.parameter("since");
  if (since.find_first_not_of("0123456789") != std::string::npos || since.size() > 18) {
    return refusal(400, "since: a number expected");
  }
  const json line = {{"command", "events"}, {"since", since.empty() ? 0 : std::stoull(since)}};
  return pass_on(request, line, kAskLimit);
}

Response Api::configuration(const Request& request, const Caller&) {
  return pass_on(request, {{"command", "configuration"}}, kAskLimit);
}

Response Api::pass_on_change(const Request& request, const std::string& command,
                             const std::vector<std::string>& members) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return refusal(400, "a JSON object expected");
  json line = {{"command", command}};
  for (const auto& member : members) {
    if (body.contains(member)) line[member] = body[member];
  }
  Response response = pass_on(request, line, kChangeLimit);
  const json answer = json::parse(response.body, nullptr, false);
  const bool done = answer.is_object() && answer.value("ok", json()) == true;
  spdlog::info("{} of {} from {}: {}", command, request.parameter("interface"), client_of(request),
               done ? "done" : "refused");
  return response;
}

Response Api::change(const Request& request, const Caller&) {
  return pass_on_change(request, "change", {"changes", "revision", "confirm_s", "check_only"});
}
Response Api::confirm(const Request& request, const Caller&) {
  return pass_on_change(request, "confirm", {});
}
Response Api::revert(const Request& request, const Caller&) {
  return pass_on_change(request, "revert", {});
}
Response Api::reload(const Request& request, const Caller&) {
  return pass_on_change(request, "reload", {});
}

Response Api::speedtest(const Request& request, const Caller&) {
  return pass_on_change(request, "speedtest", {"uplink", "direction", "seconds"});
}

Response Api::map(const Request&, const Caller&) {
  if (options_.map_file.empty()) return refusal(404, "no map; see --map");
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(options_.map_file, error);
  if (error || size > kLargestMap) return refusal(404, "the map cannot be read");
  std::ostringstream text;
  text << std::ifstream(options_.map_file, std::ios::binary).rdbuf();
  Response response;
  response.type = "text/html; charset=utf-8";
  response.body = text.str();
  // A document made by another program: it may look as it likes, and do nothing.
  response.headers = {{"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                       "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"},
                      {"X-Frame-Options", "SAMEORIGIN"}};
  return response;
}

Response Api::metrics(const Request& request, const Caller&) {
  // A proxy on this machine passes on what others ask.
  const bool passed_on = !request.header("x-forwarded-for").empty() ||
                         !request.header("forwarded").empty() || !request.header("via").empty();
  const bool local = is_loopback(client_of(request)) && (options_.behind_proxy || !passed_on);
  if (!options_.metrics_open && !local) {
    return refusal(403, "for this machine only; see --metrics-open");
  }
  std::vector<control::InterfaceStatus> all;
  for (const auto& name : control::control_interfaces(options_.socket_directory)) {
    const control::ControlReply reply = control::control_exchange(
        name, {{"command", "show"}}, kScrapeLimit, options_.socket_directory);
    const json answer = json::parse(reply.answer, nullptr, false);
    if (!answer.is_object() || !answer.contains("status")) continue;
    control::StatusResult parsed = control::status_from_json(answer["status"]);
    if (parsed.status) all.push_back(std::move(*parsed.status));
  }
  Response response;
  response.type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = control::render_metrics(all);
  return response;
}

}  // namespace wirebraid::web
