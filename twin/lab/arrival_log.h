// How many bytes arrived when: one number per millisecond.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace wirebraid::lab {

/// Not thread-safe.
class ArrivalLog {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ArrivalLog(TimePoint start = {}) : start_(start) {}

  /// Arrivals before the start or more than half an hour behind it are left out.
  void arrival(TimePoint when, uint64_t bytes) {
    const int64_t index = index_of(when);
    if (index < 0 || index >= kMaxMilliseconds) return;
    if (static_cast<size_t>(index) >= bytes_.size()) {
      bytes_.resize(static_cast<size_t>(index) + 1);
    }
    bytes_[static_cast<size_t>(index)] += bytes;
  }

  /// In the whole milliseconds from that of `from` to before that of `to`.
  uint64_t between(TimePoint from, TimePoint to) const {
    const auto size = static_cast<int64_t>(bytes_.size());
    uint64_t sum = 0;
    for (int64_t i = std::max<int64_t>(index_of(from), 0); i < std::min(index_of(to), size); ++i) {
      sum += bytes_[static_cast<size_t>(i)];
    }
    return sum;
  }

  /// Bits per second over [from, to).
  double rate(TimePoint from, TimePoint to) const {
    return static_cast<double>(between(from, to)) * 8 /
           std::chrono::duration<double>(to - from).count();
  }

 private:
  static constexpr int64_t kMaxMilliseconds = 1'800'000;

  int64_t index_of(TimePoint when) const {
    return std::chrono::floor<std::chrono::milliseconds>(when - start_).count();
  }

  TimePoint start_;
  std::vector<uint64_t> bytes_;
};

}  // namespace wirebraid::lab
