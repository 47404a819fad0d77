// One of the workers that serve an interface: an engine, a queue of the TUN device and an Interface
// with the bonds that are assigned to it, in a thread of their own. Worker 0 lives in the main
// thread, which also runs control; alone, it is all there is.
//
// No data is shared: what reaches the wrong worker is handed over by a ring for each pair, and the
// main thread looks at another worker's Interface only while that worker is held between two turns.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "io/descriptor.h"
#include "io/engine.h"
#include "io/handover_ring.h"
#include "io/system_platform.h"
#include "io/tun.h"
#include "wirebraid/crypto/aead.h"
#include "wirebraid/interface.h"

namespace wirebraid::control {

struct WorkerOptions {
  WorkerSeat seat;
  size_t mtu = 0;        ///< bytes of the largest inner packet
  size_t slot_size = 0;  ///< bytes that a packet of its pool can hold
  size_t slots = 0;      ///< in its pool at most
  io::EngineKind engine = io::EngineKind::automatic;
};

/// What was handed over to this worker.
struct HandoverStatistics {
  uint64_t taken = 0;
  uint64_t dropped = 0;  ///< its ring was full, or its pool exhausted
};

/// All members are for the main thread.
class Worker final : private io::Handler {
 public:
  struct TransportError {
    TransportId transport{};
    int error = 0;
  };

  /// `aead` is this worker's alone.
  Worker(const WorkerOptions& options, std::unique_ptr<crypto::AeadBackend> aead,
         std::unique_ptr<io::TunDevice> tun);
  /// Its transports must be out of the engine, and all others held or gone.
  ~Worker() override;

  /// To be called for each before the first is started; `all` by number, this one among them.
  void join(std::span<const std::unique_ptr<Worker>> all);
  /// Makes the engine: here, or in a new thread, which is then held. The engine and why it was
  /// chosen; false: why there is none.
  bool start_here(std::string& reason);
  bool start_thread(std::string& reason);

  WorkerId id() const { return options_.seat.worker; }
  io::TunDevice& tun() { return *tun_; }
  const BufferPool& pool() const { return pool_; }

  /// Holds the worker from now on: waits for the end of its turn, and keeps it from the next one
  /// until release(). Without a thread of its own there is nothing to hold.
  void hold();
  void release();
  /// Holds it. Results are sent when it is released, or by flush().
  Interface& core() {
    hold();
    return *core_;
  }
  /// Holds it, and calls `what` in its thread; what that throws is thrown here. The engine belongs
  /// to that thread.
  void run(const std::function<void()>& what);
  /// For `what` of run(), and, without a thread, for anybody.
  io::Engine& engine() { return *engine_; }
  void flush();
  HandoverStatistics handovers();

  /// Ends a wait for events, so that what has changed meanwhile is looked at.
  void wake();
  /// Without a thread: one turn, which waits until `latest` at most.
  void turn(Time latest);

  /// Whether something below has happened; asking costs next to nothing.
  bool calls() const { return calling_.load(); }
  struct Call {
    std::vector<TransportError> errors;
    bool tun_gone = false;
    std::string failure;  ///< its thread works no more
  };
  Call take_call();

  size_t bonds = 0;  ///< assigned to it; for whoever assigns them

 private:
  /// Between the main thread and the worker's: `asked`, `called` and `free` are set by the main
  /// thread, `parked` by the worker's.
  enum class Gate : int { free, asked, parked, called };

  void on_datagrams(std::span<Datagram> batch) override;
  void on_packets(std::span<Packet> batch) override;
  void on_tun_gone() override;
  void on_transport_error(TransportId transport, int error) override;

  bool make_engine();
  void serve();
  void work();
  void park();
  void call_main();
  bool anything_waits() const;
  void flush_here();
  void hand_over(std::span<Elsewhere> items);
  void take_handovers();
  void take_from(io::HandoverRing& ring);

  WorkerOptions options_;
  std::unique_ptr<crypto::AeadBackend> aead_;
  std::unique_ptr<io::TunDevice> tun_;
  io::SystemPlatform platform_;
  BufferPool pool_;
  std::unique_ptr<Interface> core_;
  std::unique_ptr<io::Engine> engine_;
  std::string engine_reason_;

  struct Inlet {
    std::unique_ptr<io::HandoverRing> ring;
    uint64_t overflows = 0;  ///< the producer's
  };
  std::vector<Worker*> workers_;  ///< all; empty: there is one only
  std::vector<Inlet> inlets_;     ///< by the number of the producer; of this worker unused
  HandoverStatistics handovers_;
  std::vector<bool> reached_;  ///< those that hand_over() has something for
  std::vector<Datagram> taken_datagrams_;
  std::vector<Packet> taken_packets_;

  io::Descriptor event_;
  std::atomic<bool> asleep_{false};
  std::atomic<Gate> gate_{Gate::free};
  const std::function<void()>* what_ = nullptr;
  std::exception_ptr thrown_;
  bool held_ = false;    ///< the main thread's
  bool ending_ = false;  ///< set while it is held
  std::atomic<bool> calling_{false};
  Call call_;  ///< the worker's; the main thread takes it while that is held
  std::thread thread_;
};

}  // namespace wirebraid::control
