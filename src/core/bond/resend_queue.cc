#include "core/bond/resend_queue.h"

#include <utility>

#include "core/bond/frame.h"

namespace wirebraid {

void ResendQueue::push(uint32_t sequence, uint64_t flow, uint32_t bytes) {
  const auto index = static_cast<uint8_t>(flow % kBuckets);
  Bucket& bucket = buckets_[index];
  if (bucket.entries.empty()) {
    bucket.deficit = kQuantum;
    turns_.push_back(index);
  }
  Ring<Entry>& entries = bucket.entries;
  entries.push_back({sequence, bytes});
  // Mostly the newest; but what a failed path had under way and what waits for a slower one are
  // interleaved.
  for (size_t i = entries.size() - 1; i > 0; --i) {
    if (sequence_distance(entries[i - 1].sequence, entries[i].sequence) <= 0) break;
    std::swap(entries[i - 1], entries[i]);
  }
  ++size_;
}

uint32_t ResendQueue::pop_front() {
  Bucket& bucket = buckets_[turns_.front()];
  const Entry entry = bucket.entries.pop_front();
  --size_;
  bucket.deficit -= static_cast<int32_t>(entry.bytes);
  if (bucket.entries.empty()) {
    turns_.pop_front();
  }
  while (!turns_.empty() && buckets_[turns_.front()].deficit <= 0) {
    buckets_[turns_.front()].deficit += kQuantum;
    turns_.push_back(turns_.pop_front());
  }
  return entry.sequence;
}

void ResendQueue::clear() {
  for (; !turns_.empty(); turns_.pop_front()) buckets_[turns_.front()].entries.clear();
  size_ = 0;
}

}  // namespace wirebraid
