// IP packets for tests, with every checksum computed in full, 16 bits at a time: the reference that
// incremental updates and made packets are compared with.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wirebraid/address.h"
#include "wirebraid/bytes.h"

namespace wirebraid::test {

using Bytes = std::vector<uint8_t>;

/// RFC 1071, word by word; `pseudo` counts in front.
uint16_t full_checksum(const Bytes& pseudo, ConstByteSpan bytes);
/// RFC 9293 section 3.1 and RFC 8200 section 8.1.
Bytes pseudo_header(const IpAddress& source, const IpAddress& destination, uint8_t protocol,
                    size_t length);
/// Every checksum of the whole, unfragmented packet verifies: IPv4 header, TCP, UDP, ICMP, ICMPv6.
/// Without IPv6 extension headers.
bool checksums_hold(ConstByteSpan packet);

/// Where in the transport header the checksum is.
std::optional<size_t> checksum_offset(uint8_t protocol);

IpAddress address(const char* text);

/// What a packet is built from: the same one with other addresses gives the same packet but for the
/// addresses and the checksums.
struct PacketPlan {
  int version = 4;
  uint8_t protocol = 17;
  Bytes options;  ///< IPv4: a multiple of 4
  Bytes payload;  ///< the transport header (checksum bytes are overwritten) and what follows
  uint8_t first_extension = 0;                  ///< IPv6: type of the first of `extensions`
  Bytes extensions;                             ///< IPv6: chained, the last one names `protocol`
  std::optional<IpAddress> pseudo_destination;  ///< the last address of a routing header
  bool without_checksum = false;                ///< UDP: 0

  // ICMP errors: the packet within, the other way round, cut to `within_size`; then `behind`.
  std::vector<PacketPlan> within;
  size_t within_size = SIZE_MAX;
  Bytes behind;

  Bytes build(const IpAddress& source, const IpAddress& destination) const;
};

/// Cuts the packet after `first` bytes of what follows the headers that every fragment has (a
/// multiple of 8). `plan` must be the one `packet` was built from.
struct Fragments {
  Bytes first;
  Bytes second;
};
Fragments fragment(const PacketPlan& plan, const Bytes& packet, size_t first);

}  // namespace wirebraid::test
