// Packet memory: slots of one size in a bounded pool, shared by reference count.
//
// A packet read from the TUN device is encrypted out of its slot into a fresh one, so the bond
// keeps the plaintext for a resend without copying it; a datagram is decrypted in place and its
// slot goes all the way to the TUN device. Slices of one slot (several segments of one offloaded
// read) are possible, because a Packet is a window onto a counted slot.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "wirebraid/bytes.h"

namespace wirebraid {

class BufferPool;

namespace detail {
struct Slot {
  BufferPool* pool;
  Slot* next_free;
  uint32_t references;
  uint32_t capacity;
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
};
}  // namespace detail

/// Room that every freshly allocated packet has in front: a WireGuard transport header (16) and a
/// frame header (8) need little of it. The kernel needs more: with io_uring's multishot recvmsg it
/// writes a header, the sender's address and control messages before the datagram.
inline constexpr size_t kHeadroom = 80;
/// Room behind the largest payload: padding to 16 and the authentication tag (16).
inline constexpr size_t kTailroom = 32;

/// A window onto a slot of a BufferPool. Movable; `share()` makes a second window on the same
/// bytes. Not thread-safe: a pool and its packets belong to one worker.
class Packet {
 public:
  Packet() = default;
  Packet(Packet&& other) noexcept { swap(other); }
  Packet& operator=(Packet&& other) noexcept {
    Packet moved(std::move(other));
    swap(moved);
    return *this;
  }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;
  ~Packet() { reset(); }

  /// False for a default-constructed or moved-from packet, and for one from an exhausted pool.
  explicit operator bool() const { return slot_ != nullptr; }

  uint8_t* data() { return slot_->bytes() + offset_; }
  const uint8_t* data() const { return slot_->bytes() + offset_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteSpan bytes() { return {data(), size_}; }
  ConstByteSpan bytes() const { return {data(), size_}; }

  size_t headroom() const { return offset_; }
  size_t tailroom() const { return slot_->capacity - offset_ - size_; }

  /// Grows the window to the front. Precondition: n <= headroom().
  uint8_t* prepend(size_t n) {
    assert(n <= headroom());
    offset_ -= static_cast<uint32_t>(n);
    size_ += static_cast<uint32_t>(n);
    return data();
  }
  /// Shrinks the window from the front. Precondition: n <= size().
  void remove_prefix(size_t n) {
    assert(n <= size_);
    offset_ += static_cast<uint32_t>(n);
    size_ -= static_cast<uint32_t>(n);
  }
  /// Sets the window's length. Precondition: n <= size() + tailroom().
  void resize(size_t n) {
    assert(n <= size_ + tailroom());
    size_ = static_cast<uint32_t>(n);
  }

  /// A second window on the same bytes; the slot is free again when the last one goes.
  Packet share() const {
    Packet copy;
    copy.slot_ = slot_;
    copy.offset_ = offset_;
    copy.size_ = size_;
    if (slot_ != nullptr) ++slot_->references;
    return copy;
  }
  /// True if another window on the same slot exists, so the bytes must not be changed in place.
  bool shared() const { return slot_ != nullptr && slot_->references > 1; }

  void reset();

 private:
  friend class BufferPool;
  void swap(Packet& other) noexcept {
    std::swap(slot_, other.slot_);
    std::swap(offset_, other.offset_);
    std::swap(size_, other.size_);
  }

  detail::Slot* slot_ = nullptr;
  uint32_t offset_ = 0;
  uint32_t size_ = 0;
};

/// Slots of one size, obtained from the system in slabs as they are first needed and never given
/// back before the pool dies. Must outlive its packets.
class BufferPool {
 public:
  /// `payload_size`: bytes that a packet can hold beside kHeadroom and kTailroom.
  /// `max_slots`: the bound; allocate() fails beyond it.
  BufferPool(size_t payload_size, size_t max_slots);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// An empty window (size 0) with kHeadroom in front; a false packet if the bound is reached,
  /// which is counted in exhausted().
  Packet allocate();

  size_t payload_size() const { return payload_size_; }
  size_t in_use() const { return in_use_; }
  size_t max_slots() const { return max_slots_; }
  uint64_t exhausted() const { return exhausted_; }

 private:
  friend class Packet;
  void release(detail::Slot* slot);
  bool grow();

  /// A cache line: header and payload of neighbours never share one.
  static constexpr size_t kAlign = 64;
  struct SlabDeleter {
    void operator()(std::byte* slab) const;
  };
  using Slab = std::unique_ptr<std::byte[], SlabDeleter>;

  size_t payload_size_;
  size_t max_slots_;
  size_t slot_bytes_;
  size_t allocated_ = 0;
  size_t in_use_ = 0;
  uint64_t exhausted_ = 0;
  detail::Slot* free_ = nullptr;
  std::vector<Slab> slabs_;
};

inline void Packet::reset() {
  if (slot_ == nullptr) return;
  if (--slot_->references == 0) slot_->pool->release(slot_);
  slot_ = nullptr;
  size_ = 0;
}

}  // namespace wirebraid
