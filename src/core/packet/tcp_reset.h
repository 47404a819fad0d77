// Ending a TCP connection from between its ends: the application reconnects at once, instead of
// waiting for an answer that cannot come any more.
#pragma once

#include <cstdint>

#include "wirebraid/address.h"
#include "wirebraid/packet.h"

namespace wirebraid {

/// A TCP connection as the near end's own segments tell of it.
struct TcpNearEnd {
  IpAddress near_address;
  IpAddress far_address;
  uint16_t near_port = 0;
  uint16_t far_port = 0;
  uint32_t next_sequence = 0;  ///< behind all that the near end has sent, SYN and FIN included
  bool ack_known = false;      ///< false: it has sent a SYN only
  uint32_t acknowledged = 0;   ///< its newest acknowledgment number, if ack_known
};

/// A RST to the near end that looks as if the far end had sent it.
///
/// With ack_known its sequence number is exactly what the near end said it expects, as RFC 5961
/// section 3.2 wants it (RFC 9293 section 3.10.7.4). If the near end has received more than it has
/// acknowledged, it answers with a challenge ACK instead, whose number makes the next RST right.
/// Without ack_known the near end is in SYN-SENT, where a RST has to acknowledge the SYN (RFC 9293
/// section 3.10.7.3).
///
/// A false packet if the pool is exhausted. Precondition: both addresses are of one family.
Packet make_tcp_reset(BufferPool& pool, const TcpNearEnd& near_end);

}  // namespace wirebraid
