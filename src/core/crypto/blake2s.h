// BLAKE2s (RFC 7693), and the paper's Hmac and Kdf built on it (section 5.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "core/crypto/secret.h"
#include "wirebraid/bytes.h"

namespace wirebraid::crypto {

inline constexpr size_t kHashSize = 32;
using Hash = std::array<uint8_t, kHashSize>;

/// Incremental; the state is wiped when it dies, since it may hold a key.
class Blake2s {
 public:
  static constexpr size_t kBlockSize = 64;

  /// `digest_size`: 1–32 bytes. `key`: 0–32 bytes; none means unkeyed.
  explicit Blake2s(size_t digest_size = kHashSize, ConstByteSpan key = {});
  Blake2s(const Blake2s&) = default;
  Blake2s& operator=(const Blake2s&) = default;
  ~Blake2s();

  Blake2s& update(ConstByteSpan input);
  /// Writes digest_size bytes. The object is spent afterwards.
  void finish(uint8_t* digest);

 private:
  void compress(const uint8_t* block, uint32_t length, bool last);

  std::array<uint32_t, 8> h_{};
  uint64_t total_ = 0;
  std::array<uint8_t, kBlockSize> buffer_{};
  size_t buffered_ = 0;
  size_t digest_size_;
};

/// Hash of the concatenation of `parts`.
Hash blake2s(std::initializer_list<ConstByteSpan> parts);
/// Mac(key, input): keyed BLAKE2s with a digest of 16 bytes.
std::array<uint8_t, 16> blake2s_mac(ConstByteSpan key, std::initializer_list<ConstByteSpan> parts);
/// Hmac(key, input). `key` has at most 64 bytes.
void hmac_blake2s(ConstByteSpan key, std::initializer_list<ConstByteSpan> parts,
                  std::array<uint8_t, kHashSize>& out);

/// Kdf1, Kdf2 and Kdf3: HKDF with Hmac. Outputs may be the same object as `chaining_key`; it is
/// read before they are written.
using ChainingKey = Secret<kHashSize>;
void kdf1(const ChainingKey& chaining_key, ConstByteSpan input, ChainingKey& t1);
void kdf2(const ChainingKey& chaining_key, ConstByteSpan input, ChainingKey& t1,
          Secret<kHashSize>& t2);
void kdf3(const ChainingKey& chaining_key, ConstByteSpan input, ChainingKey& t1,
          Secret<kHashSize>& t2, Secret<kHashSize>& t3);

}  // namespace wirebraid::crypto
