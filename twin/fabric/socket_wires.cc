#include "twin/fabric/socket_wires.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "twin/fabric/hardware_thread.h"

namespace wirebraid::fabric {
namespace {

constexpr size_t kMaxFrame = 65'536;
/// Per direction: 2 s of full-size frames at 50 Mbit/s.
constexpr size_t kMaxFramesUnderWay = 8'192;
constexpr int kReadBurst = 64;
constexpr int kEvents = 64;
/// A socket holds few datagrams (net.unix.max_dgram_qlen, 10), and an emulated machine is slow:
/// what has arrived waits so long for it, as in a card's receive ring.
constexpr Duration kRetry{500};
constexpr Duration kPatience{100'000};
constexpr Duration kLongestWait{1'000'000};

template <typename OfClock>
Duration since_epoch() {
  return std::chrono::duration_cast<Duration>(OfClock::now().time_since_epoch());
}
Time now() { return Time(since_epoch<std::chrono::steady_clock>()); }

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

}  // namespace

struct SocketWires::Side {
  using Frame = std::vector<uint8_t>;

  Side(Wire& of, const LinkOptions& options, uint64_t seed)
      : wire(of), outgoing(options, seed, kMaxFramesUnderWay) {
    std::array<int, 2> pair{};
    checked(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()),
            "socketpair");
    own_fd = pair[0];
    machine_fd = pair[1];
  }
  ~Side() {
    ::close(own_fd);
    ::close(machine_fd);
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  Wire& wire;
  DelayLine<Frame> outgoing;
  std::optional<Frame> blocked;  ///< has arrived at the far end, which takes no more at the moment
  std::optional<Time> stuck_since;  ///< when the far end ceased to take frames
  Time scheduled = kNever;
  uint64_t refused = 0;  ///< at the far end
  int own_fd = -1;
  int machine_fd = -1;
};

struct SocketWires::Wire {
  Wire(const WireOptions& options, uint64_t seed)
      : a(*this, options.from_a, seed), b(*this, options.from_b, seed + 1) {}
  Side& side(End end) { return end == End::a ? a : b; }
  Side& other(const Side& side) { return &side == &a ? b : a; }

  Side a;
  Side b;
  std::unique_ptr<PcapFile> capture;
};

SocketWires::SocketWires() : buffer_(kMaxFrame) {
  epoll_fd_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll");
  wake_fd_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  checked(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event), "epoll");
  thread_ = std::thread([this] { run(); });
}

SocketWires::~SocketWires() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

size_t SocketWires::add(const WireOptions& options, uint64_t seed) {
  auto wire = std::make_unique<Wire>(options, seed);
  const std::lock_guard lock(mutex_);
  for (Side* each : {&wire->a, &wire->b}) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = each}};
    checked(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, each->own_fd, &event), "epoll");
  }
  wires_.push_back(std::move(wire));
  return wires_.size() - 1;
}

size_t SocketWires::size() const {
  const std::lock_guard lock(mutex_);
  return wires_.size();
}

SocketWires::Side& SocketWires::side(size_t wire, End end) const {
  return wires_.at(wire)->side(end);
}

int SocketWires::machine_end(size_t wire, End at) const {
  const std::lock_guard lock(mutex_);
  return side(wire, at).machine_fd;
}

void SocketWires::set_options(size_t wire, const WireOptions& options) {
  const std::lock_guard lock(mutex_);
  side(wire, End::a).outgoing.link().set_options(options.from_a);
  side(wire, End::b).outgoing.link().set_options(options.from_b);
}

WireOptions SocketWires::options(size_t wire) const {
  const std::lock_guard lock(mutex_);
  return {side(wire, End::a).outgoing.link().options(),
          side(wire, End::b).outgoing.link().options()};
}

void SocketWires::set_state(size_t wire, LinkState state) {
  WireOptions changed = options(wire);
  changed.from_a.state = state;
  changed.from_b.state = state;
  set_options(wire, changed);
}

LinkStatistics SocketWires::statistics(size_t wire, End from) const {
  const std::lock_guard lock(mutex_);
  return side(wire, from).outgoing.link().statistics();
}

uint64_t SocketWires::refused(size_t wire, End at) const {
  const std::lock_guard lock(mutex_);
  return side(wire, at == End::a ? End::b : End::a).refused;
}

void SocketWires::start_capture(size_t wire, const std::string& file) {
  auto capture = std::make_unique<PcapFile>(file);
  const std::lock_guard lock(mutex_);
  wires_.at(wire)->capture = std::move(capture);
}

void SocketWires::stop_capture(size_t wire) {
  const std::lock_guard lock(mutex_);
  wires_.at(wire)->capture.reset();
}

// --- The thread --------------------------------------------------------------------------------

void SocketWires::run() {
  become_hardware();
  std::array<epoll_event, kEvents> events{};
  Duration wait = kLongestWait;
  while (true) {
    const timespec timeout{.tv_sec = wait.count() / 1'000'000,
                           .tv_nsec = wait.count() % 1'000'000 * 1000};
    const int count = ::epoll_pwait2(epoll_fd_, events.data(), kEvents, &timeout, nullptr);
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    const Time start = now();
    for (int i = 0; i < count; ++i) {
      if (auto* from = static_cast<Side*>(events[static_cast<size_t>(i)].data.ptr)) {
        read_frames(*from, start);
      } else {
        uint64_t woken = 0;
        [[maybe_unused]] const auto n = ::read(wake_fd_, &woken, sizeof woken);
      }
    }
    wait = deliver_due();
  }
}

void SocketWires::read_frames(Side& from, Time now) {
  for (int i = 0; i < kReadBurst; ++i) {
    const ssize_t size = ::recv(from.own_fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size <= 0) break;
    from.outgoing.push(Side::Frame(buffer_.begin(), buffer_.begin() + size),
                       static_cast<size_t>(size), now);
  }
  schedule(from);
}

void SocketWires::schedule(Side& side) {
  const Time when = side.blocked ? now() + kRetry : side.outgoing.next_deadline();
  if (when >= side.scheduled || when == kNever) return;
  side.scheduled = when;
  due_.push_back({when, &side});
  std::push_heap(due_.begin(), due_.end());
}

// Returns how long nothing more is due.
Duration SocketWires::deliver_due() {
  while (!due_.empty()) {
    const Time current = now();
    const Due next = due_.front();
    if (next.when > current) return std::min(next.when - current, kLongestWait);
    std::pop_heap(due_.begin(), due_.end());
    due_.pop_back();
    if (next.side->scheduled != next.when) continue;  // was moved to an earlier time
    next.side->scheduled = kNever;
    deliver(*next.side, current);
    schedule(*next.side);
  }
  return kLongestWait;
}

void SocketWires::deliver(Side& from, Time now) {
  const int to = from.wire.other(from).own_fd;
  while (true) {
    const bool again = from.blocked.has_value();
    auto frame = again ? std::exchange(from.blocked, std::nullopt) : from.outgoing.pop_due(now);
    if (!frame) return;
    if (from.wire.capture && !again) {
      from.wire.capture->write(*frame, since_epoch<std::chrono::system_clock>());
    }
    if (::send(to, frame->data(), frame->size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      from.stuck_since.reset();
      continue;
    }
    if (!from.stuck_since) from.stuck_since = now;
    if (errno == EAGAIN && now - *from.stuck_since <= kPatience) {
      from.blocked = std::move(frame);
      return;
    }
    ++from.refused;
  }
}

void SocketWires::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_fd_, &one, sizeof one);
}

}  // namespace wirebraid::fabric
