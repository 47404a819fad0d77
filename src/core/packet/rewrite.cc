#include "core/packet/rewrite.h"

#include <algorithm>
#include <optional>

#include "core/packet/checksum.h"
#include "core/packet/protocols.h"

namespace wirebraid {

namespace {

constexpr size_t kIpv4Checksum = 10;

/// Where things are in an IP packet that may be cut off behind its first header.
struct Layout {
  enum class Transport : uint8_t { present, later_fragment, cut_off };

  uint8_t version = 0;
  uint8_t protocol = 0;
  Transport transport_state = Transport::present;
  bool final_destination = true;  ///< the destination is the one of the pseudo-header
  size_t end = 0;                 ///< of what is there of the packet
  size_t transport = 0;           ///< offset; meaningful if present

  size_t address_size() const { return version == 4 ? 4 : 16; }
  size_t address(AddressPlace place) const {
    const size_t source = version == 4 ? 12 : 8;
    return place == AddressPlace::source ? source : source + address_size();
  }
  bool is(Protocol wanted) const { return protocol == static_cast<uint8_t>(wanted); }
  bool is_icmp() const { return is(version == 4 ? Protocol::icmp : Protocol::icmp_v6); }
};

std::optional<Layout> lay_out_v4(ConstByteSpan bytes) {
  if (bytes.size() < kIpv4MinHeader) return std::nullopt;
  const size_t header = static_cast<size_t>(bytes[0] & 0xf) * 4;
  const size_t length = load_be<uint16_t>(&bytes[2]);
  if (header < kIpv4MinHeader || header > bytes.size() || length < header) return std::nullopt;
  Layout layout;
  layout.version = 4;
  layout.protocol = bytes[9];
  layout.end = std::min(bytes.size(), length);
  layout.transport = header;
  if ((load_be<uint16_t>(&bytes[6]) & 0x1fff) != 0)
    layout.transport_state = Layout::Transport::later_fragment;
  return layout;
}

std::optional<Layout> lay_out_v6(ConstByteSpan bytes) {
  if (bytes.size() < kIpv6Header) return std::nullopt;
  Layout layout;
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
      layout.transport_state = Layout::Transport::later_fragment;
      return layout;
    }
    if (layout.is(Protocol::routing) && rest[3] != 0) layout.final_destination = false;
    if (size > rest.size()) break;
    layout.protocol = rest[0];
    layout.transport += size;
  }
  layout.transport_state = Layout::Transport::cut_off;
  return layout;
}

std::optional<Layout> lay_out(ConstByteSpan bytes) {
  if (bytes.empty()) return std::nullopt;
  if (bytes[0] >> 4 == 4) return lay_out_v4(bytes);
  if (bytes[0] >> 4 == 6) return lay_out_v6(bytes);
  return std::nullopt;
}

