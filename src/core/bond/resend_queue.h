// What is to be sent again, by bond sequence: fair between flows, oldest first within one.
//
// A path that fails leaves a pile, nearly all of it one download's. In the order of sequences a
// call's few packets would wait for all of it. Deficit round robin (Shreedhar and Varghese, 1995).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bond/ring.h"

namespace wirebraid {

class ResendQueue {
 public:
  /// `flow` is a hash; flows that share a bucket share its turns. `bytes` of the packet.
  void push(uint32_t sequence, uint64_t flow, uint32_t bytes);
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  /// Something of this flow, or of one that shares its bucket.
  bool holds(uint64_t flow) const {
    return !empty() && !tables_->buckets[flow % kBuckets].entries.empty();
  }
  /// Whose turn it is. Precondition: not empty.
  uint32_t front() const {
    return tables_->buckets[tables_->turns.front()].entries.front().sequence;
  }
  uint32_t pop_front();
  void clear();
  /// clear(), and the memory goes too.
  void release() { *this = ResendQueue(); }

 private:
  static constexpr size_t kBuckets = 64;
  static constexpr int32_t kQuantum = 1514;  // bytes per turn

  struct Entry {
    uint32_t sequence = 0;
    uint32_t bytes = 0;
  };
  struct Bucket {
    Ring<Entry> entries;
    int32_t deficit = 0;  ///< bytes that it may still send in this turn; above 0 while it waits
  };

  struct Tables {
    std::array<Bucket, kBuckets> buckets;
    Ring<uint8_t> turns;  ///< buckets that are not empty
  };

  std::unique_ptr<Tables> tables_;  ///< made when first needed
  size_t size_ = 0;
};

}  // namespace wirebraid
