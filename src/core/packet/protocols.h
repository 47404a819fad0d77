// Numbers of the internet protocols that are told apart, and the way along IPv6 extension headers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wirebraid/bytes.h"

namespace wirebraid {

enum class Protocol : uint8_t {
  hop_by_hop = 0,
  icmp = 1,
  tcp = 6,
  udp = 17,
  dccp = 33,
  routing = 43,
  fragment = 44,
  icmp_v6 = 58,
  destination_options = 60,
  sctp = 132,
  udp_lite = 136,
};

/// More extension headers than any real packet has; bounds the walk.
inline constexpr int kMaxExtensionHeaders = 8;
inline constexpr size_t kIpv4MinHeader = 20;
inline constexpr size_t kIpv6Header = 40;
inline constexpr size_t kUdpHeader = 8;
inline constexpr size_t kUdpChecksum = 6;  ///< its offset

/// Whether `protocol` names an IPv6 extension header that says what follows it.
constexpr bool is_extension_header(uint8_t protocol) {
  switch (static_cast<Protocol>(protocol)) {
    case Protocol::hop_by_hop:
    case Protocol::routing:
    case Protocol::fragment:
    case Protocol::destination_options:
      return true;
    default:
      return false;
  }
}

/// Bytes of the extension header `protocol` that `rest` begins with; may exceed rest.size().
/// Precondition: rest.size() >= 8, the smallest one there is.
inline size_t extension_header_size(uint8_t protocol, ConstByteSpan rest) {
  if (static_cast<Protocol>(protocol) == Protocol::fragment) return 8;
  return (static_cast<size_t>(rest[1]) + 1) * 8;
}

}  // namespace wirebraid
