// Packets sent and not yet acknowledged, by bond sequence, kept for a resend.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bond/path_index.h"
#include "core/bond/resequencer.h"
#include "core/give_back.h"
#include "wirebraid/packet.h"
#include "wirebraid/time.h"

namespace wirebraid {

class SendWindow {
 public:
  /// As far as a receiver looks ahead; the oldest packet is abandoned beyond.
  static constexpr uint32_t kMaxPackets = Resequencer::kMaxWindow;

  struct Slot {
    Packet packet;  ///< with its DATA header in front; false: acknowledged or abandoned
    Time first_sent{};
    uint64_t flow = 0;   ///< hash of its flow
    PathIndex path = 0;  ///< of the newest transmission
    uint8_t tries = 0;
    uint8_t under_way = 0;  ///< transmissions of which nothing is known yet
    uint8_t traffic_class = 0;
    bool resend_queued = false;
    uint8_t ecn = 0;
  };

  explicit SendWindow(uint32_t first) : base_(first), next_(first) {}

  uint32_t base() const { return base_; }  ///< oldest unacknowledged; next() if none
  uint32_t next() const { return next_; }
  /// Takes the next sequence. Returns true if the oldest had to be abandoned for it.
  bool push(Slot slot);
  /// Abandons everything; returns how many packets that was.
  uint32_t clear();
  /// Gives memory back. Precondition: nothing is outstanding.
  void release() { give_back(slots_); }
  /// nullptr if not outstanding.
  Slot* find(uint32_t sequence);
  void acknowledge(uint32_t sequence);
  /// Acknowledges all before `sequence`.
  void acknowledge_before(uint32_t sequence);

 private:
  Slot& at(uint32_t sequence) { return slots_[sequence & (slots_.size() - 1)]; }
  void advance();

  std::vector<Slot> slots_;
  uint32_t base_;
  uint32_t next_;
};

}  // namespace wirebraid
