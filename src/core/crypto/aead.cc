#include "wirebraid/crypto/aead.h"

#include <sodium.h>

namespace wirebraid::crypto {

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
