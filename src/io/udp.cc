#include "io/udp.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/message.h"

namespace wirebraid::io {

namespace {

// Another process may take the IPv6 port between our two binds; with 28,000 ephemeral ports, 16
// tries fail only when something else is wrong.
constexpr int kPortTries = 16;

// Holds 20 ms at 3 Gbit/s, the time for which a busy worker may not come round to a socket.
constexpr int kSocketBufferBytes = 7 << 20;

struct Failure {
  std::error_code error;
  std::string what;
};

std::error_code set_option(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) == 0) return {};
  return last_error();
}

// Without CAP_NET_ADMIN the size is capped by net.core.{r,w}mem_max: worth less, but no error.
void enlarge_buffers(int fd) {
  if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBufferBytes)) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, kSocketBufferBytes);
  }
  if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBufferBytes)) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, kSocketBufferBytes);
  }
}

// Linux 4.18 and 5.0. Without, each datagram comes and goes by itself.
bool enable_segments(int fd) {
  set_option(fd, SOL_UDP, UDP_GRO, 1);
  return !set_option(fd, SOL_UDP, UDP_SEGMENT, 0);
}

std::error_code set_mark(int fd, uint32_t mark) {
  return set_option(fd, SOL_SOCKET, SO_MARK, static_cast<int>(mark));
}

Failure bind_failure(std::error_code error, const UdpOptions& options, uint16_t port) {
  std::string what = "bind to UDP port " + std::to_string(port);
  if (options.address) what += " of " + options.address.to_string();
  if (error.value() == EADDRINUSE) {
    what += ": another process has it (ss -lunp shows which)";
  } else if (error.value() == EADDRNOTAVAIL) {
    what += ": this host has no such address (yet)";
  } else if (error.value() == EACCES) {
    what += ": ports below 1024 need root or CAP_NET_BIND_SERVICE";
  }
  return {error, std::move(what)};
}

Failure set_receive_options(int fd, Family family) {
  struct Option {
    int level;
    int name;
    int value;
    const char* text;
  };
  static constexpr Option kV4[] = {
      {IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO"},
      {IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS"},
      {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER"}};
  static constexpr Option kV6[] = {{IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"},
                                   {IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO"},
                                   {IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS"}};
  for (const auto& option : family == Family::v4 ? kV4 : kV6) {
    if (const auto error = set_option(fd, option.level, option.name, option.value)) {
      return {error, std::string("set ") + option.text};
    }
  }
  return {};
}

Failure restrict_to_uplink(int fd, const UdpOptions& options) {
  if (!options.device.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.c_str(),
                                            static_cast<socklen_t>(options.device.size())) != 0) {
    const auto error = last_error();
    std::string what = "bind to device " + options.device;
    if (error.value() == ENODEV) what += ": there is no such device (yet)";
    if (error.value() == EPERM) what += ": needs root or CAP_NET_RAW";
    return {error, std::move(what)};
  }
  if (options.firewall_mark != 0) {
    if (const auto error = set_mark(fd, options.firewall_mark)) {
      std::string what = "set firewall mark " + std::to_string(options.firewall_mark);
      if (error.value() == EPERM) what += ": needs root or CAP_NET_ADMIN";
      return {error, std::move(what)};
    }
  }
  return {};
}

Failure open_socket(Family family, const UdpOptions& options, uint16_t port, bool shared,
                    Descriptor& out) {
  Descriptor socket(::socket(family == Family::v4 ? AF_INET : AF_INET6,
                             SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!socket) {
    return {last_error(), family == Family::v4 ? "open an IPv4 socket" : "open an IPv6 socket"};
  }
  enlarge_buffers(socket.get());
  if (auto failure = set_receive_options(socket.get(), family); failure.error) return failure;
  if (auto failure = restrict_to_uplink(socket.get(), options); failure.error) return failure;

  if (shared) {
    if (const auto error = set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
      return {error, "set SO_REUSEPORT"};
    }
  }
  Endpoint local;
  local.address = options.address;
  local.port = port;
  if (!local.address) {
    local.address = family == Family::v4 ? IpAddress::v4(std::array<uint8_t, 4>{})
                                         : IpAddress::v6(std::array<uint8_t, 16>{});
  }
  if (local.address.is_link_local()) local.scope = if_nametoindex(options.device.c_str());
  const SocketAddress address = to_socket_address(local);
  if (::bind(socket.get(), &address.any, address.size) != 0) {
    return bind_failure(last_error(), options, port);
  }
  out = std::move(socket);
  return {};
}

uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return to_endpoint(&address, size).port;
}

}  // namespace

std::error_code UdpTransport::open(const UdpOptions& options, std::string* what) {
  return open_sockets(options, false, what);
}

std::error_code UdpTransport::join(const UdpTransport& first, std::string* what) {
  UdpOptions options = first.options();
  options.port = first.port();
  return open_sockets(options, true, what);
}

std::error_code UdpTransport::share() {
  for (const int fd : {fd_v4(), fd_v6()}) {
    if (fd < 0) continue;
    if (const auto error = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return error;
  }
  return {};
}

std::error_code UdpTransport::open_sockets(const UdpOptions& options, bool shared,
                                           std::string* what) {
  close();
  options_ = options;
  Failure failure;
  for (int attempt = 0; attempt < kPortTries; ++attempt) {
    Descriptor v4;
    Descriptor v6;
    uint16_t port = options.port;
    failure = {};
    if (!options.address.is_v6()) {
      failure = open_socket(Family::v4, options, port, shared, v4);
      if (failure.error && failure.error.value() != EAFNOSUPPORT) break;
      if (v4) port = bound_port(v4.get());
    }
    if (!options.address.is_v4()) {
      Failure failure_v6 = open_socket(Family::v6, options, port, shared, v6);
      const int error = failure_v6.error.value();
      if (error == EADDRINUSE && options.port == 0 && v4) {
        failure = std::move(failure_v6);
        continue;
      }
      if (error != EAFNOSUPPORT || !v4) failure = std::move(failure_v6);
      if (failure.error) break;
    }
    if (failure.error) break;
    port_ = bound_port(v4 ? v4.get() : v6.get());
    may_segment_ = enable_segments(v4 ? v4.get() : v6.get());
    if (v4 && v6) may_segment_ = enable_segments(v6.get()) && may_segment_;
    socket_v4_ = std::move(v4);
    socket_v6_ = std::move(v6);
    return {};
  }
  if (what != nullptr) *what = failure.what;
  return failure.error;
}

void UdpTransport::close() {
  left_ = {};
  socket_v4_ = {};
  socket_v6_ = {};
  port_ = 0;
}

std::error_code UdpTransport::set_firewall_mark(uint32_t mark) {
  options_.firewall_mark = mark;
  for (const int fd : {fd_v4(), fd_v6()}) {
    if (fd < 0) continue;
    if (const auto error = set_mark(fd, mark)) return error;
  }
  return {};
}

}  // namespace wirebraid::io
