// Payloads that wait for a session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

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
    if (!ring_) {
      size_ = static_cast<uint32_t>(bound);
      ring_ = std::make_unique<StagedPayload[]>(bound);
    }
    const bool full = count_ == size_;
    if (full) static_cast<void>(take());
    ring_[(first_ + count_) % size_] = std::move(payload);
    ++count_;
    return full;
  }
  /// Precondition: !empty().
  StagedPayload pop() {
    StagedPayload out = take();
    if (empty()) *this = StagedQueue();  // seldom needed, and large
    return out;
  }
  /// Returns how many there were.
  size_t clear() {
    const size_t dropped = count_;
    while (!empty()) static_cast<void>(pop());
    return dropped;
  }

 private:
  StagedPayload take() {
    StagedPayload out = std::move(ring_[first_]);
    first_ = (first_ + 1) % size_;
    --count_;
    return out;
  }

  std::unique_ptr<StagedPayload[]> ring_;
  uint32_t size_ = 0;
  uint32_t first_ = 0;
  uint32_t count_ = 0;
};

}  // namespace wirebraid::wireguard
