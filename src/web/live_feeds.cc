#include "web/live_feeds.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "control/control_server.h"
#include "io/engine.h"

namespace wirebraid::web {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kInterval{1};
constexpr std::chrono::seconds kSilence{5};
constexpr size_t kMaxLineBytes = size_t{64} << 20;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Connected and not blocking, or empty.
io::Descriptor connect_to(const std::string& path, std::error_code& error) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    error = std::make_error_code(std::errc::filename_too_long);
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

}  // namespace

std::string server_sent_event(const std::string& name, const std::string& data) {
  return "event: " + name + "\ndata: " + data + "\n\n";
}

LiveFeeds::LiveFeeds(Loop& loop, Server& server, std::string socket_directory)
    : loop_(loop), server_(server), directory_(std::move(socket_directory)) {
  loop_.on_tick([this](Time now) {
    for (auto& [name, feed] : feeds_) step(feed, now);
  });
}

LiveFeeds::~LiveFeeds() {
  for (auto& [name, feed] : feeds_) disconnect(feed);
}

void LiveFeeds::follow(const std::string& interface) {
  Feed& feed = feeds_[interface];
  feed.interface = interface;
  // From the loop, when whoever follows is there to hear of it.
  loop_.post([this, interface] {
    const auto found = feeds_.find(interface);
    if (found != feeds_.end()) step(found->second, io::monotonic_now());
  });
}

void LiveFeeds::leave(const std::string& interface) {
  const auto found = feeds_.find(interface);
  if (found == feeds_.end()) return;
  disconnect(found->second);
  feeds_.erase(found);
}

void LiveFeeds::step(Feed& feed, Time now) {
  if (feed.asked && now - feed.asked_at > kSilence) {
    lost(feed, feed.interface + ": its wirebraidd does not answer");
  }
  if (now < feed.next_step) return;
  feed.next_step = now + kInterval;
  if (!feed.socket) connect(feed, now);
  if (!feed.socket || feed.asked) return;
  feed.asked = ask(feed, R"({"command":"show"})");
  feed.asked_at = now;
}

void LiveFeeds::connect(Feed& feed, Time now) {
  std::error_code error;
  feed.socket = connect_to(directory_ + "/" + feed.interface + ".sock", error);
  if (!feed.socket) {
    lost(feed, connect_failure(feed.interface, error));
    return;
  }
  feed.asked_at = now;
  loop_.watch(feed.socket.get(), EPOLLIN,
              [this, interface = feed.interface](uint32_t) { on_readable(interface); });
  const json events = {{"command", "events"}, {"since", feed.next_event}, {"follow", true}};
  ask(feed, events.dump());
}

bool LiveFeeds::ask(Feed& feed, const std::string& request) {
  // Requests are short, and one at a time: what does not go at once is a daemon that hangs.
  const std::string line = request + "\n";
  const ssize_t sent = ::send(feed.socket.get(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(line.size())) return true;
  lost(feed, feed.interface + ": its wirebraidd does not read");
  return false;
}

void LiveFeeds::on_readable(const std::string& interface) {
  const auto found = feeds_.find(interface);
  if (found == feeds_.end() || !found->second.socket) return;
  Feed& feed = found->second;
  std::array<char, size_t{64} << 10> piece;
  const ssize_t got = ::recv(feed.socket.get(), piece.data(), piece.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    lost(feed, interface + ": its wirebraidd has ended");
    return;
  }
  feed.input.append(piece.data(), static_cast<size_t>(got));
  size_t begin = 0;
  for (size_t end = 0; (end = feed.input.find('\n', begin)) != std::string::npos; begin = end + 1) {
    take_line(feed, feed.input.substr(begin, end - begin));
  }
  feed.input.erase(0, begin);
  if (feed.input.size() > kMaxLineBytes) lost(feed, interface + ": an answer without an end");
}

void LiveFeeds::take_line(Feed& feed, const std::string& line) {
  const json message = json::parse(line, nullptr, false);
  if (!message.is_object()) return;
  const auto tell_event = [&](const json& event) {
    const json number = event.is_object() ? event.value("number", json()) : json();
    if (number.is_number_unsigned()) feed.next_event = number.get<uint64_t>();
    server_.publish(feed.interface, server_sent_event("event", text_of(event)),
                    Server::Publish::always);
  };
  if (message.contains("event")) {
    tell_event(message["event"]);
  } else if (message.contains("events") && message["events"].is_array()) {
    for (const json& event : message["events"]) tell_event(event);
  } else if (message.contains("status")) {
    feed.asked = false;
    server_.publish(feed.interface, server_sent_event("status", text_of(message["status"])),
                    Server::Publish::if_caught_up);
  }
  // Else a refusal, such as of a daemon that knows no events: the status comes all the same.
}

void LiveFeeds::lost(Feed& feed, const std::string& why) {
  disconnect(feed);
  const json body = {{"error", {why}}};
  server_.publish(feed.interface, server_sent_event("lost", text_of(body)),
                  Server::Publish::if_caught_up);
}

void LiveFeeds::disconnect(Feed& feed) {
  if (feed.socket) loop_.unwatch(feed.socket.get());
  feed.socket = {};
  feed.input.clear();
  feed.asked = false;
  feed.next_event = 0;  // a daemon that is started anew counts anew
}

}  // namespace wirebraid::web
