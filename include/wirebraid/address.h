// Addresses, prefixes and endpoints of both IP versions, with their text forms.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wirebraid/bytes.h"

namespace wirebraid {

enum class Family : uint8_t { none = 0, v4 = 4, v6 = 6 };

/// An IPv4 or IPv6 address in network byte order. A default-constructed one has Family::none.
class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress v4(std::span<const uint8_t, 4> bytes);
  static IpAddress v6(std::span<const uint8_t, 16> bytes);
  /// Text as in RFC 4291 section 2.2 or dotted quad; no port, no zone. nullopt if it is neither.
  static std::optional<IpAddress> parse(std::string_view text);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::v4; }
  bool is_v6() const { return family_ == Family::v6; }
  explicit operator bool() const { return family_ != Family::none; }
  /// 4 or 16 bytes; 0 for Family::none.
  ConstByteSpan bytes() const { return {bytes_.data(), is_v4() ? 4u : is_v6() ? 16u : 0u}; }
  /// 32, 128 or 0.
  unsigned bits() const { return is_v4() ? 32 : is_v6() ? 128 : 0; }
  bool is_link_local() const;
  bool is_unspecified() const;
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::none;
  std::array<uint8_t, 16> bytes_{};
};

/// An address and a prefix length.
struct Prefix {
  IpAddress address;
  uint8_t length = 0;

  /// "10.0.0.0/8", or an address alone for a host prefix. Host bits are kept as written; masked()
  /// clears them. nullopt if malformed or longer than the family allows.
  static std::optional<Prefix> parse(std::string_view text);
  Prefix masked() const;
  bool contains(const IpAddress& other) const;
  std::string to_string() const;
  friend auto operator<=>(const Prefix&, const Prefix&) = default;
};

/// Where datagrams go to or come from.
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  uint32_t scope = 0;  ///< interface index, for link-local IPv6 only

  /// "192.0.2.1:51820" or "[2001:db8::1]:51820", with a zone ("[fe80::1%3]:1") only as a number.
  static std::optional<Endpoint> parse(std::string_view text);
  explicit operator bool() const { return static_cast<bool>(address); }
  std::string to_string() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// The local side of a datagram: the address it arrived at and on which device. Sent back as the
/// "sticky" source, so that replies leave where the peer expects them.
struct LocalSource {
  IpAddress address;
  uint32_t device = 0;  ///< interface index; 0: any
  friend auto operator<=>(const LocalSource&, const LocalSource&) = default;
};

}  // namespace wirebraid

template <>
struct std::hash<wirebraid::IpAddress> {
  size_t operator()(const wirebraid::IpAddress& address) const noexcept {
    const auto bytes = address.bytes();
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};
