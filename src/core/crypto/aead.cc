#include "wirebraid/crypto/aead.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "core/crypto/secret.h"

namespace wirebraid::crypto {

namespace {

std::array<uint8_t, kNonceSize> nonce_of(uint64_t counter) {
  std::array<uint8_t, kNonceSize> nonce{};
  store_le<uint64_t>(nonce.data() + 4, counter);
  return nonce;
}

class SodiumAead final : public Aead {
 public:
  explicit SodiumAead(AeadKey key) { std::copy(key.begin(), key.end(), key_.begin()); }
  void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) override {
    crypto::seal(key_, nonce_of(counter), {}, plaintext, out);
  }
  bool open(ByteSpan sealed, uint64_t counter) override {
    return crypto::open(key_, nonce_of(counter), {}, sealed, sealed.data());
  }

 private:
  Secret<kAeadKeySize> key_;
};

class SodiumBackend final : public AeadBackend {
 public:
  // Choosing the processor's instructions is what sodium_init() does for these functions; without
  // it they are right but slow, so its result does not matter.
  SodiumBackend() { [[maybe_unused]] const int ready = sodium_init(); }
  std::string_view name() const override { return "libsodium"; }
  std::unique_ptr<Aead> create(AeadKey key) const override {
    return std::make_unique<SodiumAead>(key);
  }
};

}  // namespace

const AeadBackend& sodium_aead() {
  static const SodiumBackend backend;
  return backend;
}

void seal(AeadKey key, Nonce nonce, ConstByteSpan associated_data, ConstByteSpan plaintext,
          uint8_t* out) {
  crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, plaintext.data(), plaintext.size(),
                                            associated_data.data(), associated_data.size(), nullptr,
                                            nonce.data(), key.data());
}

bool open(AeadKey key, Nonce nonce, ConstByteSpan associated_data, ConstByteSpan sealed,
          uint8_t* out) {
  if (sealed.size() < kTagSize) return false;  // the library wants no null pointer, either
  return crypto_aead_chacha20poly1305_ietf_decrypt(
             out, nullptr, nullptr, sealed.data(), sealed.size(), associated_data.data(),
             associated_data.size(), nonce.data(), key.data()) == 0;
}

void xseal(AeadKey key, XNonce nonce, ConstByteSpan associated_data, ConstByteSpan plaintext,
           uint8_t* out) {
  crypto_aead_xchacha20poly1305_ietf_encrypt(out, nullptr, plaintext.data(), plaintext.size(),
                                             associated_data.data(), associated_data.size(),
                                             nullptr, nonce.data(), key.data());
}

bool xopen(AeadKey key, XNonce nonce, ConstByteSpan associated_data, ConstByteSpan sealed,
           uint8_t* out) {
  if (sealed.size() < kTagSize) return false;
  return crypto_aead_xchacha20poly1305_ietf_decrypt(
             out, nullptr, nullptr, sealed.data(), sealed.size(), associated_data.data(),
             associated_data.size(), nonce.data(), key.data()) == 0;
}

}  // namespace wirebraid::crypto
