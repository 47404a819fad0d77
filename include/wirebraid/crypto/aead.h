// ChaCha20-Poly1305 (RFC 8439) behind an interface, because the fastest implementation differs from
// machine to machine; and the two rarer forms that handshakes and cookies need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "wirebraid/bytes.h"

namespace wirebraid::crypto {

inline constexpr size_t kAeadKeySize = 32;
inline constexpr size_t kTagSize = 16;
inline constexpr size_t kNonceSize = 12;
inline constexpr size_t kXNonceSize = 24;

using AeadKey = std::span<const uint8_t, kAeadKeySize>;
using Nonce = std::span<const uint8_t, kNonceSize>;
using XNonce = std::span<const uint8_t, kXNonceSize>;

/// One key, prepared for use on the data path: no associated data, and a nonce of four zero bytes
/// and the counter in little-endian (white paper section 5.4.6). Never allocates after its
/// construction; wipes its key when it dies. Not thread-safe.
class Aead {
 public:
  virtual ~Aead() = default;
  Aead(const Aead&) = delete;
  Aead& operator=(const Aead&) = delete;

  /// Writes plaintext.size() + kTagSize bytes to `out`, which is either the plaintext's own start
  /// or does not overlap it. A counter must never be used twice.
  virtual void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) = 0;
  /// Decrypts in place: the plaintext is the first sealed.size() - kTagSize bytes. False if it does
  /// not authenticate or is shorter than a tag; its bytes are then unspecified.
  virtual bool open(ByteSpan sealed, uint64_t counter) = 0;

 protected:
  Aead() = default;
};

/// Makes Aeads. One object per implementation.
class AeadBackend {
 public:
  virtual ~AeadBackend() = default;
  virtual std::string_view name() const = 0;
  virtual std::unique_ptr<Aead> create(AeadKey key) const = 0;
};

/// The implementation that is always there.
const AeadBackend& sodium_aead();

/// ChaCha20-Poly1305 with associated data, for handshake messages. `out` has room for
/// plaintext.size() + kTagSize bytes and does not overlap the plaintext.
void seal(AeadKey key, Nonce nonce, ConstByteSpan associated_data, ConstByteSpan plaintext,
          uint8_t* out);
/// `out` has room for sealed.size() - kTagSize bytes. False if it does not authenticate.
[[nodiscard]] bool open(AeadKey key, Nonce nonce, ConstByteSpan associated_data,
                        ConstByteSpan sealed, uint8_t* out);

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), for cookies. Otherwise as above.
void xseal(AeadKey key, XNonce nonce, ConstByteSpan associated_data, ConstByteSpan plaintext,
           uint8_t* out);
[[nodiscard]] bool xopen(AeadKey key, XNonce nonce, ConstByteSpan associated_data,
                         ConstByteSpan sealed, uint8_t* out);

}  // namespace wirebraid::crypto
