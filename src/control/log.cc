#include "control/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

namespace wirebraid::control {

std::optional<LogLevel> parse_log_level(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 6> kLevels = {{
      {"debug", LogLevel::debug},
      {"verbose", LogLevel::debug},
      {"info", LogLevel::info},
      {"warning", LogLevel::warning},
      {"error", LogLevel::error},
      {"silent", LogLevel::silent},
  }};
  for (const auto& [known, level] : kLevels) {
    if (name == known) return level;
  }
  return std::nullopt;
}

void set_up_log(const LogOptions& options) {
  std::shared_ptr<spdlog::logger> logger;
  if (options.syslog) {
    constexpr bool kFormatted = false;  // syslog stamps by itself
    logger = std::make_shared<spdlog::logger>(
        options.program, std::make_shared<spdlog::sinks::syslog_sink_mt>(options.program, LOG_PID,
                                                                         LOG_DAEMON, kFormatted));
  } else {
    logger = std::make_shared<spdlog::logger>(
        options.program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %^%l%$ %v");
  }
  constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                  spdlog::level::err, spdlog::level::off};
  logger->set_level(kLevels[static_cast<size_t>(options.level)]);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace wirebraid::control
