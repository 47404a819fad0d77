// Who a datagram's receiver index means.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "wirebraid/platform.h"
#include "wirebraid/worker.h"

namespace wirebraid::wireguard {

class PeerState;

/// Local indices of outstanding initiations and of key pairs. They are random, so that an observer
/// learns nothing from them and cannot guess them; therefore the identity is a good hash. Only the
/// lowest bits tell the worker, if there are several.
class IndexTable {
 public:
  explicit IndexTable(const WorkerSeat& seat)
      : worker_(static_cast<uint32_t>(seat.worker)), bits_(worker_bits(seat.workers)) {}

  uint32_t insert(PeerState& peer, Platform& platform) {
    for (;;) {
      const uint32_t index = (platform.random_u32() >> bits_ << bits_) | worker_;
      if (peers_.try_emplace(index, &peer).second) return index;
    }
  }
  void erase(uint32_t index) { peers_.erase(index); }
  PeerState* find(uint32_t index) const {
    const auto found = peers_.find(index);
    return found == peers_.end() ? nullptr : found->second;
  }
  size_t size() const { return peers_.size(); }

 private:
  uint32_t worker_;
  unsigned bits_;
  std::unordered_map<uint32_t, PeerState*> peers_;
};

}  // namespace wirebraid::wireguard
