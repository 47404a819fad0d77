// Limits handshakes per source address while under load (white paper section 5.3).
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "wirebraid/address.h"
#include "wirebraid/time.h"

namespace wirebraid {
class Platform;
}

namespace wirebraid::wireguard {

/// Token buckets: 20 messages per second with bursts of 5, per IPv4 address or IPv6 /64, since a
/// /64 is what one customer has. Knows at most kMaxSources; further ones are refused until old ones
/// are forgotten.
class RateLimiter {
 public:
  static constexpr Duration kCost = std::chrono::milliseconds(50);
  static constexpr Duration kBurst = 5 * kCost;
  static constexpr size_t kMaxSources = 16384;

  explicit RateLimiter(Platform& platform);
  bool allow(const IpAddress& source, Time now);
  size_t source_count() const { return buckets_.size(); }

 private:
  // The hash is keyed: otherwise chosen source addresses could all fall into one chain.
  struct KeyedHash {
    std::array<uint8_t, 16> key;
    size_t operator()(uint64_t source) const;
  };
  struct Bucket {
    Duration tokens;
    Time updated;
  };

  void forget_full(Time now);

  std::unordered_map<uint64_t, Bucket, KeyedHash> buckets_;
  Time next_sweep_{};
};

}  // namespace wirebraid::wireguard
