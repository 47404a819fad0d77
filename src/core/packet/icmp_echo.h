// Echo requests of our own, and their replies among what comes in (RFC 792, RFC 4443 section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "wirebraid/address.h"
#include "wirebraid/packet.h"

namespace wirebraid {

/// What tells our echo requests from anybody else's, and the replies to them.
struct EchoSession {
  IpAddress from;
  uint16_t identifier = 0;
  /// Random. It is the beginning of the data, so that neither the host's own pings, which may share
  /// the address and the identifier, nor somebody who guesses can be mistaken for us.
  uint64_t token = 0;
};

/// The least data that an echo request has: the token.
inline constexpr size_t kMinEchoData = sizeof(uint64_t);

/// An echo request with `data_size` bytes of data, at least kMinEchoData. A false packet if the
/// pool is exhausted or its slots are too small. Precondition: `to` is of the family of
/// session.from.
Packet make_echo_request(BufferPool& pool, const EchoSession& session, const IpAddress& to,
                         uint16_t sequence, size_t data_size = kMinEchoData);

/// The sequence of the echo reply that `packet` is, if it is one of `session` from one of
/// `targets`, whole and with the right checksum; nullopt otherwise. `packet` must have passed
/// read_ip().
std::optional<uint16_t> read_echo_reply(ConstByteSpan packet, const EchoSession& session,
                                        std::span<const IpAddress> targets);

}  // namespace wirebraid
