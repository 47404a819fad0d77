// Sets up spdlog for the daemon. Code logs with spdlog::info() and the like; keys are never passed
// to a log, only names and addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wirebraid::control {

enum class LogLevel : uint8_t { debug, info, warning, error, silent };
/// Also "verbose" for debug, as WireGuard's LOG_LEVEL has it.
std::optional<LogLevel> parse_log_level(std::string_view name);

struct LogOptions {
  LogLevel level = LogLevel::info;
  bool syslog = false;  ///< to syslog (facility daemon) instead of stderr
  std::string program = "wirebraidd";
};
/// Replaces spdlog's default logger. Call once at start, and again to change the options.
void set_up_log(const LogOptions& options);

}  // namespace wirebraid::control
