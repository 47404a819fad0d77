// The CLI's side of the control socket: blocking, with a time limit.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/control_server.h"
#include "io/descriptor.h"

namespace wirebraid::control {

/// Interfaces that have a socket in `directory`, sorted. A socket may still be dead.
std::vector<std::string> control_interfaces(const std::string& directory = kControlDirectory);

/// The daemon's answer, or why there is none.
struct ControlReply {
  std::string answer;              ///< one line of JSON, without the newline; empty on failure
  std::vector<std::string> error;  ///< for people; empty if `answer` is there and says "ok"
};

/// Connects, sends `request` and waits for the answer, all within `limit`.
ControlReply control_exchange(const std::string& interface, const nlohmann::json& request,
                              std::chrono::milliseconds limit = std::chrono::seconds(5),
                              const std::string& directory = kControlDirectory);
/// The same with {"command":COMMAND}.
ControlReply control_request(const std::string& interface, const std::string& command,
                             std::chrono::milliseconds limit = std::chrono::seconds(5),
                             const std::string& directory = kControlDirectory);

/// A connection that stays open, for several requests or to follow events. Every call has its own
/// time limit.
class ControlConnection {
 public:
  /// Not open: `error` says why, for people.
  static std::optional<ControlConnection> open(const std::string& interface, std::string& error,
                                               std::chrono::milliseconds limit,
                                               const std::string& directory = kControlDirectory);

  ControlReply request(const nlohmann::json& request, std::chrono::milliseconds limit);
  /// The next line of the daemon's; nullopt: none came within `limit` or the connection has ended,
  /// which ended() tells.
  std::optional<std::string> line(std::chrono::milliseconds limit);
  bool ended() const { return ended_; }
  /// To wait for input with poll(2).
  int fd() const { return socket_.get(); }

 private:
  ControlConnection(std::string name, io::Descriptor socket)
      : name_(std::move(name)), socket_(std::move(socket)) {}

  std::string name_;  ///< of the interface and socket, for messages
  io::Descriptor socket_;
  std::string received_;  ///< not yet taken
  bool ended_ = false;
};

}  // namespace wirebraid::control
