#include "io/uring_ring.h"

#include <sys/mman.h>

#include <cassert>
#include <cerrno>

namespace wirebraid::io {

Ring::~Ring() {
  if (open_) io_uring_queue_exit(&ring_);
}

int Ring::open(unsigned entries, unsigned completions) {
  // SUBMIT_ALL: one refused submission must not hold up those behind it.
  constexpr unsigned kAlways = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  constexpr unsigned kDeferred = kAlways | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  constexpr unsigned kCooperative = kAlways | IORING_SETUP_COOP_TASKRUN;
  int result = -EINVAL;
  for (const unsigned flags : {kDeferred, kCooperative}) {
    io_uring_params params{};
    params.flags = flags;
    params.cq_entries = completions;
    result = io_uring_queue_init_params(entries, &ring_, &params);
    if (result == 0) {
      open_ = true;
      deferred_ = flags == kDeferred;
    }
    if (result != -EINVAL) break;
  }
  return -result;
}

bool Ring::knows(int operation) {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe == nullptr) return false;
  const bool known = io_uring_opcode_supported(probe, operation) != 0;
  io_uring_free_probe(probe);
  return known;
}

io_uring_sqe* Ring::next_submission() {
  io_uring_sqe* submission = io_uring_get_sqe(&ring_);
  while (submission == nullptr) {
    io_uring_submit(&ring_);
    submission = io_uring_get_sqe(&ring_);
  }
  return submission;
}

ProvidedBuffers::~ProvidedBuffers() { close(); }

int ProvidedBuffers::open(Ring& ring, uint16_t group, unsigned count, BufferPool& pool, size_t lead,
                          size_t size) {
  assert(lead <= kHeadroom && size <= lead + pool.payload_size() + kTailroom);
  const size_t bytes = count * sizeof(io_uring_buf);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return errno;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uintptr_t>(memory);
  registration.ring_entries = count;
  registration.bgid = group;
  if (const int result = io_uring_register_buf_ring(ring.get(), &registration, 0); result != 0) {
    munmap(memory, bytes);
    return -result;
  }
  ring_ = &ring;
  buffers_ = static_cast<io_uring_buf_ring*>(memory);
  mapped_bytes_ = bytes;
  io_uring_buf_ring_init(buffers_);
  group_ = group;
  pool_ = &pool;
  lead_ = lead;
  size_ = size;
  packets_.resize(count);
  empty_.reserve(count);
  for (unsigned id = count; id-- > 0;) empty_.push_back(static_cast<uint16_t>(id));
  return 0;
}

void ProvidedBuffers::close() {
  if (buffers_ == nullptr) return;
  io_uring_unregister_buf_ring(ring_->get(), group_);
  munmap(buffers_, mapped_bytes_);
  buffers_ = nullptr;
  packets_.clear();
  empty_.clear();
}

bool ProvidedBuffers::refill() {
  while (!empty_.empty()) {
    Packet packet = pool_->allocate();
    if (!packet) return false;
    packet.prepend(lead_);
    packet.resize(size_);
    lend(empty_.back(), std::move(packet));
    empty_.pop_back();
  }
  return true;
}

Packet ProvidedBuffers::take(uint16_t id) {
  assert(packets_[id]);
  empty_.push_back(id);
  return std::move(packets_[id]);
}

void ProvidedBuffers::lend(uint16_t id, Packet packet) {
  io_uring_buf_ring_add(buffers_, packet.data(), static_cast<unsigned>(packet.size()), id,
                        io_uring_buf_ring_mask(static_cast<unsigned>(packets_.size())), 0);
  io_uring_buf_ring_advance(buffers_, 1);
  packets_[id] = std::move(packet);
}

}  // namespace wirebraid::io
