// Reading and editing of inner IP packets: bounds-checked once, before anything is believed.
#pragma once

#include <cstdint>
#include <optional>

#include "wirebraid/address.h"
#include "wirebraid/bytes.h"

namespace wirebraid {

/// What the data path needs to know of an IP packet. Valid as long as the bytes it was read from.
struct IpInfo {
  uint8_t version = 0;        ///< 4 or 6
  uint8_t traffic_class = 0;  ///< DSCP and ECN
  uint8_t protocol = 0;       ///< of the payload behind IPv6 extension headers
  bool fragment = false;      ///< not the first fragment, or more to come
  uint16_t source_port = 0;   ///< TCP, UDP, SCTP, DCCP, UDP-Lite; 0 otherwise and for fragments
  uint16_t destination_port = 0;
  size_t length = 0;                ///< of the IP packet; the bytes behind it are padding
  const uint8_t* source = nullptr;  ///< 4 or 16 bytes, network order
  const uint8_t* destination = nullptr;
};

/// nullopt unless `bytes` begin with a whole, well-formed IPv4 or IPv6 packet (RFC 791, RFC 8200);
/// bytes behind its length are allowed. Jumbograms are not.
std::optional<IpInfo> read_ip(ConstByteSpan bytes);

/// A hash of the flow that the packet belongs to: protocol, addresses and ports; for fragments
/// protocol and addresses only, so that all of them take one way. Keyed (SipHash-2-4), so that
/// nobody outside can choose collisions.
class FlowHasher {
 public:
  explicit FlowHasher(std::span<const uint8_t, 16> key);
  uint64_t flow(const IpInfo& info) const;
  /// Of an address of `size` bytes.
  uint64_t address(const uint8_t* address, size_t size) const;

 private:
  uint8_t key_[16];
};

/// ECN codepoints (RFC 3168).
inline constexpr uint8_t kEcnMask = 0x3;
inline constexpr uint8_t kEcnNotEct = 0;
inline constexpr uint8_t kEcnEct1 = 1;
inline constexpr uint8_t kEcnEct0 = 2;
inline constexpr uint8_t kEcnCe = 3;

/// DSCP and ECN of an IP packet that has passed read_ip().
uint8_t traffic_class_of(ConstByteSpan packet);
/// The outer ECN field for an inner one, RFC 6040 normal mode (section 4.1): copied.
inline uint8_t ecn_encapsulate(uint8_t inner_traffic_class) {
  return inner_traffic_class & kEcnMask;
}
/// Applies the outer ECN field to the inner packet, RFC 6040 section 4.2 (figure 4). False: the
/// packet must be dropped (outer CE on an inner packet that is not ECN-capable). `packet` must have
/// passed read_ip().
bool ecn_decapsulate(ByteSpan packet, uint8_t outer_traffic_class);
/// Sets the ECN field, with the IPv4 header checksum updated as RFC 1624 says.
void set_ecn(ByteSpan packet, uint8_t ecn);

}  // namespace wirebraid
