#include "core/packet/icmp_echo.h"

#include <algorithm>

#include "core/packet/ip_layout.h"
#include "core/packet/make_ip.h"

namespace wirebraid {

namespace {

constexpr size_t kHeader = 8;

struct Kind {
  Protocol protocol;
  uint8_t request;
  uint8_t reply;
};
constexpr Kind kind_of(bool v4) {
  return v4 ? Kind{Protocol::icmp, 8, 0} : Kind{Protocol::icmp_v6, 128, 129};
}

}  // namespace

Packet make_echo_request(BufferPool& pool, const EchoSession& session, const IpAddress& to,
                         uint16_t sequence, size_t data_size) {
  const Kind kind = kind_of(to.is_v4());
  Packet packet =
      make_ip(pool, session.from, to, kind.protocol, kHeader + std::max(data_size, kMinEchoData));
  if (!packet) return packet;
  const ByteSpan icmp = payload_of(packet);
  icmp[0] = kind.request;
  store_be(&icmp[4], session.identifier);
  store_be(&icmp[6], sequence);
  store_be(&icmp[kHeader], session.token);
  store_be(&icmp[2], transport_checksum(session.from.bytes(), to.bytes(), kind.protocol, icmp));
  return packet;
}

std::optional<uint16_t> read_echo_reply(ConstByteSpan packet, const EchoSession& session,
                                        std::span<const IpAddress> targets) {
  const auto layout = lay_out(packet);
  if (!layout || !layout->has_transport()) return std::nullopt;
  const Kind kind = kind_of(layout->version == 4);
  if (!layout->is(kind.protocol)) return std::nullopt;
  const ConstByteSpan icmp = packet.subspan(layout->transport, layout->end - layout->transport);
  if (icmp.size() < kHeader + kMinEchoData || icmp[0] != kind.reply || icmp[1] != 0 ||
      load_be<uint16_t>(&icmp[4]) != session.identifier ||
      load_be<uint64_t>(&icmp[kHeader]) != session.token)
    return std::nullopt;
  const auto address = [&](AddressPlace place) {
    return packet.subspan(layout->address(place), layout->address_size());
  };
  const ConstByteSpan source = address(AddressPlace::source);
  const ConstByteSpan destination = address(AddressPlace::destination);
  if (!std::ranges::equal(destination, session.from.bytes())) return std::nullopt;
  const bool from_target = std::ranges::any_of(
      targets, [&](const IpAddress& target) { return std::ranges::equal(source, target.bytes()); });
  if (!from_target || transport_checksum(source, destination, kind.protocol, icmp) != 0)
    return std::nullopt;
  return load_be<uint16_t>(&icmp[6]);
}

}  // namespace wirebraid
