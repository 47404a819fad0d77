// Where packets wait to be sent: one fair queue for each path, for what is pinned to it, and one
// for each class, for what may go on any of the class's paths or waits for one to come up.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>

#include "core/bond/fair_queue.h"
#include "core/bond/path_index.h"
#include "wirebraid/bond.h"

namespace wirebraid {

class Lanes {
 public:
  /// One of the queues.
  struct Lane {
    bool pinned = false;
    uint8_t index = 0;  ///< PathIndex if pinned, else ClassIndex
  };

  void push_pinned(PathIndex path, QueuedPacket packet);
  void push_shared(ClassIndex traffic_class, QueuedPacket packet);

  /// Calls `visit(Lane, FairQueue&)` for each that is not empty.
  template <class Visit>
  void for_each_waiting(Visit visit) {
    for (uint64_t rest = waiting_; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<size_t>(std::countr_zero(rest));
      FairQueue& queue = *(*queues_)[bit];
      if (queue.empty()) {
        waiting_ &= ~(uint64_t{1} << bit);
      } else {
        visit(lane_at(bit), queue);
      }
    }
  }
  /// One that has held packets since release().
  FairQueue& at(Lane lane) { return *(*queues_)[place_of(lane)]; }

  /// As FairQueue's, for all.
  void forgive();
  void expect_collapse(Time now);
  void drop_stale(Time now);
  void clear();
  /// Gives memory back, until there are packets again. Precondition: empty().
  void release();

  bool empty() const { return packets() == 0; }
  size_t packets() const;
  /// Of all queues together.
  FairQueueStatistics statistics() const;

 private:
  static constexpr size_t kQueues = kMaxPaths + kMaxClasses;
  static_assert(kQueues <= 64);
  static size_t place_of(Lane lane) { return lane.pinned ? lane.index : kMaxPaths + lane.index; }
  static Lane lane_at(size_t place) {
    return place < kMaxPaths ? Lane{true, static_cast<uint8_t>(place)}
                             : Lane{false, static_cast<uint8_t>(place - kMaxPaths)};
  }
  void push(size_t place, QueuedPacket packet);
  template <class Visit>
  void for_each(Visit visit) const {
    if (!queues_) return;
    for (const auto& queue : *queues_) {
      if (queue) visit(*queue);
    }
  }

  using Queues = std::array<std::unique_ptr<FairQueue>, kQueues>;
  std::unique_ptr<Queues> queues_;  ///< made when first needed, and so is each of them
  uint64_t waiting_ = 0;            ///< bit by place: may hold packets
  Time collapsed_ = Time::min();    ///< for queues that are yet to be made
  FairQueueStatistics released_;    ///< of those that are no more
};

}  // namespace wirebraid
