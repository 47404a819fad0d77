#include "web/peer_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "web/server.h"

namespace wirebraid::web {

std::string numeric_address(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

bool is_loopback(const std::string& numeric) {
  return numeric == "::1" || numeric.compare(0, 4, "127.") == 0;
}

std::string address_block(const std::string& numeric) {
  in6_addr v6{};
  if (inet_pton(AF_INET6, numeric.c_str(), &v6) != 1) return numeric;
  std::fill(v6.s6_addr + 8, v6.s6_addr + 16, uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &v6, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

Listener listen_on(const std::string& address) {
  Listener listener;
  const auto fail = [&listener, &address](const std::string& why) {
    listener.error = address + ": " + why;
    return std::move(listener);
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return fail("ADDRESS:PORT expected");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return fail("[ADDRESS]:PORT expected for IPv6");
  }
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (host.empty() || !digits || std::stoul(port) > 65535) return fail("ADDRESS:PORT expected");
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return fail("a numeric address expected");
  }
  io::Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound = socket && ::bind(socket.get(), found->ai_addr, found->ai_addrlen) == 0 &&
                     ::listen(socket.get(), 128) == 0;
  const std::string reason = io::last_error().message();
  freeaddrinfo(found);
  if (!bound) return fail(reason);
  sockaddr_storage actual{};
  socklen_t size = sizeof actual;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&actual), &size);
  // The port is at the same place in both.
  const uint16_t number = ntohs(reinterpret_cast<const sockaddr_in&>(actual).sin_port);
  listener.address = address.substr(0, colon + 1) + std::to_string(number);
  listener.socket = std::move(socket);
  return listener;
}

}  // namespace wirebraid::web
