#include "core/wireguard/rate_limiter.h"

#include <sodium.h>

#include <algorithm>

#include "wirebraid/platform.h"

namespace wirebraid::wireguard {

namespace {

// An IPv4 address cannot be taken for a /64: no global IPv6 prefix starts with 32 zero bits.
uint64_t source_key(const IpAddress& source) {
  return source.is_v4() ? load_be<uint32_t>(source.bytes().data())
                        : load_be<uint64_t>(source.bytes().data());
}

std::array<uint8_t, 16> random_key(Platform& platform) {
  std::array<uint8_t, 16> key;
  platform.random(key);
  return key;
}

}  // namespace

size_t RateLimiter::KeyedHash::operator()(uint64_t source) const {
  static_assert(sizeof key == crypto_shorthash_KEYBYTES);
  std::array<uint8_t, crypto_shorthash_BYTES> out;
  crypto_shorthash(out.data(), reinterpret_cast<const uint8_t*>(&source), sizeof source,
                   key.data());
  return static_cast<size_t>(load_le<uint64_t>(out.data()));
}

RateLimiter::RateLimiter(Platform& platform) : buckets_(0, KeyedHash{random_key(platform)}) {}

bool RateLimiter::allow(const IpAddress& source, Time now) {
  const uint64_t key = source_key(source);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMaxSources) forget_full(now);
    if (buckets_.size() >= kMaxSources) return false;
    found = buckets_.emplace(key, Bucket{kBurst, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = std::min(bucket.tokens + (now - bucket.updated), kBurst);
  bucket.updated = now;
  if (bucket.tokens < kCost) return false;
  bucket.tokens -= kCost;
  return true;
}

/// A source whose bucket is full again is as good as unknown. At most one sweep per second, so that
/// a full table costs a flood no more than a look-up each.
void RateLimiter::forget_full(Time now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + std::chrono::seconds(1);
  std::erase_if(buckets_,
                [now](const auto& entry) { return now - entry.second.updated >= kBurst; });
}

}  // namespace wirebraid::wireguard
