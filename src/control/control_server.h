// The daemon's control socket, /run/wirebraid/INTERFACE.sock: who may use it, and how many at once.
// What is said over it is in control_session.h and docs/control-protocol.md.
#pragma once

#include <memory>
#include <string>
#include <system_error>

#include "control/control_session.h"
#include "io/engine.h"

namespace wirebraid::control {

class UnixServer;

inline constexpr char kControlDirectory[] = "/run/wirebraid";
/// Members of this group may use the control socket, if it exists.
inline constexpr char kControlGroup[] = "wirebraid";
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
  /// Tells those who follow events what is new.
  void tell_events();

 private:
  explicit ControlServer(std::unique_ptr<UnixServer> server);
  std::unique_ptr<UnixServer> server_;
};

}  // namespace wirebraid::control
