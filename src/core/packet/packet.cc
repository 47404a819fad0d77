#include "wirebraid/packet.h"

#include <algorithm>
#include <new>

namespace wirebraid {

namespace {
constexpr size_t kSlabSlots = 64;

constexpr size_t round_up(size_t value, size_t to) { return (value + to - 1) / to * to; }
}  // namespace

void BufferPool::SlabDeleter::operator()(std::byte* slab) const {
  ::operator delete[](slab, std::align_val_t(kAlign));
}

BufferPool::BufferPool(size_t payload_size, size_t max_slots)
    : payload_size_(payload_size),
      max_slots_(max_slots),
      slot_bytes_(round_up(sizeof(detail::Slot) + kHeadroom + payload_size + kTailroom, kAlign)) {}

BufferPool::~BufferPool() { assert(in_use_ == 0 && "a packet outlived its pool"); }

bool BufferPool::grow() {
  const size_t count = std::min(kSlabSlots, max_slots_ - allocated_);
  if (count == 0) return false;
  Slab slab(new (std::align_val_t(kAlign), std::nothrow) std::byte[count * slot_bytes_]);
  if (!slab) return false;
  for (size_t i = count; i-- > 0;) {
    auto* slot = new (slab.get() + i * slot_bytes_) detail::Slot{};
    slot->pool = this;
    slot->capacity = static_cast<uint32_t>(slot_bytes_ - sizeof(detail::Slot));
    slot->next_free = free_;
    free_ = slot;
  }
  allocated_ += count;
  slabs_.push_back(std::move(slab));
  return true;
}

Packet BufferPool::allocate() {
  Packet packet;
  if (free_ == nullptr && !grow()) {
    ++exhausted_;
    return packet;
  }
  packet.slot_ = free_;
  free_ = free_->next_free;
  packet.slot_->references = 1;
  packet.offset_ = kHeadroom;
  packet.size_ = 0;
  ++in_use_;
  return packet;
}

void BufferPool::release(detail::Slot* slot) {
  slot->next_free = free_;
  free_ = slot;
  --in_use_;
}

}  // namespace wirebraid
