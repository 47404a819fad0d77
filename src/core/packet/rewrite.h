// The 1:1 address rewriting of exits: one address of an inner packet is replaced by another, and
// every checksum follows by the difference alone (RFC 1624).
//
// The kernel masquerades the LAN onto the interface's address. A stock WireGuard peer expects the
// uplink's own tunnel address instead, so that address takes the place of the source of what goes
// out, and gives way to the interface's in the destination of what comes in. There is no state: the
// same call with the other address undoes it.
#pragma once

#include "core/packet/ip_layout.h"
#include "wirebraid/address.h"
#include "wirebraid/bytes.h"

namespace wirebraid {

enum class RewriteResult : uint8_t {
  done,
  wrong_family,  ///< the packet is of the other IP version than `to`
  malformed,     ///< headers end before a checksum that would have to follow the address
};

/// Puts `to` into the packet's source or destination, in place. Precondition: `packet` has passed
/// read_ip(); bytes behind the IP packet are left alone. Unless `done` is returned, nothing has
/// changed.
///
/// Checksums that follow: of the IPv4 header; of TCP, UDP, UDP-Lite, DCCP and ICMPv6, whose
/// pseudo-header has the address in it. They must be complete, not left to offloading. A UDP
/// checksum of 0 means "none" and stays. SCTP and all other protocols do not cover addresses. A
/// checksum of 0xffff where 0 is meant may come out as 0, which verifies alike. But for that, and
/// for an ICMP error that holds `to` already, rewriting there and back restores every byte.
///
/// Fragments: the first one has the checksum of the whole, which follows. Later ones have none. A
/// first fragment too short for its checksum (RFC 1858) is malformed.
///
/// IPv6 extension headers are stepped over. While a routing header still has segments left, the
/// pseudo-header has its last address instead of the destination (RFC 8200 section 8.1), so the
/// transport checksum does not follow a change of the destination. Addresses inside of IPv4 options
/// and of extension headers (routing, home address) are not touched.
///
/// ICMP and ICMPv6 errors: the packet within goes the opposite way, so the same address at its
/// opposite place is replaced too, if it is there, with the header checksum and, unless it is cut
/// off, the transport checksum of that packet; the checksum of the ICMP message covers all of it.
/// RFC 4884 extensions behind the packet within are left alone.
RewriteResult rewrite_address(ByteSpan packet, AddressPlace place, const IpAddress& to);

}  // namespace wirebraid
