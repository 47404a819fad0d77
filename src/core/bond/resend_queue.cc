#include "core/bond/resend_queue.h"

#include <utility>

#include "core/bond/frame.h"

namespace wirebraid {

void ResendQueue::push(uint32_t sequence, uint64_t flow, uint32_t bytes) {
  if (!tables_) tables_ = std::make_unique<Tables>();
  const auto index = static_cast<uint8_t>(flow % kBuckets);
  Bucket& bucket = tables_->buckets[index];
  if (bucket.entries.empty()) {
    bucket.deficit = kQuantum;
    tables_->turns.push_back(index);
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
  Bucket& bucket = tables_->buckets[tables_->turns.front()];
  const Entry entry = bucket.entries.pop_front();
  --size_;
  bucket.deficit -= static_cast<int32_t>(entry.bytes);
  if (bucket.entries.empty()) {
    tables_->turns.pop_front();
  }
  while (!tables_->turns.empty() && tables_->buckets[tables_->turns.front()].deficit <= 0) {
    tables_->buckets[tables_->turns.front()].deficit += kQuantum;
    tables_->turns.push_back(tables_->turns.pop_front());
  }
  return entry.sequence;
}

void ResendQueue::clear() {
  if (!tables_) return;
  for (; !tables_->turns.empty(); tables_->turns.pop_front())
    tables_->buckets[tables_->turns.front()].entries.clear();
  size_ = 0;
}

}  // namespace wirebraid
