// One thread that waits for many descriptors.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "io/descriptor.h"
#include "wirebraid/time.h"

namespace wirebraid::web {

class Loop {
 public:
  using Watch = std::function<void(uint32_t events)>;

  /// Throws std::system_error without an epoll descriptor.
  Loop();

  /// Level-triggered; `events` as epoll's. A watch may be called once more than there is something
  /// to do, so it must not block.
  void watch(int fd, uint32_t events, Watch watch);
  void change(int fd, uint32_t events);
  void unwatch(int fd);
  /// Called with the time, about four times a second.
  void on_tick(std::function<void(Time)> tick) { ticks_.push_back(std::move(tick)); }

  /// Until stop().
  void run();
  /// These two may be called from any thread.
  void post(std::function<void()> task);
  void stop();

 private:
  void run_posted();

  io::Descriptor epoll_;
  io::Descriptor wake_;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::vector<std::function<void(Time)>> ticks_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::atomic<bool> stopping_ = false;
};

}  // namespace wirebraid::web
