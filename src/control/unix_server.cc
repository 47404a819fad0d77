#include "control/unix_server.h"

#include <grp.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "io/descriptor.h"

namespace wirebraid::control {
namespace {

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool somebody_listens(const sockaddr_un& address) {
  const io::Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // EAGAIN: its queue is full, so it lives.
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;
}

// umask() is the process's, not the file's: set only around the calls that make files.
class ScopedUmask {
 public:
  explicit ScopedUmask(mode_t mask) : before_(::umask(mask)) {}
  ~ScopedUmask() { ::umask(before_); }
  ScopedUmask(const ScopedUmask&) = delete;
  ScopedUmask& operator=(const ScopedUmask&) = delete;

 private:
  mode_t before_;
};

}  // namespace

struct UnixServer::Client {
  int fd = -1;
  std::unique_ptr<UnixSession> session;
  std::string output;
  size_t written = 0;    // of output
  bool resume = false;   // the session may have more to answer than it did
  bool closing = false;  // once output is written
  uint32_t events = EPOLLIN;

  bool has_output() const { return written < output.size(); }
};

std::unique_ptr<UnixServer> UnixServer::open(io::Engine& engine, const UnixServerOptions& options,
                                             MakeSession make_session, std::error_code& error,
                                             std::string& what) {
  const auto failed = [&](const std::string& step, std::error_code code) {
    error = code;
    what = step + ": " + code.message();
    return nullptr;
  };
  if (options.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return failed(options.path, std::make_error_code(std::errc::filename_too_long));
  }
  const std::string directory = directory_of(options.path);
  {
    const ScopedUmask open_mask(0);
    if (::mkdir(directory.c_str(), options.directory_mode) != 0 && errno != EEXIST) {
      return failed("making the directory " + directory, io::last_error());
    }
  }

  const sockaddr_un address = address_of(options.path);
  io::Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener) return failed("socket", io::last_error());
  {
    // Never wider than wanted, not even for a moment; widened below if it must be.
    const ScopedUmask closed_mask(0177);
    const auto bind_it = [&] {
      return ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
             0;
    };
    bool bound = bind_it();
    if (!bound && errno == EADDRINUSE) {
      struct stat status {};
      if (::lstat(options.path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
        return failed(options.path + " is in the way and no socket",
                      std::make_error_code(std::errc::file_exists));
      }
      if (somebody_listens(address)) {
        error = std::make_error_code(std::errc::address_in_use);
        what = "another process serves " + options.path + "; stop it first";
        return nullptr;
      }
      ::unlink(options.path.c_str());  // left behind by one that died
      bound = bind_it();
    }
    if (!bound) return failed("binding " + options.path, io::last_error());
  }

  const auto remove_and_fail = [&](const std::string& step) {
    const std::error_code code = io::last_error();
    ::unlink(options.path.c_str());
    return failed(step + " " + options.path, code);
  };
  if (!options.group.empty()) {
    // Best effort: the group is a convenience that needs not exist, nor we the right to give it.
    if (const group* entry = ::getgrnam(options.group.c_str())) {
      if (::chown(options.path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0 &&
          errno != EPERM) {
        return remove_and_fail("changing the group of");
      }
    }
  }
  if (::chmod(options.path.c_str(), options.socket_mode) != 0) {
    return remove_and_fail("changing the mode of");
  }
  struct stat status {};
  if (::stat(options.path.c_str(), &status) != 0) return remove_and_fail("looking at");
  if (::listen(listener.get(), SOMAXCONN) != 0) return remove_and_fail("listening on");

  std::unique_ptr<UnixServer> server(new UnixServer(engine, options, std::move(make_session)));
  server->inode_ = status.st_ino;
  server->fd_ = listener.release();
  engine.watch(server->fd_, EPOLLIN, [raw = server.get()](uint32_t) { raw->on_connection(); });
  error.clear();
  what.clear();
  return server;
}

UnixServer::UnixServer(io::Engine& engine, UnixServerOptions options, MakeSession make_session)
    : engine_(engine), options_(std::move(options)), make_session_(std::move(make_session)) {}

UnixServer::~UnixServer() {
  while (!clients_.empty()) close_client(clients_.begin()->first);
  if (inotify_fd_ >= 0) {
    engine_.unwatch(inotify_fd_);
    ::close(inotify_fd_);
  }
  if (fd_ < 0) return;
  engine_.unwatch(fd_);
  ::close(fd_);
  struct stat status {};
  if (::lstat(options_.path.c_str(), &status) == 0 && status.st_ino == inode_) {
    ::unlink(options_.path.c_str());
  }
}

std::error_code UnixServer::watch_removal(std::function<void()> removed) {
  io::Descriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) return io::last_error();
  // The directory, too: it may go together with what is in it. IN_ATTRIB on the file itself would
  // not tell of a rename over it.
  const uint32_t mask = IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
  if (::inotify_add_watch(inotify.get(), directory_of(options_.path).c_str(), mask) < 0) {
    return io::last_error();
  }
  removed_ = std::move(removed);
  inotify_fd_ = inotify.release();
  engine_.watch(inotify_fd_, EPOLLIN, [this](uint32_t) { on_inotify(); });
  return {};
}

void UnixServer::on_inotify() {
  // What happened does not matter, only whether our file is still in its place.
  std::array<char, 4096> events;
  while (::read(inotify_fd_, events.data(), events.size()) > 0) {
  }
  struct stat status {};
  if (::lstat(options_.path.c_str(), &status) == 0 && status.st_ino == inode_) return;
  engine_.unwatch(inotify_fd_);
  ::close(std::exchange(inotify_fd_, -1));
  // May destroy this server.
  const auto removed = std::move(removed_);
  removed();
}

void UnixServer::on_connection() {
  // One per event; the engine is level-triggered and calls again for the next.
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (clients_.size() >= options_.max_clients) {
    ::close(fd);
    return;
  }
  auto client = std::make_unique<Client>();
  client->fd = fd;
  client->session = make_session_();
  engine_.watch(fd, client->events, [this, fd](uint32_t) { on_client(fd); });
  clients_.emplace(fd, std::move(client));
}

void UnixServer::on_client(int fd) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return;
  Client& client = *found->second;
  bool alive = true;
  // An answer is written, and all requests received so far are answered, before more is read: a
  // peer that only asks cannot fill our memory. One step per event, so that packets are not kept
  // waiting.
  if (!client.has_output()) {
    if (client.resume) {
      ask_session(client, {});
    } else {
      alive = read_from(client);
    }
  }
  if (alive) {
    carry_on(client);
  } else {
    close_client(fd);
  }
}

