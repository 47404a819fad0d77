// The earliest of many deadlines, each known to the object it belongs to.
#pragma once

#include <cstddef>
#include <vector>

#include "wirebraid/time.h"

namespace wirebraid::wireguard {

/// Something with a deadline in a DeadlineHeap.
struct Scheduled {
  Time scheduled = kNever;                         ///< the heap's key; owned by the heap
  size_t heap_position = static_cast<size_t>(-1);  ///< owned by the heap
};

/// A binary heap of T (derived from Scheduled) whose elements know their place, so that one can be
/// moved or taken out in O(log n). Holds no element twice.
template <class T>
class DeadlineHeap {
 public:
  bool empty() const { return heap_.empty(); }
  T& top() const { return *heap_.front(); }

  /// Inserts the element or moves it to its new deadline.
  void schedule(T& element, Time deadline) {
    element.scheduled = deadline;
    if (!contains(element)) {
      element.heap_position = heap_.size();
      heap_.push_back(&element);
    }
    sift_up(element.heap_position);
    sift_down(element.heap_position);
  }

  void remove(T& element) {
    if (!contains(element)) return;
    const size_t hole = element.heap_position;
    element.heap_position = kAbsent;
    element.scheduled = kNever;
    T* const last = heap_.back();
    heap_.pop_back();
    if (hole == heap_.size()) return;
    place(hole, last);
    sift_up(hole);
    sift_down(last->heap_position);
  }

 private:
  static constexpr size_t kAbsent = static_cast<size_t>(-1);

  bool contains(const T& element) const { return element.heap_position != kAbsent; }
  void place(size_t at, T* element) {
    heap_[at] = element;
    element->heap_position = at;
  }
  void sift_up(size_t at) {
    T* const element = heap_[at];
    while (at > 0 && element->scheduled < heap_[(at - 1) / 2]->scheduled) {
      place(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    place(at, element);
  }
  void sift_down(size_t at) {
    T* const element = heap_[at];
    for (size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1]->scheduled < heap_[child]->scheduled)
        ++child;
      if (element->scheduled <= heap_[child]->scheduled) break;
      place(at, heap_[child]);
      at = child;
    }
    place(at, element);
  }

  std::vector<T*> heap_;
};

}  // namespace wirebraid::wireguard
