// An io_uring instance and its rings of provided buffers, as owners of what they set up.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wirebraid/packet.h"

namespace wirebraid::io {

/// One submission and one completion queue. To be used by the thread that made it only.
class Ring {
 public:
  Ring() = default;
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// 0 or an errno. Asks for the cheapest kind of completion that the kernel knows: DEFER_TASKRUN
  /// (6.1), else COOP_TASKRUN (5.19). `entries`: a power of two; there is room for `completions`.
  int open(unsigned entries, unsigned completions);
  /// Whether the kernel knows the operation at all; not whether it works.
  bool knows(int operation);
  bool deferred() const { return deferred_; }

  io_uring* get() { return &ring_; }
  /// Never null: submits what is queued if the queue is full.
  io_uring_sqe* next_submission();

 private:
  io_uring ring_{};
  bool open_ = false;
  bool deferred_ = false;
};

/// Slots of a BufferPool lent to the kernel, which picks one per datagram or packet.
class ProvidedBuffers {
 public:
  ProvidedBuffers() = default;
  ~ProvidedBuffers();
  ProvidedBuffers(const ProvidedBuffers&) = delete;
  ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;

  /// 0 or an errno. `count`: a power of two up to 32768. `lead`: how far before a fresh packet's
  /// start the kernel begins to write, at most kHeadroom; `size`: how much it may write.
  int open(Ring& ring, uint16_t group, unsigned count, BufferPool& pool, size_t lead, size_t size);
  void close();

  /// Lends slots until the ring is full. False if the pool ran out before.
  bool refill();
  /// The slot that the kernel has filled; its window is what refill() lent.
  Packet take(uint16_t id);
  /// Gives a slot back to the kernel unseen.
  void give_back(uint16_t id) { lend(id, std::move(packets_[id])); }
  /// Slots that are lent and, as far as is known, not filled yet.
  size_t available() const { return packets_.size() - empty_.size(); }
  uint16_t group() const { return group_; }

 private:
  void lend(uint16_t id, Packet packet);

  Ring* ring_ = nullptr;
  io_uring_buf_ring* buffers_ = nullptr;
  size_t mapped_bytes_ = 0;
  uint16_t group_ = 0;
  BufferPool* pool_ = nullptr;
  size_t lead_ = 0;
  size_t size_ = 0;
  std::vector<Packet> packets_;
  std::vector<uint16_t> empty_;
};

}  // namespace wirebraid::io
