#include "core/crypto/x25519.h"

#include <sodium.h>

namespace wirebraid::crypto {

bool x25519(const PrivateKey& private_key, const PublicKey& public_key, SharedSecret& out) {
  const int failed =
      crypto_scalarmult(out.data(), private_key.bytes().data(), public_key.bytes().data());
  if (failed != 0 || sodium_is_zero(out.data(), out.size()) != 0) {
    out.clear();
    return false;
  }
  return true;
}

}  // namespace wirebraid::crypto
