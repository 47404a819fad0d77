// Where the parts of an IP packet are, also of one that is cut off: what editing needs to know
// beyond what read_ip() tells.
#pragma once

#include <cstdint>
#include <optional>

#include "core/packet/protocols.h"
#include "wirebraid/bytes.h"

namespace wirebraid {

enum class AddressPlace : uint8_t { source, destination };

struct IpLayout {
  enum class Transport : uint8_t {
    present,
    later_fragment,  ///< a fragment that begins with something else
    cut_off,         ///< extension headers lead out of the packet, or are too many
  };

  uint8_t version = 0;   ///< 4 or 6
  uint8_t protocol = 0;  ///< of the transport header, if present
  Transport transport_state = Transport::present;
  /// The destination is the one that the pseudo-header has: no IPv6 routing header has segments
  /// left (RFC 8200 section 8.1).
  bool final_destination = true;
  size_t end = 0;        ///< of what is there of the packet; padding is behind
  size_t transport = 0;  ///< offset of the transport header, if present; at most `end`

  size_t address_size() const { return version == 4 ? 4 : 16; }
  size_t address(AddressPlace place) const {
    const size_t source = version == 4 ? 12 : 8;
    return place == AddressPlace::source ? source : source + address_size();
  }
  bool has_transport() const { return transport_state == Transport::present; }
  bool is(Protocol wanted) const { return protocol == static_cast<uint8_t>(wanted); }
};

/// `bytes` may end anywhere behind the first header, which must be whole: nullopt otherwise, and
/// for anything else than IPv4 (RFC 791) or IPv6 (RFC 8200).
std::optional<IpLayout> lay_out(ConstByteSpan bytes);

}  // namespace wirebraid
