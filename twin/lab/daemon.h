// wirebraidd under test: started in a namespace, asked through its control socket.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "twin/lab/bond_status.h"
#include "twin/lab/process.h"

namespace wirebraid::lab {

/// Paths of the programs to run.
struct Programs {
  std::string daemon;   ///< wirebraidd
  std::string control;  ///< wirebraid
};

/// Those built beside each other in `directory` (a build directory's src/app, or /usr/bin). Throws
/// std::runtime_error if one is missing.
Programs find_programs(const std::string& directory);

struct DaemonOptions {
  std::string interface;  ///< unique on this host, as the control socket's name is made of it
  std::string config_file;
  std::string log_file;
  std::vector<std::string> more_arguments{};
};

/// A running wirebraidd.
class Daemon {
 public:
  Daemon(const Programs& programs, const Namespace& inside, const DaemonOptions& options);

  const std::string& interface() const { return options_.interface; }
  const std::string& log_file() const { return options_.log_file; }
  bool running() { return process_.running(); }
  Process& process() { return process_; }
  /// Nothing while it does not answer.
  std::optional<InterfaceView> status() const;

 private:
  DaemonOptions options_;
  Process process_;
};

/// The last `lines` lines of a file.
std::string tail(const std::string& file, size_t lines);

}  // namespace wirebraid::lab
