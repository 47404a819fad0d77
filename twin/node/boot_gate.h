// Lets a few nodes boot at a time: booting takes a whole core, and a hundred at once would all run
// into their time limits.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace wirebraid::node {

/// Thread-safe.
class BootGate {
 public:
  explicit BootGate(unsigned places) : free_(places) {}

  /// A place, given back when this object dies.
  class Place {
   public:
    explicit Place(BootGate& gate) : gate_(&gate) {}
    Place(Place&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    friend class BootGate;
    Place() = default;
    BootGate* gate_ = nullptr;
  };

  /// Waits for a place, in no particular order; none if `stop` is asked for first.
  Place enter(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, std::move(stop), [&] { return free_ > 0; })) return Place();
    --free_;
    return Place(*this);
  }

 private:
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  unsigned free_;
};

}  // namespace wirebraid::node
