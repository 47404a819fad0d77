// A blocking client of a Unix socket.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace wirebraid::testing {

class ClientSocket {
 public:
  explicit ClientSocket(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const timeval limit{20, 0};  // a server that does not answer fails the test
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~ClientSocket() { ::close(fd_); }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  /// Up to and with `end`; what came, if the connection ended before.
  std::string receive_until(std::string_view end) {
    std::array<char, 65536> piece;
    size_t found = std::string::npos;
    while ((found = received_.find(end)) == std::string::npos) {
      const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
      if (got <= 0) return std::exchange(received_, {});
      received_.append(piece.data(), static_cast<size_t>(got));
    }
    std::string result = received_.substr(0, found + end.size());
    received_.erase(0, found + end.size());
    return result;
  }
  /// True once the server has closed the connection.
  bool at_end() {
    char byte = 0;
    return received_.empty() && ::recv(fd_, &byte, 1, 0) == 0;
  }

 private:
  int fd_;
  bool connected_ = false;
  std::string received_;
};

}  // namespace wirebraid::testing
