#include "core/bond/lanes.h"

#include <utility>

namespace wirebraid {

void Lanes::push(size_t place, QueuedPacket packet) {
  queues_[place].push(std::move(packet));
  waiting_ |= uint64_t{1} << place;
}

void Lanes::push_pinned(PathIndex path, QueuedPacket packet) {
  push(place_of({true, path}), std::move(packet));
}

void Lanes::push_shared(ClassIndex traffic_class, QueuedPacket packet) {
  push(place_of({false, traffic_class}), std::move(packet));
}

void Lanes::forgive() {
  for (FairQueue& queue : queues_) queue.forgive();
}

void Lanes::expect_collapse(Time now) {
  for (FairQueue& queue : queues_) queue.expect_collapse(now);
}

void Lanes::drop_stale(Time now) {
  for_each_waiting([now](Lane, FairQueue& queue) { queue.drop_stale(now); });
}

void Lanes::clear() {
  for (FairQueue& queue : queues_) queue.clear();
  waiting_ = 0;
}

size_t Lanes::packets() const {
  size_t sum = 0;
  for (uint64_t rest = waiting_; rest != 0; rest &= rest - 1) {
    sum += queues_[static_cast<size_t>(std::countr_zero(rest))].packets();
  }
  return sum;
}

FairQueueStatistics Lanes::statistics() const {
  FairQueueStatistics sum;
  for (const FairQueue& queue : queues_) {
    const FairQueueStatistics& each = queue.statistics();
    sum.enqueued += each.enqueued;
    sum.dropped_full += each.dropped_full;
    sum.dropped_codel += each.dropped_codel;
    sum.marked += each.marked;
    sum.dropped_stale += each.dropped_stale;
  }
  return sum;
}

}  // namespace wirebraid
