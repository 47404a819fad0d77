// Keys as distinct types, so that a public key is never passed where a private one is meant.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wirebraid/bytes.h"

namespace wirebraid {

class Platform;

inline constexpr size_t kKeySize = 32;

namespace detail {
void wipe(ByteSpan bytes);
bool equal_constant_time(ConstByteSpan a, ConstByteSpan b);
bool decode_base64_key(std::string_view text, std::span<uint8_t, kKeySize> out);
bool decode_hex_key(std::string_view text, std::span<uint8_t, kKeySize> out);
std::string encode_base64_key(std::span<const uint8_t, kKeySize> bytes);
std::string encode_hex_key(std::span<const uint8_t, kKeySize> bytes);
}  // namespace detail

/// 32 bytes. Secret kinds are wiped when they die. Comparison takes constant time.
template <class Kind>
class Key {
 public:
  Key() = default;
  explicit Key(std::span<const uint8_t, kKeySize> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key() {
    if constexpr (Kind::kSecret) detail::wipe(bytes_);
  }

  /// 44 characters of base64 with padding, as in WireGuard's configuration files; or 64 of hex, as
  /// in its UAPI. nullopt for anything else.
  static std::optional<Key> from_base64(std::string_view text) {
    Key key;
    if (!detail::decode_base64_key(text, key.bytes_)) return std::nullopt;
    return key;
  }
  static std::optional<Key> from_hex(std::string_view text) {
    Key key;
    if (!detail::decode_hex_key(text, key.bytes_)) return std::nullopt;
    return key;
  }
  std::string to_base64() const { return detail::encode_base64_key(bytes_); }
  std::string to_hex() const { return detail::encode_hex_key(bytes_); }

  std::span<const uint8_t, kKeySize> bytes() const { return bytes_; }
  std::span<uint8_t, kKeySize> mutable_bytes() { return bytes_; }
  bool is_zero() const { return *this == Key(); }

  friend bool operator==(const Key& a, const Key& b) {
    return detail::equal_constant_time(a.bytes_, b.bytes_);
  }

 private:
  std::array<uint8_t, kKeySize> bytes_{};
};

struct PrivateKeyKind {
  static constexpr bool kSecret = true;
};
struct PublicKeyKind {
  static constexpr bool kSecret = false;
};
struct PresharedKeyKind {
  static constexpr bool kSecret = true;
};
using PrivateKey = Key<PrivateKeyKind>;
using PublicKey = Key<PublicKeyKind>;
using PresharedKey = Key<PresharedKeyKind>;

/// A fresh private key, clamped as in RFC 7748 section 5.
PrivateKey generate_private_key(Platform& platform);
PresharedKey generate_preshared_key(Platform& platform);
/// X25519 with the base point (RFC 7748 section 6.1).
PublicKey public_key_of(const PrivateKey& key);

}  // namespace wirebraid

template <>
struct std::hash<wirebraid::PublicKey> {
  size_t operator()(const wirebraid::PublicKey& key) const noexcept {
    return static_cast<size_t>(wirebraid::load_le<uint64_t>(key.bytes().data()));
  }
};
