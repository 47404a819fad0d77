#include "twin/lab/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace wirebraid::lab {
namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

}  // namespace

Endpoint::Endpoint(const std::string& address, uint16_t port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    size = sizeof v4;
    std::memcpy(&storage, &v4, sizeof v4);
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    size = sizeof v6;
    std::memcpy(&storage, &v6, sizeof v6);
  } else {
    throw std::invalid_argument("not an IP address: " + address);
  }
}

Socket::Socket(const Namespace& inside, int family, int type) {
  inside.run([&] { fd_ = checked(::socket(family, type | SOCK_CLOEXEC, 0), "socket"); });
}

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

void Socket::bind(const Endpoint& local) const {
  const int on = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  checked(::bind(fd_, local.data(), local.size), "bind");
}

void Socket::bind_to_device(const std::string& device) const {
  checked(::setsockopt(fd_, SOL_SOCKET, SO_BINDTODEVICE, device.c_str(),
                       static_cast<socklen_t>(device.size())),
          "SO_BINDTODEVICE");
}

void Socket::connect(const Endpoint& remote) const {
  checked(::connect(fd_, remote.data(), remote.size), "connect");
}

void Socket::listen() const { checked(::listen(fd_, 1), "listen"); }

Socket Socket::accept() const {
  pollfd polled{fd_, POLLIN, 0};
  if (::poll(&polled, 1, 5000) <= 0) {
    throw std::system_error(ETIMEDOUT, std::generic_category(), "accept");
  }
  return Socket(checked(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC), "accept"));
}

void Socket::limit_waits() const {
  const timeval limit{.tv_sec = 0, .tv_usec = 100'000};
  checked(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "SO_RCVTIMEO");
  checked(::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "SO_SNDTIMEO");
}

}  // namespace wirebraid::lab
