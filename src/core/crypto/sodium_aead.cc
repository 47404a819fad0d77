#include <sodium.h>

#include <algorithm>

#include "core/crypto/aead_backends.h"
#include "core/crypto/counter_nonce.h"
#include "core/crypto/secret.h"

namespace wirebraid::crypto {

namespace {

class SodiumAead final : public Aead {
 public:
  explicit SodiumAead(AeadKey key) { std::copy(key.begin(), key.end(), key_.begin()); }
  void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) override {
    crypto::seal(key_, counter_nonce(counter), {}, plaintext, out);
  }
  bool open(ByteSpan sealed, uint64_t counter) override {
    return crypto::open(key_, counter_nonce(counter), {}, sealed, sealed.data());
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

std::unique_ptr<AeadBackend> make_sodium_aead() { return std::make_unique<SodiumBackend>(); }

}  // namespace wirebraid::crypto
