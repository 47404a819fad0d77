// A first-in-first-out ring that doubles when full: no allocation once it has seen its largest
// load.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace wirebraid {

template <class T>
class Ring {
 public:
  Ring() = default;
  Ring(Ring&& other) noexcept { swap(other); }
  Ring& operator=(Ring&& other) noexcept {
    Ring moved(std::move(other));
    swap(moved);
    return *this;
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() = default;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  /// `i` counts from the oldest.
  T& operator[](size_t i) { return slots_[(first_ + i) & (capacity_ - 1)]; }
  const T& operator[](size_t i) const { return slots_[(first_ + i) & (capacity_ - 1)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T value) {
    if (size_ == capacity_) grow(capacity_ == 0 ? kFirstCapacity : capacity_ * 2);
    slots_[(first_ + size_) & (capacity_ - 1)] = std::move(value);
    ++size_;
  }
  T pop_front() {
    assert(size_ > 0);
    T value = std::move(slots_[first_]);
    first_ = (first_ + 1) & (capacity_ - 1);
    --size_;
    return value;
  }
  void clear() {
    while (size_ > 0) pop_front();
  }
  /// Room for so many, a power of two.
  void reserve(uint32_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  /// clear(), and the memory goes too.
  void release() { *this = Ring(); }

 private:
  static constexpr uint32_t kFirstCapacity = 16;

  void swap(Ring& other) noexcept {
    slots_.swap(other.slots_);
    std::swap(capacity_, other.capacity_);
    std::swap(first_, other.first_);
    std::swap(size_, other.size_);
  }
  void grow(uint32_t larger) {
    auto slots = std::make_unique<T[]>(larger);
    for (size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = larger;
    first_ = 0;
  }

  // Small, since there are several in each of many paths.
  std::unique_ptr<T[]> slots_;
  uint32_t capacity_ = 0;
  uint32_t first_ = 0;
  uint32_t size_ = 0;
};

}  // namespace wirebraid
