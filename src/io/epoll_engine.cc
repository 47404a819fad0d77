#include "io/epoll_engine.h"

#include <linux/time_types.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>
#include <system_error>

#include "io/tun.h"
#include "io/udp.h"

namespace wirebraid::io {

namespace {

// Neither libc has a wrapper everywhere: musl has none, glibc since 2.35.
int epoll_wait_until(int epoll, epoll_event* events, int count, const __kernel_timespec* timeout) {
#ifdef SYS_epoll_pwait2
  return static_cast<int>(
      syscall(SYS_epoll_pwait2, epoll, events, count, timeout, nullptr, _NSIG / 8));
#else
  (void)epoll, (void)events, (void)count, (void)timeout;
  errno = ENOSYS;
  return -1;
#endif
}

uint64_t key_of(int fd, uint32_t serial) {
  return uint64_t{serial} << 32 | static_cast<uint32_t>(fd);
}

}  // namespace

EpollEngine::EpollEngine(Handler& handler, BufferPool& pool)
    : EngineBase(handler, pool),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      slot_limit_(slots_for_reading(kBatch)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  for (size_t i = 0; i < kBatch; ++i) {
    msghdr& header = receive_headers_[i].msg_hdr;
    header.msg_name = &receives_[i].remote;
    header.msg_iov = &receives_[i].payload;
    header.msg_iovlen = 1;
    header.msg_control = receives_[i].control.data();
  }
}

EpollEngine::~EpollEngine() = default;

void EpollEngine::add_source(SourcePtr source, uint32_t events) {
  source->serial = ++last_serial_;
  epoll_event event{};
  event.events = events;
  event.data.u64 = key_of(source->fd, source->serial);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source->fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  if (source->kind != Kind::watch) readers_.push_back(source);
  sources_[source->fd] = std::move(source);
}

void EpollEngine::remove_source(int fd) {
  const auto found = sources_.find(fd);
  if (found == sources_.end()) return;
  found->second->removed = true;
  std::erase(readers_, found->second);
  sources_.erase(found);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EpollEngine::add_transport(UdpTransport& transport) {
  register_transport(transport);
  for (const int fd : {transport.fd_v4(), transport.fd_v6()}) {
    if (fd < 0) continue;
    auto source = std::make_shared<Source>();
    source->kind = Kind::socket;
    source->fd = fd;
    source->transport = &transport;
    add_source(std::move(source), EPOLLIN | EPOLLET);
  }
}

void EpollEngine::remove_transport(UdpTransport& transport) {
  flush();
  for (const int fd : {transport.fd_v4(), transport.fd_v6()}) {
    if (fd >= 0) remove_source(fd);
  }
  unregister_transport(transport);
}

void EpollEngine::set_tun(TunDevice& tun) {
  for (const auto& reader : readers_) {
    if (reader->kind != Kind::tun) continue;
    remove_source(reader->fd);
    break;
  }
  tun_fd_ = tun.fd();
  if (const auto error = tun.set_blocking(false)) throw std::system_error(error, "fcntl");
  auto source = std::make_shared<Source>();
  source->kind = Kind::tun;
  source->fd = tun.fd();
  add_source(std::move(source), EPOLLIN | EPOLLET);
}

void EpollEngine::watch(int fd, uint32_t events, std::function<void(uint32_t)> ready) {
  unwatch(fd);
  auto source = std::make_shared<Source>();
  source->kind = Kind::watch;
  source->fd = fd;
  source->ready = std::move(ready);
  add_source(std::move(source), events);
}

void EpollEngine::unwatch(int fd) {
  const auto found = sources_.find(fd);
  if (found != sources_.end() && found->second->kind == Kind::watch) remove_source(fd);
}

void EpollEngine::run_once(Time deadline) {
  const Turn turn(*this);
  wait(next_wakeup(deadline));
  starved_ = false;
  for (size_t i = 0; i < event_count_; ++i) dispatch(events_[i]);
  event_count_ = 0;
  // By index, as callbacks may remove transports; one that is skipped thereby has its turn next.
  for (size_t i = 0; i < readers_.size(); ++i) {
    const SourcePtr source = readers_[i];
    if (!source->readable) continue;
    if (source->kind == Kind::tun) {
      read_tun(*source);
    } else {
      receive(*source);
    }
  }
  deliver_errors();
}

Time EpollEngine::next_wakeup(Time deadline) const {
  if (starved_) return std::min(deadline, monotonic_now() + kStarvedRetry);
  const bool more = std::any_of(readers_.begin(), readers_.end(),
                                [](const auto& source) { return source->readable; });
  return more ? Time::min() : deadline;
}

void EpollEngine::wait(Time deadline) {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  const bool timed = deadline != kNever;
  __kernel_timespec timeout{};
  if (timed && deadline != Time::min()) {
    const Duration left = std::max(deadline - monotonic_now(), Duration::zero());
    timeout.tv_sec = duration_cast<seconds>(left).count();
    timeout.tv_nsec = nanoseconds(left % seconds(1)).count();
  }
  int count = -1;
  if (!timer_) {
    count = epoll_wait_until(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                             timed ? &timeout : nullptr);
    if (count < 0 && errno == ENOSYS) {
      timer_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
      if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
      // The event alone ends the wait; nobody looks at it or reads the timer, as setting it anew
      // also makes it unreadable.
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = key_of(timer_.get(), 0);
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
    }
  }
  if (timer_) {
    const bool now = timed && timeout.tv_sec == 0 && timeout.tv_nsec == 0;
    itimerspec alarm{};  // all zero: no alarm
    alarm.it_value.tv_sec = static_cast<time_t>(timeout.tv_sec);
    alarm.it_value.tv_nsec = static_cast<long>(timeout.tv_nsec);
    timerfd_settime(timer_.get(), 0, &alarm, nullptr);
    count =
        epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), now ? 0 : -1);
  }
  event_count_ = static_cast<size_t>(std::max(count, 0));  // EINTR: a turn without events
}

