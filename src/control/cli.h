// The commands of `wirebraid`, the command line tool.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wirebraid::control {

/// Exit codes.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;  ///< the command line is not understood

struct CliOptions {
  std::string directory;  ///< of the control sockets
  bool json = false;
  bool follow = false;
  bool check_only = false;
  bool qr = false;
  std::optional<std::chrono::seconds> confirm;
  std::vector<std::string> add;     ///< sections
  std::vector<std::string> remove;  ///< sections
  std::string bond;
  std::string endpoint;
  std::chrono::seconds duration{5};
};

using Words = std::vector<std::string>;

/// `arguments`: without the program's name. Uses stdin, stdout and stderr. Returns the exit code.
int run_cli(const std::vector<std::string>& arguments);

// The commands. Each gets the words after its own name, checked in number, and the options that it
// takes.

// cli_keys.cc
int cli_genkey(const Words& words, const CliOptions& options);
int cli_genpsk(const Words& words, const CliOptions& options);
int cli_pubkey(const Words& words, const CliOptions& options);
// cli_daemon.cc
int cli_check(const Words& words, const CliOptions& options);
int cli_show(const Words& words, const CliOptions& options);
int cli_metrics(const Words& words, const CliOptions& options);
int cli_reload(const Words& words, const CliOptions& options);
// cli_watch.cc
int cli_events(const Words& words, const CliOptions& options);
int cli_why(const Words& words, const CliOptions& options);
int cli_top(const Words& words, const CliOptions& options);
int cli_speedtest(const Words& words, const CliOptions& options);
// cli_change.cc
int cli_set(const Words& words, const CliOptions& options);
int cli_confirm(const Words& words, const CliOptions& options);
int cli_revert(const Words& words, const CliOptions& options);
int cli_invite(const Words& words, const CliOptions& options);

// What they share (cli_daemon.cc).

/// To standard error, a line each, with the program's name.
void complain(const std::vector<std::string>& errors);
/// As WG_COLOR_MODE and standard output want it.
bool use_color();
/// Unix time.
uint64_t now_s();
/// The interface that is named, or the only one there is. nullopt: neither, and people have been
/// told.
std::optional<std::string> interface_of(const std::string& named, const CliOptions& options);
/// Of the control socket; generous, since a small router may be busy.
inline constexpr std::chrono::seconds kAnswerLimit{5};

}  // namespace wirebraid::control
