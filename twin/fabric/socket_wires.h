// Emulated links between virtual machines: each end is a datagram socket that QEMU takes for a
// network card's other side (-netdev dgram), one datagram per Ethernet frame. Needs no rights.
//
// All wires share one thread, so that hundreds of them cost little while nothing is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "twin/fabric/delay_line.h"
#include "twin/fabric/pcap_file.h"
#include "twin/fabric/wire.h"

namespace wirebraid::fabric {

/// Owns the sockets of both sides and one thread. Thread-safe.
class SocketWires {
 public:
  /// Throws std::system_error.
  SocketWires();
  ~SocketWires();
  SocketWires(const SocketWires&) = delete;
  SocketWires& operator=(const SocketWires&) = delete;

  /// Numbers count from 0. Throws std::system_error if there are no more descriptors.
  size_t add(const WireOptions& options, uint64_t seed);
  size_t size() const;
  /// What the machine at this end reads and writes. It stays this object's, so that a machine that
  /// is started anew can have it again; close-on-exec.
  int machine_end(size_t wire, End at) const;

  void set_options(size_t wire, const WireOptions& options);
  WireOptions options(size_t wire) const;
  /// Both directions.
  void set_state(size_t wire, LinkState state);

  LinkStatistics statistics(size_t wire, End from) const;
  /// Frames that arrived at an end where nobody has read for too long.
  uint64_t refused(size_t wire, End at) const;

  /// Writes every frame that arrives, from either end, to a new file. Throws std::system_error.
  void start_capture(size_t wire, const std::string& file);
  void stop_capture(size_t wire);

 private:
  struct Wire;
  struct Side;
  struct Due {
    Time when;
    Side* side;
    bool operator<(const Due& other) const { return when > other.when; }  // the earliest on top
  };

  void run();
  void read_frames(Side& from, Time now);
  void deliver(Side& from, Time now);
  void schedule(Side& side);
  Duration deliver_due();
  void wake() const;
  Side& side(size_t wire, End end) const;

  mutable std::mutex mutex_;  // guards all below but the thread's own
  std::vector<std::unique_ptr<Wire>> wires_;
  std::vector<Due> due_;  // a heap
  bool stopping_ = false;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::vector<uint8_t> buffer_;  // the thread's own
  std::thread thread_;
};

}  // namespace wirebraid::fabric
