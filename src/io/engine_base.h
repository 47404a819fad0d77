// What both engines have in common: the queues of what is to be sent, the transports, and errors
// that wait for the next turn. No I/O here.
#pragma once

#include <vector>

#include "io/engine.h"

namespace wirebraid::io {

/// Datagrams or packets per system call, callback and flush.
inline constexpr size_t kBatch = 64;
/// Datagrams per socket, and packets, that one turn reads at most.
inline constexpr size_t kTurnLimit = 256;
/// How long an engine that found the pool empty waits before it tries again, unless a deadline or a
/// watched descriptor comes first. A 7 MiB socket buffer takes that at 50 Gbit/s.
inline constexpr Duration kStarvedRetry = std::chrono::milliseconds(1);

class EngineBase : public Engine {
 public:
  void send(std::span<Datagram> batch) final;
  void write(std::span<Packet> batch) final;
  const EngineStatistics& statistics() const final { return statistics_; }

 protected:
  EngineBase(Handler& handler, BufferPool& pool);

  /// Marks a turn for as long as it lives: what is queued meanwhile is sent at its end.
  class Turn {
   public:
    explicit Turn(EngineBase& engine);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    EngineBase& engine_;
  };

  /// Sends (writes) or drops everything in `batch`, in order, at most kBatch of them.
  virtual void flush_datagrams(std::span<Datagram> batch) = 0;
  virtual void flush_packets(std::span<Packet> batch) = 0;
  void flush();

  void register_transport(UdpTransport& transport);
  /// Also forgets its errors.
  void unregister_transport(UdpTransport& transport);
  /// The socket that `datagram` leaves by; -1 if it cannot be sent.
  int socket_for(const Datagram& datagram) const;

  /// To be told to the Handler at the end of the turn, once per transport.
  void report_error(TransportId transport, int error);
  void deliver_errors();

  /// Slots that the engine may hold for reading from one kind of source: what suits it, but never
  /// more than a quarter of the pool.
  size_t slots_for_reading(size_t wanted) const;

  Handler& handler_;
  BufferPool& pool_;
  EngineStatistics statistics_;

 private:
  struct TransportError {
    TransportId transport;
    int error;
  };
  bool in_turn_ = false;
  std::vector<UdpTransport*> transports_;
  std::vector<TransportError> errors_;
  std::vector<Datagram> datagrams_;
  std::vector<Packet> packets_;
};

}  // namespace wirebraid::io
