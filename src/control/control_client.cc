#include "control/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "io/descriptor.h"

namespace wirebraid::control {
namespace {

using SteadyClock = std::chrono::steady_clock;

// An interface of ten thousand uplinks stays below.
constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

std::string reason(int error) { return std::generic_category().message(error); }

/// 0, or an errno: ETIMEDOUT at `end`.
int wait_for(int fd, short events, SteadyClock::time_point end) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
    if (left <= 0) return ETIMEDOUT;
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<int64_t>(left, INT32_MAX)));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

int connect_to(int fd, const sockaddr_un& address, SteadyClock::time_point end) {
  while (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // A full queue of a busy daemon; a Unix socket gives no event for its end.
    if (errno != EAGAIN) return errno;
    if (SteadyClock::now() >= end) return ETIMEDOUT;
    ::poll(nullptr, 0, 10);
  }
  return 0;
}

int send_all(int fd, std::string_view text, SteadyClock::time_point end) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (const int error = wait_for(fd, POLLOUT, end)) return error;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

int receive_line(int fd, std::string& line, SteadyClock::time_point end) {
  std::array<char, size_t{64} << 10> piece;
  for (;;) {
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got == 0) return ECONNRESET;
    if (got < 0) {
      if (errno != EAGAIN && errno != EINTR) return errno;
      if (const int error = wait_for(fd, POLLIN, end)) return error;
      continue;
    }
    const std::string_view bytes(piece.data(), static_cast<size_t>(got));
    const size_t newline = bytes.find('\n');
    line += bytes.substr(0, newline);
    if (newline != std::string_view::npos) return 0;
    if (line.size() > kMaxAnswerBytes) return EMSGSIZE;
  }
}

ControlReply failure(std::string text) {
  ControlReply reply;
  reply.error.push_back(std::move(text));
  return reply;
}

}  // namespace

std::vector<std::string> control_interfaces(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".sock" && entry.is_socket(error)) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

ControlReply control_request(const std::string& interface, const std::string& command,
                             std::chrono::milliseconds limit, const std::string& directory) {
  const std::string path = directory + "/" + interface + ".sock";
  sockaddr_un address{};
  if (interface.empty() || interface.find('/') != std::string::npos ||
      path.size() >= sizeof address.sun_path) {
    return failure(interface + ": not an interface name");
  }
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());

  const auto end = SteadyClock::now() + limit;
  const io::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failure(interface + ": socket: " + reason(errno));
  int error = connect_to(socket.get(), address, end);
  if (error == ENOENT || error == ECONNREFUSED) {
    return failure(interface + ": no wirebraidd serves it (" + path + ": " + reason(error) + ")");
  }
  if (error == EACCES) {
    return failure(interface + ": no right to use " + path + "; be root or in the group " +
                   kControlGroup);
  }
  ControlReply reply;
  if (error == 0) {
    error = send_all(socket.get(), nlohmann::json{{"command", command}}.dump() + "\n", end);
  }
  if (error == 0) error = receive_line(socket.get(), reply.answer, end);
  if (error != 0) return failure(interface + ": " + path + ": " + reason(error));

  const auto answer = nlohmann::json::parse(reply.answer, nullptr, false);
  if (answer.is_object() && answer.value("ok", nlohmann::json()) == true) return reply;
  const auto errors =
      answer.is_object() ? answer.value("error", nlohmann::json()) : nlohmann::json();
  if (errors.is_array()) {
    for (const auto& text : errors) {
      if (text.is_string()) reply.error.push_back(text.get<std::string>());
    }
  }
  if (reply.error.empty()) reply.error.push_back(interface + ": the answer is not understood");
  return reply;
}

}  // namespace wirebraid::control
