// WireGuard's UAPI socket, /var/run/wireguard/INTERFACE.sock: what wg(8) talks to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "control/uapi.h"
#include "io/engine.h"

namespace wirebraid::control {

class UnixServer;

/// Where wg(8) and wg-quick(8) look.
inline constexpr char kUapiDirectory[] = "/var/run/wireguard";

/// What the requests act on. Called from turns of the engine.
class UapiHandler {
 public:
  virtual ~UapiHandler() = default;
  virtual DeviceState get() = 0;
  /// 0, or a positive errno (EADDRINUSE: the port is taken).
  virtual int set(const SetRequest& request) = 0;
};

class UapiServer {
 public:
  /// Listens on DIRECTORY/INTERFACE.sock, mode 0600 (directory 0700 if it must be made). Errors as
  /// UnixServer::open(). `engine` and `handler` must outlive the server.
  static std::unique_ptr<UapiServer> open(io::Engine& engine, UapiHandler& handler,
                                          const std::string& interface, std::error_code& error,
                                          std::string& what,
                                          const std::string& directory = kUapiDirectory);
  ~UapiServer();

  /// Calls `removed` when the socket file goes away, which is how wg-quick and others end a
  /// userspace implementation.
  std::error_code on_socket_removed(std::function<void()> removed);

 private:
  explicit UapiServer(std::unique_ptr<UnixServer> server);
  std::unique_ptr<UnixServer> server_;
};

}  // namespace wirebraid::control
