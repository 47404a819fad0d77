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
    // What one call has received may have to wait, all of it.
    : EngineBase(handler, pool, 2 * kReceives), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  for (size_t i = 0; i < kReceives; ++i) {
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
  register_tun(tun);
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
  flush();
  wait(next_wakeup(deadline));
  take_blocked();
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
  deliver_datagrams();
  deliver_packets();
  deliver_errors();
}

Time EpollEngine::next_wakeup(Time deadline) const {
  if (blocked()) return std::min(deadline, monotonic_now() + kStarvedRetry);
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

void EpollEngine::fill_slots(size_t wanted) {
  for (size_t i = 0; i < wanted; ++i) {
    if (!slots_[i]) slots_[i] = intake_pool().allocate();
    slots_[i].resize(kIntakeBytes);
  }
}

void EpollEngine::receive(Source& source) {
  const size_t enough = taken() + kTurnLimit;
  while (!source.removed && source.readable && !runs_blocked() && taken() < enough) {
    fill_slots(kReceives);
    for (size_t i = 0; i < kReceives; ++i) {
      receives_[i].payload = {slots_[i].data(), slots_[i].size()};
      receive_headers_[i].msg_hdr.msg_namelen = sizeof receives_[i].remote;
      receive_headers_[i].msg_hdr.msg_controllen = receives_[i].control.size();
    }
    const int count =
        recvmmsg(source.fd, receive_headers_.data(), kReceives, MSG_DONTWAIT, nullptr);
    if (count < 0) {
      // Any other error is about one datagram; others may be behind. Were it to come for ever, it
      // must not hold up the turn.
      source.readable = errno != EAGAIN && !is_socket_broken(errno);
      if (is_socket_broken(errno)) report_error(source.transport->id(), errno);
      note_taken(1);
      continue;
    }
    // Fewer than asked for: it has found the socket empty.
    if (static_cast<size_t>(count) < kReceives) source.readable = false;
    for (size_t i = 0; i < static_cast<size_t>(count) && !source.removed; ++i) {
      Datagram run;
      const size_t segment = read_message(receive_headers_[i].msg_hdr, run);
      run.bytes = std::move(slots_[i]);
      run.bytes.resize(receive_headers_[i].msg_len);
      take_run(*source.transport, std::move(run), segment);
    }
  }
}

void EpollEngine::read_tun(Source& source) {
  const size_t enough = taken() + kTurnLimit;
  while (!source.removed && source.readable && !packets_blocked() && taken() < enough) {
    fill_slots(1);
    const ssize_t size = read(source.fd, slots_[0].data(), slots_[0].size());
    if (size >= 0) {
      slots_[0].resize(static_cast<size_t>(size));
      take_packet(std::move(slots_[0]));
      continue;
    }
    if (errno == EINTR) continue;
    source.readable = false;
    if (!is_tun_gone(errno)) break;
    remove_source(source.fd);
    deliver_packets();
    handler_.on_tun_gone();
  }
}

void EpollEngine::flush_datagrams(std::span<const SendRuns::Run> runs) {
  for (size_t start = 0; start < runs.size();) {
    const int fd = socket_for(runs[start].front());
    size_t end = start + 1;
    while (end < runs.size() && socket_for(runs[end].front()) == fd) ++end;
    if (fd >= 0) {
      send_runs(fd, runs.subspan(start, end - start));
    } else {
      for (const auto& run : runs.subspan(start, end - start)) {
        statistics_.send_dropped += run.size();
      }
    }
    start = end;
  }
}

void EpollEngine::send_runs(int fd, std::span<const SendRuns::Run> runs) {
  std::array<bool, kBatch> with_source{};
  for (size_t i = 0; i < runs.size(); ++i) {
    with_source[i] =
        messages_[i].prepare(runs[i], static_cast<bool>(runs[i].front().source.address));
    send_headers_[i].msg_hdr = messages_[i].header;
  }
  for (size_t next = 0; next < runs.size();) {
    const int count = sendmmsg(fd, &send_headers_[next], static_cast<unsigned>(runs.size() - next),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      for (int i = 0; i < count; ++i) statistics_.datagrams_sent += runs[next++].size();
      continue;
    }
    if (errno == EINTR) continue;
    const SendRuns::Run run = runs[next];
    if (run.size() > 1 && is_run_refused(run, errno)) {
      // Takes the first of messages_ only, which is no longer needed.
      for (Datagram& datagram : run) {
        const SendRuns::Run alone(&datagram, 1);
        send_runs(fd, {&alone, 1});
      }
    } else if (with_source[next] && is_source_refused(errno)) {
      with_source[next] = messages_[next].prepare(run, false);
      send_headers_[next].msg_hdr = messages_[next].header;
      continue;
    } else {
      if (is_socket_broken(errno) && errno != EINVAL) report_error(run.front().transport, errno);
      statistics_.send_dropped += run.size();  // the error need not be the next one's
    }
    ++next;
  }
}

void EpollEngine::flush_packets(std::span<Write> writes) {
  Parts parts{};
  for (Write& write : writes) {
    const unsigned count =
        gather(std::span(write.header).first(write.header_size), write.pieces, parts);
    const bool written =
        tun_fd_ >= 0 && ::writev(tun_fd_, parts.data(), static_cast<int>(count)) >= 0;
    (written ? statistics_.packets_written : statistics_.write_dropped) += write.pieces.size();
  }
}

}  // namespace wirebraid::io
