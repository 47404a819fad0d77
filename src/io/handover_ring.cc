#include "io/handover_ring.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace wirebraid::io {

HandoverRing::HandoverRing(uint32_t capacity, size_t max_size)
    : capacity_(capacity),
      max_size_(max_size),
      heads_(capacity),
      // Not written to: pages that are never used cost nothing.
      bytes_(std::make_unique_for_overwrite<uint8_t[]>(capacity * max_size)) {
  assert(std::has_single_bit(capacity));
}

bool HandoverRing::push(const Datagram& content) {
  const size_t size = content.bytes.size();
  if (size > max_size_) return false;
  if (pushed_ - known_taken_ == capacity_) {
    known_taken_ = taken_.load(std::memory_order_acquire);
    if (pushed_ - known_taken_ == capacity_) return false;
  }
  const size_t place = pushed_ % capacity_;
  heads_[place] = {content.remote, content.source, content.transport, content.traffic_class, size};
  std::copy_n(content.bytes.data(), size, bytes_.get() + place * max_size_);
  ++pushed_;
  return true;
}

Datagram HandoverRing::take(BufferPool& pool) {
  assert(!empty());
  const uint32_t taken = taken_.load(std::memory_order_relaxed);
  const size_t place = taken % capacity_;
  const Head& head = heads_[place];
  Datagram content{pool.allocate(), head.remote, head.source, head.transport, head.traffic_class};
  if (content.bytes) {
    content.bytes.resize(head.size);
    std::copy_n(bytes_.get() + place * max_size_, head.size, content.bytes.data());
  }
  taken_.store(taken + 1, std::memory_order_release);
  return content;
}

}  // namespace wirebraid::io
