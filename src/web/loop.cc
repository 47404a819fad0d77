#include "web/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "io/engine.h"

namespace wirebraid::web {
namespace {

constexpr std::chrono::milliseconds kTick{250};

}  // namespace

Loop::Loop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) throw std::system_error(io::last_error(), "epoll");
  watch(wake_.get(), EPOLLIN, [this](uint32_t) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
    run_posted();
  });
}

void Loop::watch(int fd, uint32_t events, Watch watch) {
  epoll_event entry{};
  entry.events = events;
  entry.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &entry);
  watches_[fd] = std::make_shared<Watch>(std::move(watch));
}

void Loop::change(int fd, uint32_t events) {
  epoll_event entry{};
  entry.events = events;
  entry.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &entry);
}

void Loop::unwatch(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  watches_.erase(fd);
}

void Loop::run() {
  Time next_tick = io::monotonic_now() + kTick;
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_tick - io::monotonic_now());
    const int wait = static_cast<int>(std::max<int64_t>(0, left.count()));
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait);
    for (int i = 0; i < count; ++i) {
      const auto found = watches_.find(events[i].data.fd);
      if (found == watches_.end()) continue;
      // It may remove itself.
      const std::shared_ptr<Watch> watch = found->second;
      (*watch)(events[i].events);
    }
    const Time now = io::monotonic_now();
    if (now < next_tick) continue;
    next_tick = now + kTick;
    for (const auto& tick : ticks_) tick(now);
  }
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_.get(), &one, sizeof one);
}

void Loop::stop() {
  stopping_ = true;
  post([] {});
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

}  // namespace wirebraid::web
