#include "core/packet/ip_layout.h"

#include <algorithm>

namespace wirebraid {

namespace {

std::optional<IpLayout> lay_out_v4(ConstByteSpan bytes) {
  if (bytes.size() < kIpv4MinHeader) return std::nullopt;
  const size_t header = static_cast<size_t>(bytes[0] & 0xf) * 4;
  const size_t length = load_be<uint16_t>(&bytes[2]);
  if (header < kIpv4MinHeader || header > bytes.size() || length < header) return std::nullopt;
  IpLayout layout;
  layout.version = 4;
  layout.protocol = bytes[9];
  layout.end = std::min(bytes.size(), length);
  layout.transport = header;
  if ((load_be<uint16_t>(&bytes[6]) & 0x1fff) != 0)
    layout.transport_state = IpLayout::Transport::later_fragment;
  return layout;
}

std::optional<IpLayout> lay_out_v6(ConstByteSpan bytes) {
  if (bytes.size() < kIpv6Header) return std::nullopt;
  IpLayout layout;
  layout.version = 6;
  layout.protocol = bytes[6];
  layout.end = std::min(bytes.size(), kIpv6Header + load_be<uint16_t>(&bytes[4]));
  layout.transport = kIpv6Header;
  for (int i = 0; i <= kMaxExtensionHeaders; ++i) {
    if (!is_extension_header(layout.protocol)) return layout;
    const ConstByteSpan rest = bytes.subspan(layout.transport, layout.end - layout.transport);
    if (rest.size() < 8) break;
    const size_t size = extension_header_size(layout.protocol, rest);
    if (layout.is(Protocol::fragment) && (load_be<uint16_t>(&rest[2]) & 0xfff8) != 0) {
      layout.transport_state = IpLayout::Transport::later_fragment;
      return layout;
    }
    if (layout.is(Protocol::routing) && rest[3] != 0) layout.final_destination = false;
    if (size > rest.size()) break;
    layout.protocol = rest[0];
    layout.transport += size;
  }
  layout.transport_state = IpLayout::Transport::cut_off;
  return layout;
}

}  // namespace

std::optional<IpLayout> lay_out(ConstByteSpan bytes) {
  if (bytes.empty()) return std::nullopt;
  if (bytes[0] >> 4 == 4) return lay_out_v4(bytes);
  if (bytes[0] >> 4 == 6) return lay_out_v6(bytes);
  return std::nullopt;
}

}  // namespace wirebraid
