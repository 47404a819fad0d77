#include "web/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "io/engine.h"
#include "web/peer_address.h"

namespace wirebraid::web {
namespace {

using State = Connection::State;

constexpr std::chrono::seconds kCheckLive{1};

}  // namespace

Server::Server(Loop& loop, io::Descriptor listener, TlsContext* tls, const Handler& handler,
               ServerLimits limits)
    : loop_(loop),
      listener_(std::move(listener)),
      tls_(tls),
      limits_(limits),
      workers_(limits.threads, limits.waiting, handler) {
  loop_.watch(listener_.get(), EPOLLIN, [this](uint32_t) { on_listener(); });
  loop_.on_tick([this](Time now) { on_tick(now); });
}

Server::~Server() {
  source_ = nullptr;
  while (!connections_.empty()) close(connections_.begin()->first);
  loop_.unwatch(listener_.get());
}

void Server::on_listener() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  io::Descriptor socket(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
    // The kernel would tell of it again and again; the next tick looks.
    make_room();
    listening_ = false;
    loop_.change(listener_.get(), 0);
    return;
  }
  if (connections_.size() >= limits_.connections && !make_room()) return;
  // Every write is all there is to say for now.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::string peer = numeric_address(address);
  auto transport =
      tls_ != nullptr ? tls_->accept(std::move(socket)) : make_plain_transport(std::move(socket));
  if (!transport) return;
  const int fd = transport->fd();
  auto connection =
      std::make_unique<Connection>(next_number_++, std::move(transport), std::move(peer));
  connection->deadline = io::monotonic_now() + limits_.request;
  connections_[fd] = std::move(connection);
  loop_.watch(fd, EPOLLIN, [this, fd](uint32_t) { on_event(fd); });
}

bool Server::make_room() {
  const auto may_go = [](const Connection& each) {
    return each.state == State::reading || each.state == State::lingering;
  };
  std::map<std::string_view, size_t> by_peer;
  for (const auto& [fd, each] : connections_) {
    if (may_go(*each)) ++by_peer[each->peer];
  }
  int victim = -1;
  std::pair<size_t, uint64_t> worst{0, 0};
  for (const auto& [fd, each] : connections_) {
    if (!may_go(*each)) continue;
    const std::pair<size_t, uint64_t> score{by_peer[each->peer], UINT64_MAX - each->number};
    if (victim < 0 || score > worst) {
      victim = fd;
      worst = score;
    }
  }
  if (victim < 0) return false;
  close(victim);
  return true;
}

void Server::on_event(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if (advance(connection, io::monotonic_now())) {
    rearm(connection);
  } else {
    close(fd);
  }
}

bool Server::advance(Connection& connection, Time now) {
  switch (connection.state) {
    case State::reading: {
      // What is there of a request may be all: its end is looked at below.
      const bool open = connection.read(limits_.head.head_bytes + limits_.head.body_bytes);
      if (!take_request(connection, now)) return false;
      if (connection.state == State::reading) return open;
      return connection.state != State::writing || after_answer(connection, now);
    }
    case State::working:
      return false;  // it was not asked for events, so this is an error or a hang-up
    case State::writing:
      return after_answer(connection, now);
    case State::live: {
      const bool open = connection.read(1);
      return open && connection.input.empty() && connection.write(now);
    }
    case State::lingering: {
      connection.input.clear();
      return connection.read(limits_.head.body_bytes);
    }
  }
  return false;
}

bool Server::take_request(Connection& connection, Time now) {
  if (connection.input.empty()) return true;
  if (!connection.request_begun) {
    connection.request_begun = true;
    connection.deadline = std::min(connection.deadline, now + limits_.request);
  }
  const HeadCheck check = check_head(connection.input, limits_.head);
  if (check.verdict == HeadCheck::Verdict::incomplete) return true;
  if (check.verdict == HeadCheck::Verdict::refused) {
    refuse(connection, refusal(check.status, check.reason), now);
    return true;
  }
  const size_t all = check.head_bytes + check.body_bytes;
  if (connection.input.size() < all) return true;

  HttpParser::Raw raw;
  raw.head = connection.input.substr(0, check.head_bytes);
  raw.body = connection.input.substr(check.head_bytes, check.body_bytes);
  raw.peer = connection.peer;
  raw.secure = tls_ != nullptr;
  raw.keep_alive = check.keep_alive;
  connection.input.erase(0, all);
  connection.ends_after_answer = !check.keep_alive;
  const int fd = connection.transport->fd();
  const uint64_t number = connection.number;
  const bool added = workers_.add([this, fd, number, raw = std::move(raw)](HttpParser& parser) {
    Answer answer = parser.answer(raw);
    loop_.post([this, fd, number, answer = std::move(answer)]() mutable {
      on_answer(fd, number, std::move(answer));
    });
  });
  if (!added) {
    refuse(connection, refusal(503, "too many requests at once; try again"), now);
    return true;
  }
  connection.state = State::working;
  connection.deadline = kNever;
  return true;
}

