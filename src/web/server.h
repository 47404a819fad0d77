// Accepts connections, reads whole requests, hands them to the workers and writes their answers.
//
// One thread does all reading and writing, so a client that is slow, or many that are, cost a place
// in a table and nothing else. Every wait has a limit and every buffer a bound; when the table is
// full, the oldest connection that has not yet sent a whole request has to go, of the address that
// has most of them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/descriptor.h"
#include "web/connection.h"
#include "web/http_parser.h"
#include "web/loop.h"
#include "web/request_head.h"
#include "web/workers.h"

namespace wirebraid::web {

struct ServerLimits {
  HeadLimits head;
  size_t connections = 256;
  size_t live = 32;               ///< connections that get events
  size_t live_per_session = 8;    ///< of these
  size_t live_backlog = 4 << 20;  ///< bytes that such a one may be behind
  size_t threads = 4;
  size_t waiting = 64;  ///< requests for a thread
  std::chrono::milliseconds request{
      10'000};                              ///< from the first byte (or the connection) to the last
  std::chrono::milliseconds idle{20'000};   ///< between requests
  std::chrono::milliseconds write{20'000};  ///< without any progress
  std::chrono::milliseconds linger{2'000};
};

/// Who makes the events of interfaces.
class LiveSource {
 public:
  virtual ~LiveSource() = default;
  /// The first connection for `interface` has come, or the last one has gone.
  virtual void follow(const std::string& interface) = 0;
  virtual void leave(const std::string& interface) = 0;
};

class Server {
 public:
  /// `tls`: nullptr for plain HTTP. The loop, TLS and the source must outlive the server. A
  /// LiveSource may be set until run() begins.
  Server(Loop& loop, io::Descriptor listener, TlsContext* tls, const Handler& handler,
         ServerLimits limits = {});
  ~Server();
  void set_live_source(LiveSource* source) { source_ = source; }

  enum class Publish : uint8_t {
    always,        ///< whoever is too far behind is closed
    if_caught_up,  ///< whoever has not read the last one does without; the next is as good
  };
  /// To all that follow `interface`; from the loop's thread. Does not call the LiveSource.
  void publish(const std::string& interface, const std::string& text, Publish how);

  size_t connection_count() const { return connections_.size(); }

 private:
  using Connections = std::unordered_map<int, std::unique_ptr<Connection>>;

  void on_listener();
  bool make_room();
  void on_event(int fd);
  /// These return false once the connection has to be closed.
  bool advance(Connection& connection, Time now);
  bool take_request(Connection& connection, Time now);
  void refuse(Connection& connection, const Response& response, Time now);
  bool after_answer(Connection& connection, Time now);
  void on_answer(int fd, uint64_t number, Answer answer);
  bool begin_live(Connection& connection, LiveGrant grant, const std::string& head, Time now);
  void rearm(Connection& connection);
  void close(int fd);
  void on_tick(Time now);

  Loop& loop_;
  io::Descriptor listener_;
  TlsContext* tls_;
  const ServerLimits limits_;
  LiveSource* source_ = nullptr;
  Connections connections_;
  std::unordered_map<std::string, size_t> followers_;  // by interface
  uint64_t next_number_ = 1;
  Time last_check_{};
  bool listening_ = true;
  Workers workers_;  // last: its threads end before anything else goes
};

/// Binds and listens. ADDRESS:PORT, [V6]:PORT; numeric addresses only.
struct Listener {
  io::Descriptor socket;
  std::string address;  ///< with the port that the kernel chose, if it was 0
  std::string error;
};
Listener listen_on(const std::string& address);

}  // namespace wirebraid::web
