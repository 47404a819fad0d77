// Keeps a twin running, and does what the commands of wirebraid-twin ask for over its socket.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "twin/keeper/protocol.h"
#include "twin/mesh/twin.h"

namespace wirebraid::keeper {

/// Has a thread for itself and one for every connection.
class Keeper {
 public:
  /// Serves from now on. Throws KeeperError.
  Keeper(mesh::Twin& twin, const std::filesystem::path& directory);
  /// Ends all connections, and removes the socket.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Whether somebody has asked the twin to end.
  bool down() const { return down_; }
  /// Answers one request; what a connection does, but for "shell".
  Json answer(const Json& request);

 private:
  struct Connection {
    io::Descriptor fd;
    std::thread thread{};
    std::atomic<bool> ended = false;
  };

  void serve();
  void talk(int fd);
  void open_shell(int fd, const Json& request);
  void forget_ended();

  Json status();
  Json exec(const Json& request);
  Json power(const Json& request);
  Json set_link(const Json& request);
  Json cut_link(const Json& request);
  Json capture(const Json& request);

  node::Node& node_of(const Json& request);
  size_t link_of(const Json& request) const;

  mesh::Twin& twin_;
  std::filesystem::path directory_;
  io::Descriptor listener_;
  std::atomic<bool> down_ = false;
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;  // of the serving thread
  std::thread thread_;
};

}  // namespace wirebraid::keeper
