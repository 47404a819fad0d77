// ChaCha20-Poly1305 (RFC 8439) behind an interface, because the fastest implementation differs from
// machine to machine; and the two rarer forms that handshakes and cookies need.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

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
  /// not authenticate or is shorter than a tag; its bytes are then unspecified, but no plaintext.
  virtual bool open(ByteSpan sealed, uint64_t counter) = 0;

 protected:
  Aead() = default;
};

/// Makes Aeads. It must outlive them, and it and they are for one thread: a worker has its own.
class AeadBackend {
 public:
  virtual ~AeadBackend() = default;
  /// One of kAeadNames.
  virtual std::string_view name() const = 0;
  virtual std::unique_ptr<Aead> create(AeadKey key) const = 0;
};

/// All implementations that there are, whether built in or not.
inline constexpr std::array<std::string_view, 3> kAeadNames{"libsodium", "openssl", "ipsec-mb"};

/// The implementation that is always there. This object may be shared by threads.
const AeadBackend& sodium_aead();
/// nullptr if it was not built in or this processor cannot run it.
std::unique_ptr<AeadBackend> make_aead_backend(std::string_view name);
/// All that there are here, in the order of kAeadNames.
std::vector<std::unique_ptr<AeadBackend>> make_aead_backends();
/// Whether `backend` does what libsodium's general function does: seals alike, in place and not,
/// opens what that sealed, and refuses forgeries. Lengths around every block size that
/// implementations have.
bool passes_self_test(const AeadBackend& backend);

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
