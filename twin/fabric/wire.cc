#include "twin/fabric/wire.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "twin/fabric/hardware_thread.h"

namespace wirebraid::fabric {
namespace {

constexpr size_t kMaxFrame = 65'536;
/// Per direction: 16 K full-size frames are 25 MB, or 4 s at 50 Mbit/s.
constexpr size_t kMaxFramesUnderWay = 16'384;
/// Frames read from one end before the other end and the clock get their turn.
constexpr int kReadBurst = 64;

Time now() {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace

Wire::Wire(Tap a, Tap b, const WireOptions& options, uint64_t seed)
    : sides_{Side{std::move(a), DelayLine<Frame>(options.from_a, seed, kMaxFramesUnderWay)},
             Side{std::move(b), DelayLine<Frame>(options.from_b, seed + 1, kMaxFramesUnderWay)}},
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      buffer_(kMaxFrame) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  apply_carrier();
  thread_ = std::thread([this] { run(); });
}

Wire::~Wire() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(wake_fd_);
}

void Wire::set_options(const WireOptions& options) {
  const std::lock_guard lock(mutex_);
  side(End::a).outgoing.link().set_options(options.from_a);
  side(End::b).outgoing.link().set_options(options.from_b);
  apply_carrier();
}

WireOptions Wire::options() const {
  const std::lock_guard lock(mutex_);
  return {side(End::a).outgoing.link().options(), side(End::b).outgoing.link().options()};
}

void Wire::set_state(LinkState state) {
  const std::lock_guard lock(mutex_);
  for (Side& each : sides_) {
    LinkOptions options = each.outgoing.link().options();
    options.state = state;
    each.outgoing.link().set_options(options);
  }
  apply_carrier();
}

void Wire::set_state(End from, LinkState state) {
  const std::lock_guard lock(mutex_);
  LinkOptions options = side(from).outgoing.link().options();
  options.state = state;
  side(from).outgoing.link().set_options(options);
  apply_carrier();
}

void Wire::set_plugged(End at, bool plugged) {
  const std::lock_guard lock(mutex_);
  side(at).plugged = plugged;
  apply_carrier();
}

LinkStatistics Wire::statistics(End from) const {
  const std::lock_guard lock(mutex_);
  return side(from).outgoing.link().statistics();
}

uint64_t Wire::refused(End at) const {
  const std::lock_guard lock(mutex_);
  return side(at).refused;
}

void Wire::run() {
  become_hardware();
  std::array<pollfd, 3> polled{
      {{sides_[0].tap.fd(), POLLIN, 0}, {sides_[1].tap.fd(), POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
  while (true) {
    Duration wait = std::chrono::seconds(1);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      const Time start = now();
      for (size_t i = 0; i < sides_.size(); ++i) {
        if ((polled[i].revents & POLLIN) != 0) read_frames(sides_[i], start);
      }
      deliver(sides_[0], sides_[1], start);
      deliver(sides_[1], sides_[0], start);
      const Time deadline =
          std::min(sides_[0].outgoing.next_deadline(), sides_[1].outgoing.next_deadline());
      if (deadline != kNever) wait = std::clamp(deadline - now(), Duration::zero(), wait);
    }
    const timespec timeout{.tv_sec = wait.count() / 1'000'000,
                           .tv_nsec = wait.count() % 1'000'000 * 1000};
    if (::ppoll(polled.data(), polled.size(), &timeout, nullptr) < 0) {
      for (pollfd& each : polled) each.revents = 0;
    }
    if ((polled[2].revents & POLLIN) != 0) {
      uint64_t count = 0;
      [[maybe_unused]] const auto n = ::read(wake_fd_, &count, sizeof count);
    }
  }
}

void Wire::read_frames(Side& from, Time now) {
  for (int i = 0; i < kReadBurst; ++i) {
    const ssize_t size = ::read(from.tap.fd(), buffer_.data(), buffer_.size());
    if (size <= 0) return;  // nothing left, or the device is down
    from.outgoing.push(Frame(buffer_.begin(), buffer_.begin() + size), static_cast<size_t>(size),
                       now);
  }
}

void Wire::deliver(Side& from, Side& to, Time now) {
  while (auto frame = from.outgoing.pop_due(now)) {
    if (::write(to.tap.fd(), frame->data(), frame->size()) < 0) ++to.refused;
  }
}

void Wire::apply_carrier() {
  const bool on = std::none_of(sides_.begin(), sides_.end(), [](const Side& each) {
    return each.outgoing.link().options().state == LinkState::down;
  });
  for (const Side& each : sides_) each.tap.set_carrier(on && each.plugged);
}

void Wire::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_fd_, &one, sizeof one);
}

}  // namespace wirebraid::fabric
