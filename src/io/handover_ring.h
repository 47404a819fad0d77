// What one worker's thread hands over to another's: a bounded queue without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "wirebraid/datagram.h"

namespace wirebraid::io {

/// From one producing to one consuming thread, in order. Contents are copied, since the slots of a
/// BufferPool belong to one worker.
class HandoverRing {
 public:
  /// `capacity`: a power of two. `max_size`: bytes of the longest content.
  HandoverRing(uint32_t capacity, size_t max_size);

  // The producer's side.
  /// False if it is full, or `content` too long. Not seen by the consumer before publish().
  bool push(const Datagram& content);
  /// Sequentially consistent, so that whoever then finds the consumer awake may rely on its looking
  /// here before it goes to sleep.
  void publish() { published_.store(pushed_); }

  // The consumer's side.
  bool empty() const { return published_.load() == taken_.load(std::memory_order_relaxed); }
  /// The oldest. Without bytes if `pool` is exhausted: then it is lost. Precondition: !empty().
  Datagram take(BufferPool& pool);

 private:
  struct Head {
    Endpoint remote;
    LocalSource source;
    TransportId transport{};
    uint8_t traffic_class = 0;
    size_t size = 0;
  };
  static constexpr size_t kCacheLine = 64;

  const uint32_t capacity_;
  const size_t max_size_;
  std::vector<Head> heads_;
  std::unique_ptr<uint8_t[]> bytes_;
  // Both count on without end; the place is the remainder.
  alignas(kCacheLine) uint32_t pushed_ = 0;
  uint32_t known_taken_ = 0;  ///< the producer's copy, read anew only when the ring looks full
  alignas(kCacheLine) std::atomic<uint32_t> published_{0};
  alignas(kCacheLine) std::atomic<uint32_t> taken_{0};
};

}  // namespace wirebraid::io
