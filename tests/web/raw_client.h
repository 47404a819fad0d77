// A blocking TCP client that says exactly what it is told to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "io/descriptor.h"

namespace wirebraid::testing {

struct RawAnswer {
  int status = 0;  ///< 0: the connection ended without an answer
  std::string head;
  std::string body;

  /// Of the first header field of that name; empty without one.
  std::string field(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{20, 0};  // a server that does not answer fails the test
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  int fd() const { return socket_.get(); }
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  RawAnswer answer() {
    RawAnswer result;
    result.head = receive_until("\r\n\r\n");
    if (result.head.size() < 12) return result;
    result.status = std::stoi(result.head.substr(9, 3));
    const std::string length = result.field("Content-Length");
    const size_t size = length.empty() ? 0 : std::stoul(length);
    while (received_.size() < size && receive()) {
    }
    result.body = received_.substr(0, size);
    received_.erase(0, size);
    return result;
  }
  RawAnswer ask(std::string_view request) {
    send(request);
    return answer();
  }

  /// Up to and with `end`; what came, if the connection ended before.
  std::string receive_until(std::string_view end) {
    size_t found = std::string::npos;
    while ((found = received_.find(end)) == std::string::npos) {
      if (!receive()) return std::exchange(received_, {});
    }
    std::string result = received_.substr(0, found + end.size());
    received_.erase(0, found + end.size());
    return result;
  }
  /// True once the server has closed the connection; what comes before is thrown away.
  bool ends() {
    while (receive()) received_.clear();
    return errno != EAGAIN;
  }

 private:
  bool receive() {
    std::array<char, 65536> piece;
    const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    received_.append(piece.data(), static_cast<size_t>(got));
    return true;
  }

  io::Descriptor socket_;
  bool connected_ = false;
  std::string received_;
};

}  // namespace wirebraid::testing