void EpollEngine::dispatch(const epoll_event& event) {
  const auto found = sources_.find(static_cast<int>(event.data.u64 & 0xffffffff));
  if (found == sources_.end() || found->second->serial != event.data.u64 >> 32) return;
  const SourcePtr source = found->second;  // lives on if its callback unwatches it
  if (source->kind == Kind::watch) {
    source->ready(event.events);
  } else {
    source->readable = true;
  }
}

size_t EpollEngine::fill_slots() {
  while (slot_count_ < slot_limit_) {
    slots_[slot_count_] = pool_.allocate();
    if (!slots_[slot_count_]) break;
    ++slot_count_;
  }
  if (slot_count_ == 0) {
    ++statistics_.pool_exhausted;
    starved_ = true;
  }
  return slot_count_;
}

void EpollEngine::receive(Source& source) {
  size_t total = 0;
  while (!source.removed && source.readable && total < kTurnLimit) {
    const size_t room = fill_slots();
    if (room == 0) return;
    for (size_t i = 0; i < room; ++i) {
      slots_[i].resize(pool_.payload_size());
      receives_[i].payload = {slots_[i].data(), slots_[i].size()};
      receive_headers_[i].msg_hdr.msg_namelen = sizeof receives_[i].remote;
      receive_headers_[i].msg_hdr.msg_controllen = receives_[i].control.size();
    }
    const int count = recvmmsg(source.fd, receive_headers_.data(), static_cast<unsigned>(room),
                               MSG_DONTWAIT, nullptr);
    if (count < 0) {
      ++total;  // an error per call, were it to come for ever, must not hold up the turn
      if (errno == EAGAIN) source.readable = false;
      if (is_socket_broken(errno)) {
        source.readable = false;
        report_error(source.transport->id(), errno);
      }
      continue;
    }
    total += static_cast<size_t>(count);
    size_t kept = 0;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      const msghdr& header = receive_headers_[i].msg_hdr;
      if ((header.msg_flags & MSG_TRUNC) != 0) {
        ++statistics_.truncated;
        continue;
      }
      Datagram& datagram = received_[kept++];
      read_message(header, datagram);
      datagram.transport = source.transport->id();
      datagram.bytes = std::move(slots_[i]);
      datagram.bytes.resize(receive_headers_[i].msg_len);
    }
    const auto free = std::stable_partition(slots_.begin(), slots_.begin() + slot_count_,
                                            [](const Packet& slot) { return bool{slot}; });
    slot_count_ = static_cast<size_t>(free - slots_.begin());
    statistics_.datagrams_received += kept;
    if (kept > 0) handler_.on_datagrams({received_.data(), kept});
    for (size_t i = 0; i < kept; ++i) received_[i].bytes.reset();
  }
}

