#include "twin/keeper/protocol.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace wirebraid::keeper {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostLine = 64 << 20;

std::string reason() { return std::generic_category().message(errno); }

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    throw KeeperError(text + ": too long for a socket; a directory with a shorter path is needed");
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

io::Descriptor new_socket() {
  io::Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw KeeperError("socket: " + reason());
  return fd;
}

bool connects(int fd, const sockaddr_un& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

io::Descriptor listen_in(const fs::path& directory) {
  const fs::path path = socket_path(directory);
  const sockaddr_un address = address_of(path);
  if (connects(new_socket().get(), address)) {
    throw KeeperError("a twin runs in " + directory.string() +
                      " already; `wirebraid-twin down` ends it");
  }
  fs::remove(path);  // one that did not end properly left it
  io::Descriptor fd = new_socket();
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(fd.get(), SOMAXCONN) < 0) {
    throw KeeperError(path.string() + ": " + reason());
  }
  fs::permissions(path, fs::perms(0600));
  return fd;
}

io::Descriptor connect_to(const fs::path& directory) {
  io::Descriptor fd = new_socket();
  if (!connects(fd.get(), address_of(socket_path(directory)))) {
    throw KeeperError("no twin runs in " + directory.string() + " (" + reason() +
                      "); `wirebraid-twin up` starts one");
  }
  return fd;
}

void send_line(int fd, const Json& message) {
  const std::string line = message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t sent = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) throw KeeperError("the other side has gone");
    left.remove_prefix(static_cast<size_t>(sent));
  }
}

std::optional<Json> receive_line(int fd) {
  std::string line;
  while (line.size() < kMostLine) {
    char each = 0;
    const ssize_t got = ::recv(fd, &each, 1, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    if (each != '\n') {
      line += each;
      continue;
    }
    Json message = Json::parse(line, nullptr, false);
    if (!message.is_object()) throw KeeperError("not a JSON object: " + line.substr(0, 60));
    return message;
  }
  throw KeeperError("a line without end");
}

Json ask(int fd, const Json& request) {
  send_line(fd, request);
  std::optional<Json> answer = receive_line(fd);
  if (!answer) throw KeeperError("the twin ended before it answered");
  if (!answer->value("ok", false)) throw KeeperError(answer->value("error", "it failed"));
  return *std::move(answer);
}

Json ask(const fs::path& directory, const Json& request) {
  return ask(connect_to(directory).get(), request);
}

}  // namespace wirebraid::keeper
