#include "core/bond/lanes.h"

#include <utility>

namespace wirebraid {

void Lanes::push(size_t place, QueuedPacket packet) {
  if (!queues_) queues_ = std::make_unique<Queues>();
  auto& queue = (*queues_)[place];
  if (!queue) {
    queue = std::make_unique<FairQueue>();
    queue->expect_collapse(collapsed_);
  }
  queue->push(std::move(packet));
  waiting_ |= uint64_t{1} << place;
}

void Lanes::push_pinned(PathIndex path, QueuedPacket packet) {
  push(place_of({true, path}), std::move(packet));
}

void Lanes::push_shared(ClassIndex traffic_class, QueuedPacket packet) {
  push(place_of({false, traffic_class}), std::move(packet));
}

void Lanes::forgive() {
  for_each([&](FairQueue& queue) { queue.forgive(); });
}

void Lanes::expect_collapse(Time now) {
  collapsed_ = now;
  for_each([&](FairQueue& queue) { queue.expect_collapse(now); });
}

void Lanes::drop_stale(Time now) {
  for_each_waiting([now](Lane, FairQueue& queue) { queue.drop_stale(now); });
}

void Lanes::clear() {
  for_each([&](FairQueue& queue) { queue.clear(); });
  waiting_ = 0;
}

void Lanes::release() {
  released_ = statistics();
  queues_.reset();
  waiting_ = 0;
}

size_t Lanes::packets() const {
  size_t sum = 0;
  for (uint64_t rest = waiting_; rest != 0; rest &= rest - 1) {
    sum += (*queues_)[static_cast<size_t>(std::countr_zero(rest))]->packets();
  }
  return sum;
}

FairQueueStatistics Lanes::statistics() const {
  FairQueueStatistics sum = released_;
  for_each([&sum](const FairQueue& queue) {
    const FairQueueStatistics& each = queue.statistics();
    sum.enqueued += each.enqueued;
    sum.dropped_full += each.dropped_full;
    sum.dropped_codel += each.dropped_codel;
    sum.marked += each.marked;
    sum.dropped_stale += each.dropped_stale;
  });
  return sum;
}

}  // namespace wirebraid
