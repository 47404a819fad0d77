// What both engines have in common: what goes between the kernel's runs of datagrams and
// super-packets and the single ones of the core, the queues of what is to be sent, the transports,
// and errors that wait for the next turn. No I/O here.
#pragma once

#include <sys/uio.h>

#include <array>
#include <deque>
#include <vector>

#include "io/engine.h"
#include "io/send_runs.h"
#include "io/tun.h"
#include "io/virtio_header.h"
#include "wirebraid/segmentation.h"

namespace wirebraid::io {

/// Datagrams or packets per system call, callback and flush.
inline constexpr size_t kBatch = 64;
/// Datagrams per socket, and packets, that one turn takes in at most, but for what came in the same
/// call as the last of them.
inline constexpr size_t kTurnLimit = 256;
/// What the kernel may write at once: a run or a super-packet (IPv6 does not count its header of 40
/// bytes), and one byte more, as it cuts off packets silently.
inline constexpr size_t kIntakeBytes = kVirtioHeader + 40 + kMaxSuperPacket + 1;
/// How long an engine that found the pool empty waits before it tries again, unless a deadline or a
/// watched descriptor comes first. A 7 MiB socket buffer takes that at 50 Gbit/s.
inline constexpr Duration kStarvedRetry = std::chrono::milliseconds(1);

class EngineBase : public Engine {
 public:
  void send(std::span<Datagram> batch) final;
  void write(std::span<Packet> batch) final;
  void flush() final;
  const EngineStatistics& statistics() const final { return statistics_; }

 protected:
  /// `intake_slots`: how many of kIntakeBytes the engine keeps filled by the kernel.
  EngineBase(Handler& handler, BufferPool& pool, size_t intake_slots);

  /// Marks a turn for as long as it lives.
  class Turn {
   public:
    explicit Turn(EngineBase& engine);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    EngineBase& engine_;
  };

  using VirtioHeader = std::array<uint8_t, kVirtioHeader>;
  /// A super-packet, or a packet, to be written: `pieces` one behind the other.
  struct Write {
    VirtioHeader header{};
    size_t header_size = 0;  ///< 0: without
    std::span<Packet> pieces;
  };
  /// Sends (writes) or drops all of it, in order, at most kBatch datagrams (packets), by the next
  /// submit() at the latest. What is lost is counted.
  virtual void flush_datagrams(std::span<const SendRuns::Run> runs) = 0;
  virtual void flush_packets(std::span<Write> writes) = 0;
  virtual void submit() {}
  /// What is queued is handed to these two.
  void prepare();
  using Parts = std::array<iovec, kMaxMerged + 1>;
  /// What writev(2) needs; returns how many of `parts`. No piece is false.
  static unsigned gather(std::span<uint8_t> header, std::span<Packet> pieces, Parts& parts);
  /// True if the kernel refused `run` for being one: its datagrams may well pass one by one. If
  /// that will be so for each, no more are made for its transport.
  bool is_run_refused(SendRuns::Run run, int error);

  /// Takes what the kernel has written into a slot of intake_pool(): `run.bytes` are datagrams of
  /// `segment` bytes each (0: one) that came by `from`. Hands them to the Handler, or keeps them
  /// until the pool has room.
  void take_run(const UdpTransport& from, Datagram run, size_t segment);
  /// The same with what was read from the TUN device. An eighth of the pool is left to datagrams:
  /// what they tell frees slots.
  void take_packet(Packet read);
  /// At the start of a turn: what had no room.
  void take_blocked();
  bool runs_blocked() const { return !blocked_runs_.empty(); }
  bool packets_blocked() const { return !blocked_packets_.empty(); }
  bool blocked() const { return runs_blocked() || packets_blocked(); }
  /// Datagrams and packets taken in this turn.
  size_t taken() const { return taken_; }
  void note_taken(size_t count) { taken_ += count; }
  /// Hands over what has been taken.
  void deliver_datagrams();
  void deliver_packets();
  BufferPool& intake_pool() { return intake_pool_; }

  void register_transport(UdpTransport& transport);
  /// Also forgets its errors, and what has come by it.
  void unregister_transport(UdpTransport& transport);
  UdpTransport* find_transport(TransportId id) const;
  /// The socket that `datagram` leaves by; -1 if it cannot be sent.
  int socket_for(const Datagram& datagram) const;
  void register_tun(const TunDevice& tun);

  /// To be told to the Handler at the end of the turn, once per transport.
  void report_error(TransportId transport, int error);
  void deliver_errors();

  Handler& handler_;
  BufferPool& pool_;
  EngineStatistics statistics_;

 private:
  struct ReceivedRun {
    Datagram datagrams;
    size_t segment = 0;
  };
  /// False if the pool has too little room at the moment.
  bool cut_run(const ReceivedRun& run);
  bool cut_packet(const Packet& read);
  bool has_room_for(size_t packets, size_t reserve);
  void write_out();

  struct TransportError {
    TransportId transport;
    int error;
  };
  bool in_turn_ = false;
  size_t taken_ = 0;  // in this turn
  BufferPool intake_pool_;
  TunOffloads tun_offloads_;
  std::deque<ReceivedRun> blocked_runs_;
  std::deque<Packet> blocked_packets_;
  std::vector<Datagram> received_;  // to be delivered
  std::vector<Packet> read_;
  std::vector<UdpTransport*> transports_;
  std::vector<TransportError> errors_;
  std::vector<Datagram> datagrams_;  // to be sent
  std::vector<Packet> packets_;
  SendRuns runs_;
  Coalescer coalescer_;
  std::vector<Packet> pieces_;
  std::vector<SuperPacket> merged_;
  std::vector<Write> writes_;
};

}  // namespace wirebraid::io
