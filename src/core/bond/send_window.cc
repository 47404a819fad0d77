#include "core/bond/send_window.h"

#include <utility>

#include "core/bond/frame.h"

namespace wirebraid {

bool SendWindow::push(Slot slot) {
  bool abandoned = false;
  if (next_ - base_ == kMaxPackets) {
    at(base_) = Slot{};
    advance();
    abandoned = true;
  }
  if (next_ - base_ == slots_.size()) {
    std::vector<Slot> larger(slots_.empty() ? 64 : slots_.size() * 2);
    for (uint32_t s = base_; s != next_; ++s) larger[s & (larger.size() - 1)] = std::move(at(s));
    slots_ = std::move(larger);
  }
  at(next_++) = std::move(slot);
  return abandoned;
}

uint32_t SendWindow::clear() {
  uint32_t count = 0;
  for (; base_ != next_; ++base_) {
    if (at(base_).packet) ++count;
    at(base_) = Slot{};
  }
  return count;
}

SendWindow::Slot* SendWindow::find(uint32_t sequence) {
  if (sequence_distance(sequence, base_) < 0 || sequence_distance(sequence, next_) >= 0) {
    return nullptr;
  }
  Slot& slot = at(sequence);
  return slot.packet ? &slot : nullptr;
}

void SendWindow::acknowledge(uint32_t sequence) {
  Slot* slot = find(sequence);
  if (slot == nullptr) return;
  *slot = Slot{};
  advance();
}

void SendWindow::acknowledge_before(uint32_t sequence) {
  if (sequence_distance(sequence, next_) > 0) return;  // never sent: a broken report
  while (sequence_distance(base_, sequence) < 0) {
    at(base_) = Slot{};
    ++base_;
  }
  advance();
}

void SendWindow::advance() {
  while (base_ != next_ && !at(base_).packet) ++base_;
}

}  // namespace wirebraid
