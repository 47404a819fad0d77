// SHA-256 of files too large for memory.
#pragma once

#include <sodium/crypto_hash_sha256.h>

#include <string>
#include <string_view>

namespace wirebraid::firmware {

/// SHA-256 (FIPS 180-4) of what is added piece by piece.
class Digest {
 public:
  Digest() { crypto_hash_sha256_init(&state_); }
  void add(std::string_view bytes);
  /// 64 lower-case hexadecimal digits. To be called once.
  std::string hex();

 private:
  crypto_hash_sha256_state state_;
};

std::string digest_of(std::string_view bytes);

}  // namespace wirebraid::firmware
