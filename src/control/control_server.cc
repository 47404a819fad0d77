#include "control/control_server.h"

#include "control/unix_server.h"

namespace wirebraid::control {

std::unique_ptr<ControlServer> ControlServer::open(io::Engine& engine, ControlHandler& handler,
                                                   const std::string& interface,
                                                   std::error_code& error, std::string& what,
                                                   const std::string& directory) {
  UnixServerOptions options;
  options.path = directory + "/" + interface + ".sock";
  options.directory_mode = 0755;
  options.socket_mode = 0660;
  options.group = kControlGroup;
  auto server = UnixServer::open(
      engine, options, [&handler] { return std::make_unique<ControlSession>(handler); }, error,
      what);
  if (!server) return nullptr;
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(server)));
}

ControlServer::ControlServer(std::unique_ptr<UnixServer> server) : server_(std::move(server)) {}
ControlServer::~ControlServer() = default;

void ControlServer::tell_events() { server_->ask_all(); }

}  // namespace wirebraid::control
