// Payloads that wait for a session.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "wirebraid/packet.h"

namespace wirebraid::wireguard {

struct StagedPayload {
  Packet payload;
  uint8_t traffic_class = 0;
};

/// A ring that drops its oldest when full: what is newest is most likely still of use.
class StagedQueue {
 public:
  bool empty() const { return count_ == 0; }

  /// True if an old payload (or, with a bound of 0, this one) was dropped for it.
  bool push(StagedPayload payload, size_t bound) {
    if (bound == 0) return true;
    if (ring_.size() < bound) ring_.resize(bound);  // once, when first used
    const bool full = count_ == ring_.size();
    if (full) static_cast<void>(pop());
    ring_[(first_ + count_) % ring_.size()] = std::move(payload);
    ++count_;
    return full;
  }
  /// Precondition: !empty().
  StagedPayload pop() {
    StagedPayload out = std::move(ring_[first_]);
    first_ = (first_ + 1) % ring_.size();
    --count_;
    return out;
  }
  /// Returns how many there were.
  size_t clear() {
    const size_t dropped = count_;
    while (!empty()) static_cast<void>(pop());
    return dropped;
  }

 private:
  std::vector<StagedPayload> ring_;
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace wirebraid::wireguard
