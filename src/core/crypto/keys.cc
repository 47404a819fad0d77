#include "wirebraid/keys.h"

#include <sodium.h>

#include "wirebraid/platform.h"
#include "wirebraid/worker.h"

namespace wirebraid {

namespace detail {

namespace {
constexpr size_t kBase64Length = 44;
}

void wipe(ByteSpan bytes) { sodium_memzero(bytes.data(), bytes.size()); }

bool equal_constant_time(ConstByteSpan a, ConstByteSpan b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// libsodium's decoders take constant time and refuse non-canonical text (stray bits in the last
// character, missing padding).
bool decode_base64_key(std::string_view text, std::span<uint8_t, kKeySize> out) {
  size_t length = 0;
  return text.size() == kBase64Length &&
         sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length,
                           nullptr, sodium_base64_VARIANT_ORIGINAL) == 0 &&
         length == kKeySize;
}

bool decode_hex_key(std::string_view text, std::span<uint8_t, kKeySize> out) {
  size_t length = 0;
  return text.size() == 2 * kKeySize &&
         sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length,
                        nullptr) == 0 &&
         length == kKeySize;
}

std::string encode_base64_key(std::span<const uint8_t, kKeySize> bytes) {
  std::string text(kBase64Length + 1, '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.resize(kBase64Length);
  return text;
}

std::string encode_hex_key(std::span<const uint8_t, kKeySize> bytes) {
  std::string text(2 * kKeySize + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.resize(2 * kKeySize);
  return text;
}

}  // namespace detail

PrivateKey generate_private_key(Platform& platform) {
  PrivateKey key;
  const auto bytes = key.mutable_bytes();
  platform.random(bytes);
  bytes[0] &= 248U;
  bytes[31] = static_cast<uint8_t>((bytes[31] & 127U) | 64U);
  return key;
}

PresharedKey generate_preshared_key(Platform& platform) {
  PresharedKey key;
  platform.random(key.mutable_bytes());
  return key;
}

CookieSeed generate_cookie_seed(Platform& platform) {
  CookieSeed seed;
  platform.random(seed.mutable_bytes());
  return seed;
}

PublicKey public_key_of(const PrivateKey& key) {
  PublicKey out;
  crypto_scalarmult_base(out.mutable_bytes().data(), key.bytes().data());
  return out;
}

}  // namespace wirebraid
