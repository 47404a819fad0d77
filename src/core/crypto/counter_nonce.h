// The data path's nonce (white paper section 5.4.6).
#pragma once

#include <array>

#include "wirebraid/bytes.h"
#include "wirebraid/crypto/aead.h"

namespace wirebraid::crypto {

/// Four zero bytes and the counter in little-endian.
inline std::array<uint8_t, kNonceSize> counter_nonce(uint64_t counter) {
  std::array<uint8_t, kNonceSize> nonce{};
  store_le<uint64_t>(nonce.data() + 4, counter);
  return nonce;
}

}  // namespace wirebraid::crypto
