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

std::optional<ControlConnection> ControlConnection::open(const std::string& interface,
                                                         std::string& error,
                                                         std::chrono::milliseconds limit,
                                                         const std::string& directory) {
  const std::string path = directory + "/" + interface + ".sock";
  sockaddr_un address{};
  if (interface.empty() || interface.find('/') != std::string::npos ||
      path.size() >= sizeof address.sun_path) {
    error = interface + ": not an interface name";
    return std::nullopt;
  }
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());

  io::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    error = interface + ": socket: " + reason(errno);
    return std::nullopt;
  }
  const int code = connect_to(socket.get(), address, SteadyClock::now() + limit);
  if (code == 0) return ControlConnection(interface + ": " + path, std::move(socket));
  if (code == ENOENT || code == ECONNREFUSED) {
    error = interface + ": no wirebraidd serves it (" + path + ": " + reason(code) + ")";
  } else if (code == EACCES) {
    error = interface + ": no right to use " + path + "; be root or in the group " + kControlGroup;
  } else {
    error = interface + ": " + path + ": " + reason(code);
  }
  return std::nullopt;
}

std::optional<std::string> ControlConnection::line(std::chrono::milliseconds limit) {
  const auto end = SteadyClock::now() + limit;
  std::array<char, size_t{64} << 10> piece;
  size_t searched = 0;
  for (;;) {
    const size_t newline = received_.find('\n', searched);
    if (newline != std::string::npos) {
      std::string line = received_.substr(0, newline);
      received_.erase(0, newline + 1);
      return line;
    }
    searched = received_.size();
    if (searched > kMaxAnswerBytes) ended_ = true;
    if (ended_) return std::nullopt;
    const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got > 0) {
      received_.append(piece.data(), static_cast<size_t>(got));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      ended_ = true;
    } else if (wait_for(socket_.get(), POLLIN, end) != 0) {
      return std::nullopt;
    }
  }
}

ControlReply ControlConnection::request(const nlohmann::json& request,
                                        std::chrono::milliseconds limit) {
  const auto end = SteadyClock::now() + limit;
  if (const int error = send_all(socket_.get(), request.dump() + "\n", end)) {
    return failure(name_ + ": " + reason(error));
  }
  const auto received =
      line(std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()));
  if (!received) return failure(name_ + ": " + reason(ended_ ? ECONNRESET : ETIMEDOUT));
  ControlReply reply;
  reply.answer = *received;
  const auto answer = nlohmann::json::parse(reply.answer, nullptr, false);
  if (answer.is_object() && answer.value("ok", nlohmann::json()) == true) return reply;
  const auto errors =
      answer.is_object() ? answer.value("error", nlohmann::json()) : nlohmann::json();
  if (errors.is_array()) {
    for (const auto& text : errors) {
      if (text.is_string()) reply.error.push_back(text.get<std::string>());
    }
  }
  if (reply.error.empty()) reply.error.push_back(name_ + ": the answer is not understood");
  return reply;
}

ControlReply control_exchange(const std::string& interface, const nlohmann::json& request,
                              std::chrono::milliseconds limit, const std::string& directory) {
  const auto end = SteadyClock::now() + limit;
  std::string error;
  auto connection = ControlConnection::open(interface, error, limit, directory);
  if (!connection) return failure(error);
  return connection->request(
      request, std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()));
}

ControlReply control_request(const std::string& interface, const std::string& command,
                             std::chrono::milliseconds limit, const std::string& directory) {
  return control_exchange(interface, nlohmann::json{{"command", command}}, limit, directory);
}

}  // namespace wirebraid::control
