#include "core/crypto/blake2s.h"

#include <algorithm>
#include <cassert>

namespace wirebraid::crypto {

namespace {

constexpr std::array<uint32_t, 8> kIv = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                         0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

constexpr uint8_t kSigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

void mix(std::array<uint32_t, 16>& v, int a, int b, int c, int d, uint32_t x, uint32_t y) {
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

}  // namespace

Blake2s::Blake2s(size_t digest_size, ConstByteSpan key) : h_(kIv), digest_size_(digest_size) {
  assert(digest_size >= 1 && digest_size <= kHashSize && key.size() <= kHashSize);
  // Parameter block (RFC 7693 section 2.5): digest length, key length, fanout 1, depth 1.
  h_[0] ^=
      0x01010000U ^ static_cast<uint32_t>(key.size() << 8U) ^ static_cast<uint32_t>(digest_size);
  if (!key.empty()) {
    std::copy(key.begin(), key.end(), buffer_.begin());
    buffered_ = kBlockSize;
  }
}

Blake2s::~Blake2s() {
  detail::wipe({reinterpret_cast<uint8_t*>(h_.data()), sizeof h_});
  detail::wipe(buffer_);
}

Blake2s& Blake2s::update(ConstByteSpan input) {
  while (!input.empty()) {
    // A full buffer waits until more comes, because the last block is compressed differently.
    if (buffered_ == kBlockSize) {
      compress(buffer_.data(), kBlockSize, false);
      buffered_ = 0;
    }
    const size_t n = std::min(input.size(), kBlockSize - buffered_);
    std::memcpy(buffer_.data() + buffered_, input.data(), n);
    buffered_ += n;
    input = input.subspan(n);
  }
  return *this;
}

void Blake2s::finish(uint8_t* digest) {
  std::fill(buffer_.begin() + static_cast<ptrdiff_t>(buffered_), buffer_.end(), uint8_t{0});
  compress(buffer_.data(), static_cast<uint32_t>(buffered_), true);
  std::array<uint8_t, kHashSize> full;
  for (size_t i = 0; i < h_.size(); ++i) store_le<uint32_t>(full.data() + i * 4, h_[i]);
  std::memcpy(digest, full.data(), digest_size_);
  detail::wipe(full);
}

void Blake2s::compress(const uint8_t* block, uint32_t length, bool last) {
  total_ += length;
  std::array<uint32_t, 16> m;
  for (size_t i = 0; i < m.size(); ++i) m[i] = load_le<uint32_t>(block + i * 4);
  std::array<uint32_t, 16> v;
  for (size_t i = 0; i < 8; ++i) {
    v[i] = h_[i];
    v[i + 8] = kIv[i];
  }
  v[12] ^= static_cast<uint32_t>(total_);
  v[13] ^= static_cast<uint32_t>(total_ >> 32U);
  if (last) v[14] = ~v[14];
  for (const auto& s : kSigma) {
    mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (size_t i = 0; i < 8; ++i) h_[i] ^= v[i] ^ v[i + 8];
}

Hash blake2s(std::initializer_list<ConstByteSpan> parts) {
  Blake2s state;
  for (const auto part : parts) state.update(part);
  Hash out;
  state.finish(out.data());
  return out;
}

std::array<uint8_t, 16> blake2s_mac(ConstByteSpan key, std::initializer_list<ConstByteSpan> parts) {
  Blake2s state(16, key);
  for (const auto part : parts) state.update(part);
  std::array<uint8_t, 16> out;
  state.finish(out.data());
  return out;
}

void hmac_blake2s(ConstByteSpan key, std::initializer_list<ConstByteSpan> parts, Hash& out) {
  assert(key.size() <= Blake2s::kBlockSize);
  Secret<Blake2s::kBlockSize> pad;
  std::copy(key.begin(), key.end(), pad.begin());
  for (auto& byte : pad) byte ^= 0x36U;
  Blake2s inner;
  inner.update(pad);
  for (const auto part : parts) inner.update(part);
  Secret<kHashSize> inner_digest;
  inner.finish(inner_digest.data());
  for (auto& byte : pad) byte ^= 0x36U ^ 0x5CU;
  Blake2s outer;
  outer.update(pad).update(inner_digest).finish(out.data());
}

namespace {
constexpr uint8_t kOne[] = {1};
constexpr uint8_t kTwo[] = {2};
constexpr uint8_t kThree[] = {3};
}  // namespace

void kdf1(const ChainingKey& chaining_key, ConstByteSpan input, ChainingKey& t1) {
  Secret<kHashSize> secret;
  hmac_blake2s(chaining_key, {input}, secret);
  hmac_blake2s(secret, {kOne}, t1);
}

void kdf2(const ChainingKey& chaining_key, ConstByteSpan input, ChainingKey& t1,
          Secret<kHashSize>& t2) {
  Secret<kHashSize> secret;
  hmac_blake2s(chaining_key, {input}, secret);
  hmac_blake2s(secret, {kOne}, t1);
  hmac_blake2s(secret, {t1, kTwo}, t2);
}

void kdf3(const ChainingKey& chaining_key, ConstByteSpan input, ChainingKey& t1,
          Secret<kHashSize>& t2, Secret<kHashSize>& t3) {
  Secret<kHashSize> secret;
  hmac_blake2s(chaining_key, {input}, secret);
  hmac_blake2s(secret, {kOne}, t1);
  hmac_blake2s(secret, {t1, kTwo}, t2);
  hmac_blake2s(secret, {t2, kThree}, t3);
}

}  // namespace wirebraid::crypto
