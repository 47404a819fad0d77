// The web server's side of the daemons' control sockets (docs/control-protocol.md).
#pragma once

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include "io/descriptor.h"

namespace wirebraid::web {

/// Connected and non-blocking, or empty with the reason in `error`. `interface` must be a name that
/// is_interface_name() knows as one.
io::Descriptor connect_to_daemon(const std::string& directory, const std::string& interface,
                                 std::error_code& error);

/// What to tell people if that failed.
std::string connect_failure(const std::string& interface, std::error_code error);

struct DaemonReply {
  std::string answer;  ///< one line of JSON without its end; empty on failure
  std::string error;   ///< for people
};
/// Sends `request`, one line of JSON without its end, and waits for the line that answers it.
DaemonReply ask_daemon(const std::string& directory, const std::string& interface,
                       const std::string& request, std::chrono::milliseconds limit);

}  // namespace wirebraid::web
