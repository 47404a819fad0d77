// check, show and reload.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "control/cli.h"
#include "control/config.h"
#include "control/control_client.h"
#include "control/status.h"

namespace wirebraid::control {
namespace {

// Reading 64 MiB of configuration on a small router takes its time.
constexpr std::chrono::seconds kReloadLimit{60};
constexpr std::chrono::seconds kShowLimit{5};

void complain(const std::vector<std::string>& errors) {
  for (const auto& error : errors) std::cerr << "wirebraid: " << error << "\n";
}

bool use_color() {
  const char* mode = std::getenv("WG_COLOR_MODE");
  const std::string_view wanted = mode != nullptr ? mode : "auto";
  if (wanted == "always" || wanted == "never") return wanted == "always";
  return ::isatty(STDOUT_FILENO) == 1;
}

RenderOptions render_options() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {use_color(),
          static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count())};
}

std::string plural(size_t count, const char* word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

}  // namespace

int cli_check(const std::string& file) {
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

int cli_show(const std::string& interface, const CliOptions& options) {
  std::vector<std::string> names = {interface};
  if (interface.empty()) {
    names = control_interfaces(options.directory);
    if (names.empty()) std::cerr << "wirebraid: no interface in " << options.directory << "\n";
  }
  int code = kExitDone;
  nlohmann::json all = nlohmann::json::array();
  bool first = true;
  for (const auto& name : names) {
    const ControlReply reply = control_request(name, "show", kShowLimit, options.directory);
    if (!reply.error.empty()) {
      complain(reply.error);
      code = kExitFailed;
      continue;
    }
    nlohmann::json status = nlohmann::json::parse(reply.answer)["status"];
    if (options.json) {
      all.push_back(std::move(status));
      continue;
    }
    const StatusResult parsed = status_from_json(status);
    if (!parsed.status) {
      complain({name + ": " + parsed.error});
      code = kExitFailed;
      continue;
    }
    std::cout << (first ? "" : "\n") << render(*parsed.status, render_options());
    first = false;
  }
  if (options.json && interface.empty()) {
    std::cout << all.dump(2) << "\n";
  } else if (options.json && !all.empty()) {
    std::cout << all.front().dump(2) << "\n";
  }
  return code;
}

int cli_reload(const std::string& interface, const CliOptions& options) {
  const ControlReply reply = control_request(interface, "reload", kReloadLimit, options.directory);
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
