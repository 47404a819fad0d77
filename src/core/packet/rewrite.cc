#include "core/packet/rewrite.h"

#include <algorithm>
#include <optional>

#include "core/packet/checksum.h"

namespace wirebraid {

namespace {

constexpr size_t kIpv4Checksum = 10;

/// Offset in the transport header of the checksum that covers the addresses.
std::optional<size_t> checksum_offset(const IpLayout& layout) {
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
std::optional<size_t> checksum_in(const IpLayout& layout) {
  const auto offset = checksum_offset(layout);
  if (!offset || !layout.has_transport()) return std::nullopt;
  const size_t at = layout.transport + *offset;
  if (at + 2 > layout.end) return std::nullopt;
  return at;
}

/// A checksum that must be there is not.
bool lacks_checksum(const IpLayout& layout) {
  if (layout.transport_state == IpLayout::Transport::later_fragment) return false;
  if (layout.transport_state == IpLayout::Transport::cut_off) return true;
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

void follow_transport(ByteSpan packet, const IpLayout& layout, const ChecksumDelta& delta,
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
void replace_in(ByteSpan packet, const IpLayout& layout, AddressPlace place, const IpAddress& to,
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

  const bool icmp =
      outer->is(outer->version == 4 ? Protocol::icmp : Protocol::icmp_v6) && outer->has_transport();
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
