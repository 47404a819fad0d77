#include "core/packet/tcp_reset.h"

#include "core/packet/make_ip.h"
#include "core/packet/tcp_segment.h"

namespace wirebraid {

Packet make_tcp_reset(BufferPool& pool, const TcpNearEnd& near_end) {
  constexpr size_t kHeader = 20;
  Packet packet =
      make_ip(pool, near_end.far_address, near_end.near_address, Protocol::tcp, kHeader);
  if (!packet) return packet;
  const ByteSpan tcp = payload_of(packet);
  store_be(&tcp[0], near_end.far_port);
  store_be(&tcp[2], near_end.near_port);
  tcp[12] = kHeader / 4 << 4;
  if (near_end.ack_known) {
    store_be(&tcp[4], near_end.acknowledged);
    tcp[13] = kTcpRst;
  } else {
    store_be(&tcp[8], near_end.next_sequence);
    tcp[13] = kTcpRst | kTcpAck;
  }
  store_be(&tcp[16], transport_checksum(near_end.far_address.bytes(), near_end.near_address.bytes(),
                                        Protocol::tcp, tcp));
  return packet;
}

}  // namespace wirebraid
