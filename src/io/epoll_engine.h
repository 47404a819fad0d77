// The engine for kernels and containers without io_uring: epoll(7) with recvmmsg(2), sendmmsg(2).
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <unordered_map>

#include "io/descriptor.h"
#include "io/engine_base.h"
#include "io/message.h"

namespace wirebraid::io {

/// Sockets and TUN are watched edge-triggered, with the level kept here: when the pool is empty, or
/// a turn's limit is reached, what is left stays in the kernel without waking us over and over.
/// While something of one kind is blocked, nothing more of it is read.
class EpollEngine final : public EngineBase {
 public:
  EpollEngine(Handler& handler, BufferPool& pool);
  ~EpollEngine() override;

  std::string_view name() const override { return "epoll"; }
  void add_transport(UdpTransport& transport) override;
  void remove_transport(UdpTransport& transport) override;
  void set_tun(TunDevice& tun) override;
  void watch(int fd, uint32_t events, std::function<void(uint32_t)> ready) override;
  void unwatch(int fd) override;
  void run_once(Time deadline) override;

 private:
  enum class Kind : uint8_t { socket, tun, watch };
  struct Source {
    Kind kind{};
    int fd = -1;
    uint32_t serial = 0;  // tells this use of the descriptor number from an earlier one
    UdpTransport* transport = nullptr;
    std::function<void(uint32_t)> ready;
    bool readable = true;  // never read yet, so nobody knows
    bool removed = false;
  };
  using SourcePtr = std::shared_ptr<Source>;

  void flush_datagrams(std::span<const SendRuns::Run> runs) override;
  void flush_packets(std::span<Write> writes) override;
  void send_runs(int fd, std::span<const SendRuns::Run> runs);

  void add_source(SourcePtr source, uint32_t events);
  void remove_source(int fd);
  Time next_wakeup(Time deadline) const;
  void wait(Time deadline);
  void dispatch(const epoll_event& event);
  void fill_slots(size_t wanted);
  void receive(Source& source);
  void read_tun(Source& source);

  Descriptor epoll_;
  Descriptor timer_;  // only where the kernel lacks epoll_pwait2 (before 5.11)
  uint32_t last_serial_ = 0;
  std::unordered_map<int, SourcePtr> sources_;
  std::vector<SourcePtr> readers_;  // sockets and TUN
  int tun_fd_ = -1;

  std::array<epoll_event, kBatch> events_{};
  size_t event_count_ = 0;

  /// Runs that one call receives at most.
  static constexpr size_t kReceives = 16;
  std::array<Packet, kReceives> slots_;  // from intake_pool()
  struct Receive {
    sockaddr_in6 remote{};
    iovec payload{};
    alignas(cmsghdr) std::array<uint8_t, kControlSize> control{};
  };
  std::array<Receive, kReceives> receives_;
  std::array<mmsghdr, kReceives> receive_headers_{};

  std::array<SendMessage, kBatch> messages_;
  std::array<mmsghdr, kBatch> send_headers_{};
};

}  // namespace wirebraid::io
