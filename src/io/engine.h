// The event loop behind one interface: io_uring or epoll. One per worker, single-threaded: to be
// made, used and destroyed by one thread, after the last fork.
//
// A turn sends what has been queued since the last one, waits for something to happen, reads all
// that is ready in batches, and hands it to the Handler. Completions handled per turn are bounded,
// so that timers and control sockets are served under any load.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wirebraid/datagram.h"
#include "wirebraid/packet.h"
#include "wirebraid/time.h"

namespace wirebraid::io {

class UdpTransport;
class TunDevice;

/// Called by Engine::run_once(), never from elsewhere. Batches are the callee's to take.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void on_datagrams(std::span<Datagram> batch) = 0;
  virtual void on_packets(std::span<Packet> batch) = 0;
  /// The interface was deleted (reads fail with EBADFD/ENODEV). Nothing more is read from it.
  virtual void on_tun_gone() = 0;
  /// A socket reported an error that is not about one datagram (e.g. ENODEV after its device went);
  /// at most once per transport and turn. If it came while receiving, nothing more is received
  /// until the transport is removed and added again. ICMP errors and full buffers do not come here.
  virtual void on_transport_error(TransportId transport, int error) = 0;
};

struct EngineStatistics {
  uint64_t turns = 0;
  uint64_t datagrams_received = 0;
  uint64_t datagrams_sent = 0;
  uint64_t send_dropped =
      0;  ///< the kernel refused (full buffer, no route, too long); counted, not retried
  uint64_t packets_read = 0;
  uint64_t packets_written = 0;
  uint64_t write_dropped = 0;
  uint64_t truncated = 0;       ///< datagram or packet longer than a slot
  uint64_t malformed = 0;       ///< from TUN: not what its virtio header says
  uint64_t pool_exhausted = 0;  ///< times that reading had to wait for a free slot
};

/// Cuts the kernel's runs of datagrams (UDP_GRO) and super-packets into slots of the pool, and
/// joins such again when sending, where transport and TUN device can. When the pool is empty,
/// datagrams and packets wait in the kernel's own queues. What is added or set here must outlive
/// the engine, or be removed before.
class Engine {
 public:
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// "io_uring" or "epoll".
  virtual std::string_view name() const = 0;

  /// Reads from both sockets of `transport` until removed. Received datagrams carry its id, which
  /// must be unique. The sockets must be open, and stay as they are until removed.
  virtual void add_transport(UdpTransport& transport) = 0;
  /// What was queued is sent before. After this returns no event of it is delivered, and its
  /// sockets may be closed or reopened. Also allowed in a callback.
  virtual void remove_transport(UdpTransport& transport) = 0;
  /// Reads from `tun`, instead of from an earlier one, and makes it blocking or not as needed.
  virtual void set_tun(TunDevice& tun) = 0;

  /// Calls `ready(events)` (EPOLLIN|EPOLLOUT|EPOLLERR|EPOLLHUP bits) while `fd` is ready; level-
  /// triggered. For control sockets, netlink, signalfd. A callback may unwatch any fd, its own too.
  virtual void watch(int fd, uint32_t events, std::function<void(uint32_t)> ready) = 0;
  virtual void unwatch(int fd) = 0;

  /// Queue for sending at the begin of the next turn, or as soon as a batch is full: what one turn
  /// and the timers after it give goes out together. Order is kept per transport and destination,
  /// and on the TUN device per flow. The spans' contents are moved from. A datagram whose sticky
  /// source the kernel refuses (EINVAL, ENETUNREACH) is sent again without it.
  virtual void send(std::span<Datagram> batch) = 0;
  virtual void write(std::span<Packet> batch) = 0;
  /// Sends what is queued now. For when the next turn may be late.
  virtual void flush() = 0;

  /// One turn: waits until something is ready or `deadline` has come, whichever is first; a signal
  /// may end it before both. kNever: no deadline; one in the past: does not wait.
  virtual void run_once(Time deadline) = 0;

  virtual const EngineStatistics& statistics() const = 0;

 protected:
  Engine() = default;
};

enum class EngineKind : uint8_t { automatic, io_uring, epoll };

struct EngineChoice {
  std::unique_ptr<Engine> engine;  ///< null only if a forced kind does not work here
  std::string reason;  ///< for the log: which engine and why, e.g. "epoll: io_uring is forbidden
                       ///< here (io_uring_setup: Operation not permitted)"
};

/// Probes io_uring (setup and every operation that the engine needs, by running them) and falls
/// back to epoll. `kind` forces one. `handler` and `pool` must outlive the engine.
EngineChoice make_engine(EngineKind kind, Handler& handler, BufferPool& pool);

/// CLOCK_MONOTONIC as the core's time.
Time monotonic_now();

}  // namespace wirebraid::io