void EpollEngine::read_tun(Source& source) {
  size_t total = 0;
  while (!source.removed && source.readable && total < kTurnLimit) {
    const size_t room = fill_slots();
    if (room == 0) return;
    bool gone = false;
    size_t count = 0;
    while (count < room) {
      Packet& slot = slots_[slot_count_ - 1];
      // The kernel cuts off silently, so one byte more than may come shows it.
      slot.resize(pool_.payload_size() + 1);
      const ssize_t size = read(source.fd, slot.data(), slot.size());
      if (size < 0) {
        if (errno != EINTR) source.readable = false;
        gone = is_tun_gone(errno);
        break;
      }
      ++total;
      if (static_cast<size_t>(size) > pool_.payload_size()) {
        ++statistics_.truncated;
        if (total >= kTurnLimit) break;
        continue;
      }
      slot.resize(static_cast<size_t>(size));
      read_[count++] = std::move(slot);
      --slot_count_;
    }
    statistics_.packets_read += count;
    if (count > 0) handler_.on_packets({read_.data(), count});
    for (size_t i = 0; i < count; ++i) read_[i].reset();
    if (gone && !source.removed) {
      remove_source(source.fd);
      handler_.on_tun_gone();
      return;
    }
  }
}

void EpollEngine::flush_datagrams(std::span<Datagram> batch) {
  for (size_t start = 0; start < batch.size();) {
    const int fd = socket_for(batch[start]);
    size_t end = start + 1;
    while (end < batch.size() && socket_for(batch[end]) == fd) ++end;
    const auto group = batch.subspan(start, end - start);
    const size_t sent = fd < 0 ? 0 : send_group(fd, group);
    statistics_.datagrams_sent += sent;
    statistics_.send_dropped += group.size() - sent;
    start = end;
  }
}

size_t EpollEngine::send_group(int fd, std::span<Datagram> group) {
  std::array<bool, kBatch> with_source{};
  for (size_t i = 0; i < group.size(); ++i) {
    with_source[i] = messages_[i].prepare(group[i], static_cast<bool>(group[i].source.address));
    send_headers_[i].msg_hdr = messages_[i].header;
  }
  size_t sent = 0;
  for (size_t next = 0; next < group.size();) {
    const int count = sendmmsg(fd, &send_headers_[next], static_cast<unsigned>(group.size() - next),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      next += static_cast<size_t>(count);
      sent += static_cast<size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (with_source[next] && is_source_refused(errno)) {
      with_source[next] = messages_[next].prepare(group[next], false);
      send_headers_[next].msg_hdr = messages_[next].header;
      continue;
    }
    if (is_socket_broken(errno) && errno != EINVAL) {
      report_error(group[next].transport, errno);
    }
    ++next;  // this one is dropped; the error need not be the next one's
  }
  return sent;
}

void EpollEngine::flush_packets(std::span<Packet> batch) {
  for (const auto& packet : batch) {
    const bool written =
        packet && tun_fd_ >= 0 &&
        ::write(tun_fd_, packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
    ++(written ? statistics_.packets_written : statistics_.write_dropped);
  }
}

}  // namespace wirebraid::io
