// The IP header of packets that the core makes itself.
#pragma once

#include "core/packet/checksum.h"
#include "core/packet/protocols.h"
#include "wirebraid/address.h"
#include "wirebraid/packet.h"

namespace wirebraid {

/// An IPv4 or IPv6 packet with `payload_size` zeros behind its header, traffic class 0, TTL 64, not
/// to be fragmented. A false packet if the pool is exhausted or its slots are too small.
/// Precondition: both addresses are of one family.
Packet make_ip(BufferPool& pool, const IpAddress& from, const IpAddress& to, Protocol protocol,
               size_t payload_size);

/// The payload of a packet from make_ip().
ByteSpan payload_of(Packet& packet);

/// The sum of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) in front of `length`
/// bytes of transport header and payload.
ChecksumSum pseudo_header_sum(ConstByteSpan source, ConstByteSpan destination, Protocol protocol,
                              size_t length);

/// The checksum of a transport header and all behind it, with the pseudo-header that its IP version
/// has for `protocol` (none for ICMP: RFC 792). To be stored where `transport` has 0; 0 if
/// `transport` has the right one in it.
uint16_t transport_checksum(ConstByteSpan source, ConstByteSpan destination, Protocol protocol,
                            ConstByteSpan transport);

}  // namespace wirebraid
