#include "twin/lab/control_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>

#include "twin/lab/socket.h"

namespace wirebraid::lab {

std::optional<std::string> ask_control(const std::string& interface, const std::string& command) {
  const std::string path = "/run/wirebraid/" + interface + ".sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());

  const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string request = "{\"command\":\"" + command + "\"}\n";
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return std::nullopt;
  }
  std::string answer;
  std::array<char, 16'384> piece{};
  while (answer.empty() || answer.back() != '\n') {
    const ssize_t got = ::recv(socket.fd(), piece.data(), piece.size(), 0);
    if (got <= 0) return std::nullopt;
    answer.append(piece.data(), static_cast<size_t>(got));
  }
  return answer;
}

}  // namespace wirebraid::lab
