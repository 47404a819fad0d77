// A userspace WireGuard interface of any program, configured by wg(8) alone.
#pragma once

#include <string>
#include <vector>

#include "twin/lab/process.h"

namespace wirebraid::lab {

/// A name for an interface or file that no other process uses, since UAPI sockets lie in one
/// directory whatever the network namespace.
std::string unique_name(const std::string& suffix);

/// Runs as long as it exists.
class WgInterface {
 public:
  /// Starts `program` in the foreground, for the interface unique_name(suffix) in `inside`, and
  /// waits until it serves its socket. Throws CommandFailed if it does not.
  WgInterface(const std::string& program, const Namespace& inside, const std::string& suffix,
              const std::vector<std::string>& more_arguments = {},
              const std::vector<std::string>& environment = {"LOG_LEVEL=verbose"});

  const std::string& name() const { return name_; }
  const Namespace& inside() const { return inside_; }
  Process& process() { return process_; }
  const Process& process() const { return process_; }

  /// `wg COMMAND NAME ARGUMENTS`, split at spaces; `input` is its standard input. Throws
  /// CommandFailed.
  std::string wg(const std::string& command, const std::string& arguments = "",
                 const std::string& input = "") const;
  /// A single field of `wg show NAME WHAT` for the only peer.
  std::string show(const std::string& what) const;
  /// Seconds since 1970 of the newest handshake; 0: none yet.
  long last_handshake() const;

 private:
  std::string name_;
  const Namespace& inside_;
  Process process_;
};

}  // namespace wirebraid::lab
