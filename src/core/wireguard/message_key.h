// One direction of a key pair: seals or opens transport messages.
#pragma once

#include <memory>

#include "core/crypto/counter_nonce.h"
#include "core/wireguard/noise.h"
#include "wirebraid/crypto/aead.h"

namespace wirebraid::wireguard {

/// What a library prepares for a key can be large (1 kB in OpenSSL) and pays only where there is
/// traffic. So the first messages do without: an idle session has few between two handshakes.
class MessageKey {
 public:
  static constexpr uint32_t kFewMessages = 64;

  explicit MessageKey(const SymmetricKey& key) : key_(key) {}

  /// As Aead's. `backend`: always the same; must outlive it.
  void seal(const crypto::AeadBackend& backend, ConstByteSpan plaintext, uint64_t counter,
            uint8_t* out) {
    if (prepare(backend)) {
      aead_->seal(plaintext, counter, out);
    } else {
      crypto::seal(key_, crypto::counter_nonce(counter), {}, plaintext, out);
    }
  }
  bool open(const crypto::AeadBackend& backend, ByteSpan sealed, uint64_t counter) {
    if (prepare(backend)) return aead_->open(sealed, counter);
    return crypto::open(key_, crypto::counter_nonce(counter), {}, sealed, sealed.data());
  }

 private:
  /// Counts a message. True if the library's object is there.
  bool prepare(const crypto::AeadBackend& backend) {
    if (aead_) return true;
    if (messages_++ < kFewMessages) return false;
    aead_ = backend.create(key_);
    key_.clear();
    return true;
  }

  std::unique_ptr<crypto::Aead> aead_;
  SymmetricKey key_;  ///< until `aead_` has it
  uint32_t messages_ = 0;
};

}  // namespace wirebraid::wireguard
