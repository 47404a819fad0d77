// One server and many gateways in virtual time, each the real core, without sockets.
//
// The server is one processor: while it works, datagrams wait in a receive buffer with a bound, as
// in a socket, and what is too much is lost. Its work is measured as processor time around its
// calls, and its clock goes on by what it took. The gateways are machines of their own and take no
// time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "core/deadline_heap.h"
#include "tests/support/fake_platform.h"
#include "wirebraid/interface.h"

namespace wirebraid::scale {

struct WorldOptions {
  size_t gateways = 10'000;
  size_t uplinks = 3;                              ///< of each gateway
  Duration delay = std::chrono::milliseconds(15);  ///< one way
  /// Datagrams in the server's receive buffer: what Linux has room for if 7 MiB are asked for, as
  /// the daemon does. It grants twice that, and an initiation takes 768 bytes of it.
  size_t receive_buffer = 2 * (7 << 20) / 768;
  /// Of the server; nullptr: libsodium.
  const crypto::AeadBackend* cipher = nullptr;
  uint64_t seed = 1;
};

/// Counted from the beginning, also over restarts.
struct ServerWork {
  double processor_seconds = 0;
  uint64_t datagrams_received = 0;
  uint64_t datagrams_sent = 0;
  uint64_t datagrams_lost = 0;  ///< the receive buffer was full
  uint64_t packets_sent = 0;    ///< inner ones, given to it
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();

  Time now() const { return now_; }
  size_t sessions() const { return options_.gateways * options_.uplinks; }
  const ServerWork& work() const { return work_; }
  /// Sessions under which the server may send.
  size_t sessions_up() const;
  /// Paths that carry frames, as the server sees them.
  size_t paths_up() const;

  /// Every uplink of every gateway begins a handshake, evenly spread over this time.
  void connect(Duration within);
  /// The same at random times, and what sessions it has end.
  void renew(Duration within);
  void run_for(Duration duration);
  /// From now on the first `gateways` get packets from the server at this rate each, of 1250 bytes.
  void set_downloads(size_t gateways, uint64_t bits_per_second);

  /// Ends the server. Returns the bytes of memory that it had, packet memory apart.
  size_t stop_server();
  /// Starts it anew: it knows the gateways' keys and nothing else.
  void start_server();

 private:
  struct Gateway : Scheduled {
    size_t index = 0;
    std::unique_ptr<Interface> interface;
    std::vector<UplinkId> uplinks;
  };
  struct Wire {
    Time arrives{};
    size_t session = 0;  ///< gateway * uplinks + uplink
    std::vector<uint8_t> bytes;
  };
  struct Begin {
    Time when{};
    size_t session = 0;
    bool renew = false;
  };

  Gateway& gateway_of(size_t session) { return *gateways_[session / options_.uplinks]; }
  Time next_event() const;
  Time server_event() const;
  void begin(Duration within, bool renew);
  void run_gateways();
  void take_output(Gateway& gateway);
  void fill_receive_buffer();
  void run_server();
  void read_datagrams();
  void read_packets();
  void take_server_output();

  WorldOptions options_;
  Time now_{std::chrono::seconds(1000)};
  std::mt19937_64 random_;
  wirebraid::testing::FakePlatform gateway_platform_;
  wirebraid::testing::FakePlatform server_platform_;
  BufferPool gateway_pool_;
  BufferPool server_pool_;
  PrivateKey server_key_;
  std::vector<PrivateKey> gateway_keys_;  ///< by session
  std::vector<PublicKey> gateway_public_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  DeadlineHeap<Gateway> gateway_deadlines_;
  std::deque<Begin> begins_;  ///< by time
  std::deque<Wire> to_server_;
  std::deque<Wire> to_gateways_;

  std::unique_ptr<Interface> server_;
  std::vector<UplinkId> server_uplinks_;  ///< by session
  std::deque<Wire> receive_buffer_;
  Time server_free_{};  ///< when it has done what it is doing
  std::vector<Datagram> datagrams_;
  std::vector<Packet> packets_;
  ServerWork work_;

  size_t downloads_ = 0;
  Duration packet_interval_{};  ///< over all downloads
  Time next_packet_ = kNever;
  size_t next_download_ = 0;
};

}  // namespace wirebraid::scale
