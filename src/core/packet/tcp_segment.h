// What a TCP header says of the sender's state: enough to follow a connection from one side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "wirebraid/bytes.h"

namespace wirebraid {

inline constexpr uint8_t kTcpFin = 0x01;
inline constexpr uint8_t kTcpSyn = 0x02;
inline constexpr uint8_t kTcpRst = 0x04;
inline constexpr uint8_t kTcpPsh = 0x08;
inline constexpr uint8_t kTcpAck = 0x10;
inline constexpr uint8_t kTcpCwr = 0x80;
inline constexpr size_t kTcpMinHeader = 20;
inline constexpr size_t kTcpChecksum = 16;  ///< its offset

struct TcpSegment {
  uint32_t sequence = 0;
  uint32_t acknowledged = 0;  ///< meaningless without kTcpAck
  uint32_t length = 0;        ///< in sequence numbers: data, and one each for SYN and FIN
  uint8_t flags = 0;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  /// The sequence number that follows.
  uint32_t next() const { return sequence + length; }
};

/// `packet` must have passed read_ip(). nullopt unless it is TCP with a whole header, and for
/// fragments other than the first. `length` is too small for a first fragment.
std::optional<TcpSegment> read_tcp(ConstByteSpan packet);

/// Whether a packet for which read_tcp() has a value carries timestamps (RFC 7323 section 3).
bool tcp_has_timestamps(ConstByteSpan packet);

/// a comes after b, in the arithmetic modulo 2^32 of RFC 9293 section 3.4.
inline bool tcp_after(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) > 0; }

}  // namespace wirebraid
