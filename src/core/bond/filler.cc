#include "core/bond/filler.h"

#include <algorithm>

#include "wirebraid/bytes.h"

namespace wirebraid {

namespace {
constexpr uint8_t kReservedProtocol = 255;  // IANA: reserved, so no host sends it
constexpr size_t kHeaderSize = 20;
}  // namespace

Packet make_filler(BufferPool& pool) {
  Packet packet = pool.allocate();
  if (!packet) return packet;
  packet.resize(kFillerSize);
  std::fill_n(packet.data(), kFillerSize, uint8_t{0});
  packet.data()[0] = 0x45;  // version 4, no options; addresses stay 0.0.0.0
  packet.data()[2] = kFillerSize >> 8;
  packet.data()[3] = kFillerSize & 0xff;
  packet.data()[8] = 1;  // TTL
  packet.data()[9] = kReservedProtocol;
  static_assert(kFillerSize > kHeaderSize);
  return packet;
}

bool is_filler(const IpInfo& info) {
  return info.version == 4 && info.protocol == kReservedProtocol &&
         std::all_of(info.source, info.source + 4, [](uint8_t byte) { return byte == 0; });
}

}  // namespace wirebraid