void Server::refuse(Connection& connection, const Response& response, Time now) {
  connection.input.clear();
  connection.ends_after_answer = true;
  connection.state = State::writing;
  connection.deadline = kNever;
  connection.send(plain_answer(response), now);
}

bool Server::after_answer(Connection& connection, Time now) {
  if (!connection.write(now)) return false;
  if (connection.has_output()) return true;
  connection.request_begun = false;
  if (connection.ends_after_answer) {
    connection.transport->finish();
    connection.state = State::lingering;
    connection.deadline = now + limits_.linger;
    return true;
  }
  connection.state = State::reading;
  connection.deadline = now + limits_.idle;
  // The next request may be here already, of which the kernel tells nothing more.
  return take_request(connection, now) &&
         (connection.state != State::writing || after_answer(connection, now));
}

void Server::on_answer(int fd, uint64_t number, Answer answer) {
  const auto found = connections_.find(fd);
  if (found == connections_.end() || found->second->number != number) return;
  Connection& connection = *found->second;
  const Time now = io::monotonic_now();
  bool open = true;
  if (answer.live) {
    open = begin_live(connection, std::move(*answer.live), answer.bytes, now);
  } else {
    connection.send(answer.bytes, now);
    connection.state = State::writing;
  }
  if (open && connection.state == State::writing) open = after_answer(connection, now);
  if (open && connection.state == State::reading) {
    on_event(fd);
    return;
  }
  if (open) {
    rearm(connection);
  } else {
    close(fd);
  }
}

bool Server::begin_live(Connection& connection, LiveGrant grant, const std::string& head,
                        Time now) {
  size_t all = 0;
  size_t same = 0;
  for (const auto& [fd, each] : connections_) {
    if (!each->live) continue;
    ++all;
    if (each->live->session == grant.session) ++same;
  }
  if (all >= limits_.live || same >= limits_.live_per_session) {
    refuse(connection, refusal(503, "too many pages are open already"), now);
    return true;
  }
  connection.state = State::live;
  connection.live = std::move(grant);
  connection.input.clear();
  connection.send(head, now);
  const std::string& interface = connection.live->interface;
  if (++followers_[interface] == 1 && source_ != nullptr) source_->follow(interface);
  return connection.write(now);
}

void Server::publish(const std::string& interface, const std::string& text, Publish how) {
  const Time now = io::monotonic_now();
  for (const auto& [fd, each] : connections_) {
    if (!each->live || each->live->interface != interface) continue;
    if (how == Publish::if_caught_up && each->has_output()) continue;
    if (each->output_bytes() <= limits_.live_backlog) {
      each->send(text, now);
      if (each->write(now)) {
        rearm(*each);
        continue;
      }
    }
    // Later: whoever publishes shall not find its followers gone in the middle of it.
    loop_.post([this, fd = fd, number = each->number] {
      const auto found = connections_.find(fd);
      if (found != connections_.end() && found->second->number == number) close(fd);
    });
  }
}

void Server::rearm(Connection& connection) {
  loop_.change(connection.transport->fd(), connection.events());
}

void Server::close(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  const std::unique_ptr<Connection> connection = std::move(found->second);
  connections_.erase(found);
  loop_.unwatch(fd);
  if (!connection->live) return;
  const std::string& interface = connection->live->interface;
  if (--followers_[interface] != 0) return;
  followers_.erase(interface);
  if (source_ != nullptr) source_->leave(interface);
}

void Server::on_tick(Time now) {
  if (!listening_) {
    listening_ = true;
    loop_.change(listener_.get(), EPOLLIN);
  }
  const bool check_live = now - last_check_ >= kCheckLive;
  if (check_live) last_check_ = now;
  std::vector<int> ended;
  for (const auto& [fd, each] : connections_) {
    const bool stuck = each->has_output() && now - each->last_write > limits_.write;
    const bool forbidden = check_live && each->live && !each->live->allowed(now);
    if (now >= each->deadline || stuck || forbidden) ended.push_back(fd);
  }
  for (const int fd : ended) close(fd);
}

}  // namespace wirebraid::web
