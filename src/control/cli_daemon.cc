// check, show, metrics and reload, and what all commands share that ask a daemon.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "control/cli.h"
#include "control/config.h"
#include "control/control_client.h"
#include "control/metrics.h"
#include "control/status.h"

namespace wirebraid::control {
namespace {

// Reading 64 MiB of configuration on a small router takes its time.
constexpr std::chrono::seconds kReloadLimit{60};

std::string plural(size_t count, const char* word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

/// The statuses of these interfaces, in JSON; those that cannot be had are complained about, and
/// `code` says so.
std::vector<nlohmann::json> ask_for_statuses(const std::vector<std::string>& names,
                                             const CliOptions& options, int& code) {
  std::vector<nlohmann::json> statuses;
  for (const auto& name : names) {
    const ControlReply reply = control_request(name, "show", kAnswerLimit, options.directory);
    if (reply.error.empty()) {
      statuses.push_back(nlohmann::json::parse(reply.answer)["status"]);
      continue;
    }
    complain(reply.error);
    code = kExitFailed;
  }
  return statuses;
}

std::vector<std::string> named_or_all(const Words& words, const CliOptions& options) {
  if (!words.empty()) return words;
  const std::vector<std::string> names = control_interfaces(options.directory);
  if (names.empty()) std::cerr << "wirebraid: no interface in " << options.directory << "\n";
  return names;
}

/// What a daemon says; those it cannot be read from are complained about.
std::vector<InterfaceStatus> parse_statuses(const std::vector<nlohmann::json>& all, int& code) {
  std::vector<InterfaceStatus> statuses;
  for (const auto& one : all) {
    StatusResult parsed = status_from_json(one);
    if (parsed.status) {
      statuses.push_back(std::move(*parsed.status));
      continue;
    }
    complain({one.value("name", "?") + ": " + parsed.error});
    code = kExitFailed;
  }
  return statuses;
}

}  // namespace

void complain(const std::vector<std::string>& errors) {
  for (const auto& error : errors) std::cerr << "wirebraid: " << error << "\n";
}

bool use_color() {
  const char* mode = std::getenv("WG_COLOR_MODE");
  const std::string_view wanted = mode != nullptr ? mode : "auto";
  if (wanted == "always" || wanted == "never") return wanted == "always";
  return ::isatty(STDOUT_FILENO) == 1;
}

uint64_t now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

std::optional<std::string> interface_of(const std::string& named, const CliOptions& options) {
  if (!named.empty()) return named;
  std::vector<std::string> names = control_interfaces(options.directory);
  // One that was killed leaves its socket behind.
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const std::string& name) {
                               std::string error;
                               return !ControlConnection::open(name, error, kAnswerLimit,
                                                               options.directory);
                             }),
              names.end());
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    complain({"no interface in " + options.directory});
    return std::nullopt;
  }
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  complain({"which interface? There are " + all});
  return std::nullopt;
}

int cli_check(const Words& words, const CliOptions&) {
  const std::string& file = words.front();
  const ConfigResult result = load_config(file);
  for (const auto& warning : result.warnings) {
    std::cerr << warning.to_string() << " (warning)\n";
  }
  for (const auto& error : result.errors) std::cerr << error.to_string() << "\n";
  if (!result.config) return kExitFailed;
  std::cout << file << ": good: " << plural(result.config->bonds.size(), "bond") << ", "
            << plural(result.config->uplinks.size(), "uplink") << "\n";
  return kExitDone;
}

int cli_show(const Words& words, const CliOptions& options) {
  int code = kExitDone;
  const auto all = ask_for_statuses(named_or_all(words, options), options, code);
  if (options.json) {
    if (words.empty()) std::cout << nlohmann::json(all).dump(2) << "\n";
    if (!words.empty() && !all.empty()) std::cout << all.front().dump(2) << "\n";
    return code;
  }
  bool first = true;
  for (const InterfaceStatus& status : parse_statuses(all, code)) {
    std::cout << (first ? "" : "\n") << render(status, {use_color(), now_s()});
    first = false;
  }
  return code;
}

int cli_metrics(const Words& words, const CliOptions& options) {
  int code = kExitDone;
  std::cout << render_metrics(
      parse_statuses(ask_for_statuses(named_or_all(words, options), options, code), code));
  return code;
}

int cli_reload(const Words& words, const CliOptions& options) {
  const ControlReply reply =
      control_request(words.front(), "reload", kReloadLimit, options.directory);
  if (!reply.error.empty()) {
    complain(reply.error);
    return kExitFailed;
  }
  const auto answer = nlohmann::json::parse(reply.answer);
  for (const auto& warning : answer.value("warnings", std::vector<std::string>())) {
    std::cerr << warning << " (warning)\n";
  }
  return kExitDone;
}

}  // namespace wirebraid::control
