#include "core/packet/tcp_segment.h"

#include "core/packet/ip_layout.h"

namespace wirebraid {

std::optional<TcpSegment> read_tcp(ConstByteSpan packet) {
  const auto layout = lay_out(packet);
  if (!layout || !layout->is(Protocol::tcp) || !layout->has_transport()) return std::nullopt;
  const ConstByteSpan tcp = packet.subspan(layout->transport, layout->end - layout->transport);
  if (tcp.size() < kTcpMinHeader) return std::nullopt;
  const size_t header = static_cast<size_t>(tcp[12] >> 4) * 4;
  if (header < kTcpMinHeader || header > tcp.size()) return std::nullopt;
  TcpSegment segment;
  segment.sequence = load_be<uint32_t>(&tcp[4]);
  segment.acknowledged = load_be<uint32_t>(&tcp[8]);
  segment.flags = tcp[13];
  segment.length = static_cast<uint32_t>(tcp.size() - header) + (segment.has(kTcpSyn) ? 1 : 0) +
                   (segment.has(kTcpFin) ? 1 : 0);
  return segment;
}

}  // namespace wirebraid
