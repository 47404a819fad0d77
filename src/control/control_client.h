// The CLI's side of the control socket: blocking, with a time limit.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "control/control_server.h"
#include "control/status.h"

namespace wirebraid::control {

/// Interfaces that have a socket in `directory`, sorted. A socket may still be dead.
std::vector<std::string> control_interfaces(const std::string& directory = kControlDirectory);

/// The daemon's answer, or why there is none.
struct ControlReply {
  std::string answer;              ///< one line of JSON, without the newline; empty on failure
  std::vector<std::string> error;  ///< for people; empty if `answer` is there and says "ok"
};

/// Connects, sends {"command":COMMAND} and waits for the answer, all within `limit`.
ControlReply control_request(const std::string& interface, const std::string& command,
                             std::chrono::milliseconds limit = std::chrono::seconds(5),
                             const std::string& directory = kControlDirectory);

}  // namespace wirebraid::control
