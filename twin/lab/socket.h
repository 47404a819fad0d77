// Sockets of the traffic tools: opened in a namespace, used from anywhere.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "twin/lab/namespace.h"

namespace wirebraid::lab {

/// An IP address and port as the socket calls want them.
struct Endpoint {
  /// `address`: IPv4 or IPv6 in text form. Throws std::invalid_argument.
  Endpoint(const std::string& address, uint16_t port);

  int family() const { return storage.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Owns a socket. Movable.
class Socket {
 public:
  /// A socket of `type` (SOCK_STREAM, SOCK_DGRAM) that belongs to `inside`. Throws
  /// std::system_error.
  Socket(const Namespace& inside, int family, int type);
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int fd() const { return fd_; }
  /// All of these throw std::system_error.
  void bind(const Endpoint& local) const;
  void bind_to_device(const std::string& device) const;
  void connect(const Endpoint& remote) const;
  void listen() const;
  /// Waits at most five seconds.
  Socket accept() const;
  /// send and recv return -1 with EAGAIN after 100 ms, so that threads see when to stop.
  void limit_waits() const;

 private:
  int fd_ = -1;
};

}  // namespace wirebraid::lab