void UnixServer::ask_all() {
  std::vector<int> idle;
  for (const auto& [fd, client] : clients_) {
    if (!client->has_output() && !client->resume) idle.push_back(fd);
  }
  for (const int fd : idle) {
    Client& client = *clients_.at(fd);
    ask_session(client, {});
    carry_on(client);
  }
}

/// Writes what can be written, and waits for what comes next. May end the connection.
void UnixServer::carry_on(Client& client) {
  const int fd = client.fd;
  if (!write_to(client) || (client.closing && !client.has_output())) {
    close_client(fd);
    return;
  }
  const uint32_t wanted = client.has_output() || client.resume ? EPOLLOUT : EPOLLIN;
  if (wanted == client.events) return;
  client.events = wanted;
  engine_.unwatch(fd);
  engine_.watch(fd, wanted, [this, fd](uint32_t) { on_client(fd); });
}

bool UnixServer::read_from(Client& client) {
  std::array<char, size_t{64} << 10> piece;
  const ssize_t got = ::read(client.fd, piece.data(), piece.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  ask_session(client, {piece.data(), static_cast<size_t>(got)});
  return true;
}

void UnixServer::ask_session(Client& client, std::string_view bytes) {
  client.closing = !client.session->on_bytes(bytes, client.output);
  client.resume = client.has_output();
}

bool UnixServer::write_to(Client& client) {
  while (client.has_output()) {
    const ssize_t sent = ::send(client.fd, client.output.data() + client.written,
                                client.output.size() - client.written, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    client.written += static_cast<size_t>(sent);
  }
  client.output.clear();
  client.written = 0;
  return true;
}

void UnixServer::close_client(int fd) {
  engine_.unwatch(fd);
  ::close(fd);
  clients_.erase(fd);
}

}  // namespace wirebraid::control
