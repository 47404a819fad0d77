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

bool tcp_has_timestamps(ConstByteSpan packet) {
  constexpr uint8_t kEnd = 0;
  constexpr uint8_t kNoOperation = 1;
  constexpr uint8_t kTimestamps = 8;
  const size_t tcp = lay_out(packet)->transport;
  const size_t end = tcp + static_cast<size_t>(packet[tcp + 12] >> 4) * 4;
  for (size_t at = tcp + kTcpMinHeader; at < end && packet[at] != kEnd;) {
    if (packet[at] == kTimestamps) return true;
    if (packet[at] == kNoOperation) {
      ++at;
    } else if (at + 1 < end && packet[at + 1] >= 2) {
      at += packet[at + 1];
    } else {
      break;
    }
  }
  return false;
}

}  // namespace wirebraid
