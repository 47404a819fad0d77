// The commands of `wirebraid`, the command line tool.
#pragma once

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
};

/// `arguments`: without the program's name. Uses stdin, stdout and stderr. Returns the exit code.
int run_cli(const std::vector<std::string>& arguments);

// The commands. Each is given its own arguments, checked in number.
int cli_genkey();
int cli_genpsk();
int cli_pubkey();
int cli_check(const std::string& file);
int cli_show(const std::string& interface, const CliOptions& options);  ///< empty: all
int cli_reload(const std::string& interface, const CliOptions& options);

}  // namespace wirebraid::control
