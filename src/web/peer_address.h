// Addresses of those who connect, and where to listen.
#pragma once

#include <sys/socket.h>

#include <string>

namespace wirebraid::web {

/// Without the port; IPv4 also if it came mapped into IPv6.
std::string numeric_address(const sockaddr_storage& address);
bool is_loopback(const std::string& numeric);
/// What limits count by: the address, or the first 64 bits of an IPv6 one, which a single household
/// or machine has all of.
std::string address_block(const std::string& numeric);

}  // namespace wirebraid::web