/// Offset in the transport header of the checksum that covers the addresses.
std::optional<size_t> checksum_offset(const Layout& layout) {
  switch (static_cast<Protocol>(layout.protocol)) {
    case Protocol::tcp:
      return 16;
    case Protocol::udp:
    case Protocol::udp_lite:
    case Protocol::dccp:
      return 6;
    case Protocol::icmp_v6:
      return layout.version == 6 ? std::optional<size_t>(2) : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// Where in the packet that checksum is; nullopt if there is none or it is not there.
std::optional<size_t> checksum_in(const Layout& layout) {
  const auto offset = checksum_offset(layout);
  if (!offset || layout.transport_state != Layout::Transport::present) return std::nullopt;
  const size_t at = layout.transport + *offset;
  if (at + 2 > layout.end) return std::nullopt;
  return at;
}

/// A checksum that must be there is not.
bool lacks_checksum(const Layout& layout) {
  if (layout.transport_state == Layout::Transport::later_fragment) return false;
  if (layout.transport_state == Layout::Transport::cut_off) return true;
  return checksum_offset(layout) && !checksum_in(layout);
}

/// Makes the checksum at `at` follow `delta`, and notes its own change in `covering`, if given.
void follow(uint8_t* at, const ChecksumDelta& delta, ChecksumDelta* covering,
            bool never_zero = false) {
  const auto before = load_be<uint16_t>(at);
  uint16_t after = delta.apply(before);
  if (never_zero && after == 0) after = 0xffff;
  store_be(at, after);
  if (covering != nullptr) covering->replace(before, after);
}

void follow_transport(ByteSpan packet, const Layout& layout, const ChecksumDelta& delta,
                      ChecksumDelta* covering) {
  const auto at = checksum_in(layout);
  if (!at) return;
  if (layout.is(Protocol::udp) && load_be<uint16_t>(&packet[*at]) == 0) return;
  // RFC 768, RFC 3828 section 3.1: a result of 0 is sent as all ones.
  const bool never_zero = layout.is(Protocol::udp) || layout.is(Protocol::udp_lite);
  follow(&packet[*at], delta, covering, never_zero);
}

AddressPlace opposite(AddressPlace place) {
  return place == AddressPlace::source ? AddressPlace::destination : AddressPlace::source;
}

/// Replaces the address and makes the packet's own checksums follow. `delta`: the address's change.
/// Changes of all bytes are noted in `covering`, if given.
void replace_in(ByteSpan packet, const Layout& layout, AddressPlace place, const IpAddress& to,
                const ChecksumDelta& delta, ChecksumDelta* covering) {
  const ByteSpan address = packet.subspan(layout.address(place), layout.address_size());
  if (covering != nullptr) covering->replace(address, to.bytes());
  std::ranges::copy(to.bytes(), address.begin());
  if (layout.version == 4) follow(&packet[kIpv4Checksum], delta, covering);
  if (place == AddressPlace::source || layout.final_destination)
    follow_transport(packet, layout, delta, covering);
}

/// Whether an ICMP message of this type has the packet in it that it complains of.
bool is_error(uint8_t version, uint8_t type) {
  if (version == 6) return type < 128;  // RFC 4443 section 2.1
  // RFC 792: unreachable, source quench, redirect, time exceeded, parameter problem.
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/// The packet within an ICMP error, without RFC 4884 extensions behind it. Precondition: `message`
/// has its 8 bytes of header.
ByteSpan packet_within(ByteSpan message, uint8_t version) {
  const ByteSpan within = message.subspan(8);
  const uint8_t type = message[0];
  size_t length = 0;
  if (version == 4 && (type == 3 || type == 11 || type == 12)) length = size_t{message[5]} * 4;
  if (version == 6 && (type == 1 || type == 3)) length = size_t{message[4]} * 8;
  // Section 5.3: with extensions there are at least 128 bytes of the packet; a smaller length comes
  // from somebody who knows nothing of them.
  if (length < 128 || length > within.size()) return within;
  return within.first(length);
}

}  // namespace

RewriteResult rewrite_address(ByteSpan packet, AddressPlace place, const IpAddress& to) {
  const auto outer = lay_out(packet);
  if (!outer) return RewriteResult::malformed;
  if (to.bytes().size() != outer->address_size()) return RewriteResult::wrong_family;
  if (lacks_checksum(*outer)) return RewriteResult::malformed;

  ChecksumDelta delta;
  const ByteSpan address = packet.subspan(outer->address(place), outer->address_size());
  delta.replace(address, to.bytes());

  const bool icmp = outer->is_icmp() && outer->transport_state == Layout::Transport::present;
  ChecksumDelta message_delta;
  if (icmp) {
    const ByteSpan message = packet.subspan(outer->transport, outer->end - outer->transport);
    if (message.empty()) return RewriteResult::malformed;
    if (is_error(outer->version, message[0])) {
      if (message.size() < 8) return RewriteResult::malformed;
      const ByteSpan within = packet_within(message, outer->version);
      const auto inner = lay_out(within);
      if (!inner || inner->version != outer->version) return RewriteResult::malformed;
      const size_t at = inner->address(opposite(place));
      if (std::ranges::equal(within.subspan(at, inner->address_size()), address)) {
        replace_in(within, *inner, opposite(place), to, delta, &message_delta);
        follow(&message[2], message_delta, nullptr);
      }
    }
  }
  replace_in(packet, *outer, place, to, delta, nullptr);
  return RewriteResult::done;
}

}  // namespace wirebraid
