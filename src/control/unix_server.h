// A Unix stream socket with many clients, driven by the engine: what the UAPI and the control
// socket have in common.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "io/engine.h"

namespace wirebraid::control {

/// One connection's protocol. Created per client, destroyed when the connection ends.
class UnixSession {
 public:
  virtual ~UnixSession() = default;
  /// Takes bytes as they arrived and appends at most one answer to `output`. If it did, it is
  /// called again without bytes once the answer is written, until it adds nothing. False: send
  /// what is in `output`, then close.
  virtual bool on_bytes(std::string_view bytes, std::string& output) = 0;
};

struct UnixServerOptions {
  std::string path;
  unsigned directory_mode = 0700;  ///< of the last directory, if it must be made
  unsigned socket_mode = 0600;
  std::string group;        ///< owns the socket, if such a group exists; empty: leave it
  size_t max_clients = 64;  ///< more are closed at once
};

/// Listens, accepts, reads and writes without blocking. Nothing is read from a client while an
/// answer to it is under way, so one answer and one read bound the memory per client.
class UnixServer {
 public:
  using MakeSession = std::function<std::unique_ptr<UnixSession>()>;

  /// Makes the directory and the socket. A socket file that nobody listens on is replaced.
  /// Errors: EADDRINUSE another process serves it; ENAMETOOLONG; EACCES, ENOENT, ...; `what` names
  /// the step and path and says what would help.
  /// `engine` must outlive the server.
  static std::unique_ptr<UnixServer> open(io::Engine& engine, const UnixServerOptions& options,
                                          MakeSession make_session, std::error_code& error,
                                          std::string& what);
  /// Removes the socket file, if it is still ours, and closes all connections.
  ~UnixServer();
  UnixServer(const UnixServer&) = delete;
  UnixServer& operator=(const UnixServer&) = delete;

  /// Calls `removed` once, from a turn of the engine, when the socket file is deleted or renamed
  /// (inotify). wireguard-go ends then, and `ip link del` is not always what users do.
  std::error_code watch_removal(std::function<void()> removed);

  /// Asks every session to which nothing is being written whether it has something to tell, as if
  /// bytes had come, but without any. Not from within a session.
  void ask_all();

  const std::string& path() const { return options_.path; }
  size_t client_count() const { return clients_.size(); }

 private:
  struct Client;

  UnixServer(io::Engine& engine, UnixServerOptions options, MakeSession make_session);
  void on_connection();
  void on_client(int fd);
  /// False: the connection has ended.
  bool read_from(Client& client);
  void ask_session(Client& client, std::string_view bytes);
  void carry_on(Client& client);
  bool write_to(Client& client);
  void close_client(int fd);
  void on_inotify();

  io::Engine& engine_;
  UnixServerOptions options_;
  MakeSession make_session_;
  int fd_ = -1;
  uint64_t inode_ = 0;
  int inotify_fd_ = -1;
  std::function<void()> removed_;
  std::map<int, std::unique_ptr<Client>> clients_;
};

}  // namespace wirebraid::control
