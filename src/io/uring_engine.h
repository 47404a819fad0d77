// The io_uring engine: the kernel picks a buffer for each run of datagrams and each super-packet
// that comes, and everything that a turn sends is submitted by the call that waits for the next
// one.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "io/engine_base.h"
#include "io/message.h"
#include "io/uring_probe.h"
#include "io/uring_ring.h"

namespace wirebraid::io {

/// Needs Linux 6.0 (multishot recvmsg, provided-buffer rings); below, epoll with recvmmsg is the
/// better engine. TUN reads are multishot from 6.7 on, else several single ones wait side by side.
///
/// Order: a datagram or packet is sent during submission, or not at all (MSG_DONTWAIT), so later
/// ones never overtake it.
class UringEngine final : public EngineBase {
 public:
  UringEngine(Handler& handler, BufferPool& pool);
  ~UringEngine() override;

  /// To be called once, before anything else. 0 or an errno.
  int open(const UringFeatures& features);

  std::string_view name() const override { return "io_uring"; }
  void add_transport(UdpTransport& transport) override;
  void remove_transport(UdpTransport& transport) override;
  void set_tun(TunDevice& tun) override;
  void watch(int fd, uint32_t events, std::function<void(uint32_t)> ready) override;
  void unwatch(int fd) override;
  void run_once(Time deadline) override;

 private:
  enum class Kind : uint8_t { none, socket, tun, watch };

  /// Something that the kernel is asked about again and again.
  struct Source {
    Kind kind = Kind::none;
    int fd = -1;
    unsigned armed = 0;   // operations that the kernel holds
    unsigned wanted = 1;  // that it should hold
    UdpTransport* transport = nullptr;
    uint32_t events = 0;
    std::function<void(uint32_t)> ready;
    msghdr layout{};  // of what the kernel puts in front of a datagram
  };
  using SourcePtr = std::shared_ptr<Source>;

  /// One run or super-packet on its way out.
  struct Output {
    std::vector<Datagram> run;
    SendMessage message;
    bool with_source = false;
    std::vector<Packet> pieces;  // to the TUN device
    VirtioHeader header{};
    Parts parts{};
    unsigned part_count = 0;
    bool to_tun = false;
    bool busy = false;
  };

  struct Completion {
    uint64_t user_data;
    int result;
    uint32_t flags;
  };

  void flush_datagrams(std::span<const SendRuns::Run> runs) override;
  void flush_packets(std::span<Write> writes) override;
  void send_run(SendRuns::Run run);
  Output* free_output();
  size_t busy_outputs() const { return outputs_.size() - free_outputs_.size(); }
  void submit_output(Output& output);
  void submit() override;
  void finish_output(Output& output, int result);

  SourcePtr& add_source(Kind kind, int fd);
  void remove_source(Kind kind, int fd);
  size_t find_source(Kind kind, int fd) const;
  void disarm(size_t index);
  void wait_for_outputs(const UdpTransport* transport);

  void arm_all();
  void arm(size_t index);
  bool starved() const;
  void wait(Time deadline, size_t events);
  void reap();
  void process(const Completion& completion);
  void on_received(Source& source, const Completion& completion);
  void on_read(Source& source, const Completion& completion);

  Ring ring_;
  ProvidedBuffers datagram_buffers_;
  ProvidedBuffers packet_buffers_;
  bool multishot_read_ = false;
  int tun_fd_ = -1;
  bool closing_ = false;

  std::vector<SourcePtr> sources_;  // numbered by their place; removed ones are null
  std::vector<Output> outputs_;
  std::vector<uint32_t> free_outputs_;
  std::vector<Completion> completions_;  // reaped; those before next_ are processed
  size_t next_completion_ = 0;
};

/// The engine and which kind, or none and why not.
EngineChoice make_uring_engine(Handler& handler, BufferPool& pool);

}  // namespace wirebraid::io
