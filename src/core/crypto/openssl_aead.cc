#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "core/crypto/aead_backends.h"
#include "core/crypto/counter_nonce.h"

namespace wirebraid::crypto {

namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // wipes it
};

/// The context keeps the key; only the nonce is set per packet.
class OpenSslAead final : public Aead {
 public:
  OpenSslAead(const EVP_CIPHER* cipher, AeadKey key) : context_(EVP_CIPHER_CTX_new()) {
    if (!context_ ||
        EVP_CipherInit_ex2(context_.get(), cipher, key.data(), nullptr, 1, nullptr) != 1)
      throw std::bad_alloc();
  }

  void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) override {
    const auto nonce = counter_nonce(counter);
    EVP_CIPHER_CTX* const context = context_.get();
    const auto size = static_cast<int>(plaintext.size());
    int written = 0;
    const bool done =
        EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), 1, nullptr) == 1 &&
        EVP_CipherUpdate(context, out, &written, plaintext.data(), size) == 1 &&
        EVP_CipherFinal_ex(context, out + size, &written) == 1 &&
        EVP_CIPHER_CTX_get_params(context, tag_at(out + size)) == 1;
    // Nothing of the above can fail with these arguments. If it did, plaintext would be sent.
    if (!done) std::abort();
  }

  bool open(ByteSpan sealed, uint64_t counter) override {
    if (sealed.size() < kTagSize) return false;
    const auto nonce = counter_nonce(counter);
    EVP_CIPHER_CTX* const context = context_.get();
    uint8_t* const text = sealed.data();
    const size_t size = sealed.size() - kTagSize;
    int written = 0;
    // The last step compares the tags, in constant time.
    const bool authentic =
        EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), 0, nullptr) == 1 &&
        EVP_CIPHER_CTX_set_params(context, tag_at(text + size)) == 1 &&
        EVP_CipherUpdate(context, text, &written, text, static_cast<int>(size)) == 1 &&
        EVP_CipherFinal_ex(context, text + size, &written) == 1;
    if (!authentic) std::fill_n(text, size, uint8_t{0});
    return authentic;
  }

 private:
  OSSL_PARAM* tag_at(uint8_t* place) {
    tag_[0].data = place;
    return tag_.data();
  }

  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context_;
  // Kept, since making one anew (as EVP_CIPHER_CTX_ctrl() does) takes a tenth of a packet's time.
  std::array<OSSL_PARAM, 2> tag_{
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, nullptr, kTagSize),
      OSSL_PARAM_construct_end()};
};

class OpenSslBackend final : public AeadBackend {
 public:
  // Fetched once: a look-up by name takes locks.
  OpenSslBackend() : cipher_(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr)) {}
  bool usable() const { return cipher_ != nullptr; }
  std::string_view name() const override { return "openssl"; }
  std::unique_ptr<Aead> create(AeadKey key) const override {
    return std::make_unique<OpenSslAead>(cipher_.get(), key);
  }

 private:
  std::unique_ptr<EVP_CIPHER, FreeCipher> cipher_;
};

}  // namespace

std::unique_ptr<AeadBackend> make_openssl_aead() {
  auto backend = std::make_unique<OpenSslBackend>();
  if (!backend->usable()) return nullptr;
  return backend;
}

}  // namespace wirebraid::crypto
