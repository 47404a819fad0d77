#include "web/daemon_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "control/control_server.h"
#include "io/engine.h"
#include "io/tun.h"

namespace wirebraid::web {
namespace {

// An interface of ten thousand uplinks stays below.
constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

bool wait_for(int fd, short events, Time end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - io::monotonic_now());
    if (left.count() <= 0) return false;
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool send_all(int fd, std::string_view text, Time end) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, POLLOUT, end))) {
      return false;
    }
  }
  return true;
}

bool receive_line(int fd, std::string& line, Time end) {
  std::array<char, size_t{64} << 10> piece;
  while (line.size() <= kMaxAnswerBytes) {
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got == 0) return false;
    if (got < 0) {
      if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, POLLIN, end))) return false;
      continue;
    }
    const std::string_view bytes(piece.data(), static_cast<size_t>(got));
    const size_t newline = bytes.find('\n');
    line += bytes.substr(0, newline);
    if (newline != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

io::Descriptor connect_to_daemon(const std::string& directory, const std::string& interface,
                                 std::error_code& error) {
  const std::string path = directory + "/" + interface + ".sock";
  sockaddr_un address{};
  if (!io::is_interface_name(interface) || path.size() >= sizeof address.sun_path) {
    error = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  io::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    error = io::last_error();
    return {};
  }
  error.clear();
  return socket;
}

std::string connect_failure(const std::string& interface, std::error_code error) {
  if (error == std::errc::permission_denied) {
    return interface +
           ": wirebraid-web may not use its control socket; add its user to the group " +
           control::kControlGroup;
  }
  if (error == std::errc::no_such_file_or_directory || error == std::errc::connection_refused) {
    return interface + ": no wirebraidd serves it";
  }
  return interface + ": its control socket: " + error.message();
}

DaemonReply ask_daemon(const std::string& directory, const std::string& interface,
                       const std::string& request, std::chrono::milliseconds limit) {
  std::error_code error;
  const io::Descriptor socket = connect_to_daemon(directory, interface, error);
  if (!socket) return {{}, connect_failure(interface, error)};
  const Time end = io::monotonic_now() + limit;
  DaemonReply reply;
  if (!send_all(socket.get(), request + "\n", end) ||
      !receive_line(socket.get(), reply.answer, end)) {
    return {{}, interface + ": its wirebraidd does not answer"};
  }
  return reply;
}

}  // namespace wirebraid::web
