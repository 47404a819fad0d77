// Which implementations there are, and whether they can be trusted.
#include "core/crypto/aead_backends.h"

#include <algorithm>

#include "core/crypto/counter_nonce.h"

namespace wirebraid::crypto {

std::unique_ptr<AeadBackend> make_aead_backend(std::string_view name) {
  if (name == "libsodium") return make_sodium_aead();
#ifdef WIREBRAID_HAVE_OPENSSL
  if (name == "openssl") return make_openssl_aead();
#endif
#ifdef WIREBRAID_HAVE_IPSEC_MB
  if (name == "ipsec-mb") return make_ipsec_mb_aead();
#endif
  return nullptr;
}

std::vector<std::unique_ptr<AeadBackend>> make_aead_backends() {
  std::vector<std::unique_ptr<AeadBackend>> backends;
  for (const std::string_view name : kAeadNames) {
    if (auto backend = make_aead_backend(name)) backends.push_back(std::move(backend));
  }
  return backends;
}

bool passes_self_test(const AeadBackend& backend) {
  // Vector code works on 64 bytes times 1, 2, 4, 8 or 16 and treats what remains another way.
  constexpr size_t kSizes[] = {0,   1,   15,  16,  17,  63,  64,   65,   127,  128,  129, 191,
                               256, 257, 448, 512, 513, 777, 1024, 1025, 1420, 1436, 2049};
  constexpr size_t kLargest = 2049;
  std::array<uint8_t, kAeadKeySize> key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i * 7 + 1);
  std::array<uint8_t, kLargest> plaintext;
  for (size_t i = 0; i < kLargest; ++i) plaintext[i] = static_cast<uint8_t>(i * i + 3);
  const auto aead = backend.create(key);
  std::array<uint8_t, kLargest + kTagSize> expected;
  std::array<uint8_t, kLargest + kTagSize> buffer;
  // In the high half too, and another one each time: a nonce set once only would pass otherwise.
  uint64_t counter = 0xfedcba9876543210;
  for (const size_t size : kSizes) {
    counter += 0x0101010101010101;
    const ConstByteSpan text(plaintext.data(), size);
    const ByteSpan sealed(buffer.data(), size + kTagSize);
    const auto is_expected = [&] {
      return std::equal(sealed.begin(), sealed.end(), expected.begin());
    };
    seal(key, counter_nonce(counter), {}, text, expected.data());
    aead->seal(text, counter, sealed.data());
    if (!is_expected()) return false;
    std::copy(text.begin(), text.end(), sealed.begin());
    aead->seal(sealed.first(size), counter, sealed.data());
    if (!is_expected()) return false;
    if (!aead->open(sealed, counter)) return false;
    if (!std::equal(text.begin(), text.end(), sealed.begin())) return false;
    // One bit of the tag, of the text, and of the counter.
    const auto refuses = [&](size_t place, uint64_t other_counter) {
      std::copy_n(expected.begin(), sealed.size(), sealed.begin());
      if (place < sealed.size()) sealed[place] ^= 0x80;
      return !aead->open(sealed, other_counter);
    };
    if (!refuses(size + kTagSize - 1, counter) || !refuses(size / 2, counter)) return false;
    if (!refuses(sealed.size(), counter ^ 1)) return false;
  }
  return !aead->open(ByteSpan(buffer).first(kTagSize - 1), counter);
}

}  // namespace wirebraid::crypto
