// An emulated link in real time: two TAP devices, usually in different network namespaces, joined
// by one Link each way.
//
// The rate counts Ethernet frame bytes without preamble and FCS, so an IP packet of 1500 bytes
// takes the time of 1514.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "twin/fabric/delay_line.h"
#include "twin/fabric/tap.h"

namespace wirebraid::fabric {

/// The two ends of a wire. A direction is named by the end it starts from.
enum class End : uint8_t { a, b };

/// Both directions of a wire.
struct WireOptions {
  LinkOptions from_a{};
  LinkOptions from_b{};
};

/// Owns its ends and one thread. Thread-safe.
class Wire {
 public:
  /// Throws std::system_error.
  Wire(Tap a, Tap b, const WireOptions& options, uint64_t seed);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void set_options(const WireOptions& options);
  WireOptions options() const;
  /// Both directions. Carrier goes off at both ends while either direction is LinkState::down.
  void set_state(LinkState state);
  /// One direction alone.
  void set_state(End from, LinkState state);
  /// Pulls the cable at one end (false): that end loses carrier, and the other one is not told.
  /// What the wire does to frames stays as it is.
  void set_plugged(End at, bool plugged);

  LinkStatistics statistics(End from) const;
  /// Frames that arrived at an end that would not take them (device down, or its queue is full).
  uint64_t refused(End at) const;

 private:
  using Frame = std::vector<uint8_t>;

  struct Side {
    Tap tap;
    DelayLine<Frame> outgoing;
    uint64_t refused = 0;
    bool plugged = true;
  };

  void run();
  void read_frames(Side& from, Time now);
  void deliver(Side& from, Side& to, Time now);
  void apply_carrier();
  void wake() const;
  Side& side(End end) { return sides_[static_cast<size_t>(end)]; }
  const Side& side(End end) const { return sides_[static_cast<size_t>(end)]; }

  mutable std::mutex mutex_;  // guards sides_ and stopping_
  std::array<Side, 2> sides_;
  bool stopping_ = false;
  int wake_fd_ = -1;
  std::vector<uint8_t> buffer_;  // the thread's own
  std::thread thread_;
};

}  // namespace wirebraid::fabric
