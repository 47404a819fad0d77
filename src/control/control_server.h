// The daemon's control socket, /run/wirebraid/INTERFACE.sock.
//
// Requests and answers are JSON objects, one per line. {"command":"show"} is answered
// {"ok":true,"status":{...}} (status.h), {"command":"reload"} {"ok":true,"warnings":["..."]}. A
// request that could not be done is answered {"ok":false,"error":["...", ...]}, one line for
// people each. A connection may carry any number of requests, answered in order.
#pragma once

#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "control/status.h"
#include "io/engine.h"

namespace wirebraid::control {

class UnixServer;

inline constexpr char kControlDirectory[] = "/run/wirebraid";
/// Members of this group may use the control socket, if it exists.
inline constexpr char kControlGroup[] = "wirebraid";
/// Longer request lines end the connection.
inline constexpr size_t kMaxRequestBytes = 4096;

struct ReloadResult {
  bool ok = false;
  std::vector<std::string> errors;  ///< why nothing was changed; empty if ok
  std::vector<std::string> warnings;
};

/// What the requests act on. Called from turns of the engine.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  virtual InterfaceStatus status() = 0;
  virtual ReloadResult reload() = 0;
};

class ControlServer {
 public:
  /// Listens on DIRECTORY/INTERFACE.sock, mode 0660, group wirebraid if there is one (directory
  /// 0755 if it must be made). Errors as UnixServer::open(). `engine` and `handler` must outlive
  /// the server.
  static std::unique_ptr<ControlServer> open(io::Engine& engine, ControlHandler& handler,
                                             const std::string& interface, std::error_code& error,
                                             std::string& what,
                                             const std::string& directory = kControlDirectory);
  ~ControlServer();

 private:
  explicit ControlServer(std::unique_ptr<UnixServer> server);
  std::unique_ptr<UnixServer> server_;
};

}  // namespace wirebraid::control
