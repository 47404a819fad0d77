#include "control/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <utility>

#include "control/config_text.h"
#include "io/descriptor.h"

namespace wirebraid::control {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

ServiceNotify::ServiceNotify(std::string socket, Duration watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {}

ServiceNotify ServiceNotify::from_environment() {
  const auto microseconds = parse_number<uint64_t>(variable("WATCHDOG_USEC"));
  const std::string process = variable("WATCHDOG_PID");
  const bool ours = process.empty() || parse_number<pid_t>(process) == ::getpid();
  return ServiceNotify(variable("NOTIFY_SOCKET"),
                       Duration(ours && microseconds ? static_cast<int64_t>(*microseconds) : 0));
}

std::error_code ServiceNotify::reloading(Time now) const {
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.time_since_epoch().count()));
}

std::error_code ServiceNotify::status(const std::string& text) {
  if (text == status_) return {};
  status_ = text;
  return send("STATUS=" + text);
}

std::error_code ServiceNotify::alive(Time now) {
  if (watchdog_ <= Duration{} || now < next_alive_) return {};
  next_alive_ = now + watchdog_ / 2;
  return send("WATCHDOG=1");
}

std::error_code ServiceNotify::send(std::string_view state) const {
  if (socket_.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) {
    return std::make_error_code(std::errc::filename_too_long);
  }
  socket_.copy(address.sun_path, socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // A manager that does not read must not hold up the data path.
  const io::Descriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!sender) return io::last_error();
  const ssize_t sent = ::sendto(sender.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  return sent < 0 ? io::last_error() : std::error_code();
}

}  // namespace wirebraid::control
