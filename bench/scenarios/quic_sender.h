// A sender as QUIC has them (RFC 9002): numbered packets without repetition, loss by a packet
// threshold of 3 that never adapts to reordering, and by time; CUBIC (RFC 9438); pacing. Pure: it
// sends nothing, but says what may be sent when. All data is new data; what a real sender would
// send again is counted.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "wirebraid/time.h"

namespace wirebraid::scenarios {

/// Packet numbers from `first` to `last`, both included.
struct PacketRange {
  uint64_t first = 0;
  uint64_t last = 0;
};

class QuicSender {
 public:
  struct Counters {
    uint64_t sent = 0;
    uint64_t acknowledged = 0;
    uint64_t lost = 0;      ///< thought lost
    uint64_t spurious = 0;  ///< of which an acknowledgement came after all
  };

  /// Whether the window and the pace allow a packet, or a probe is due.
  bool may_send(Time now) const;
  /// The number of the packet that is sent at `now`.
  uint64_t send(Time now);
  /// `ranges` in any order; `delay`: how long the receiver held the acknowledgement back.
  void acknowledge(const std::vector<PacketRange>& ranges, Duration delay, Time now);
  /// To be called when deadline() is reached.
  void expire(Time now);
  /// The next time at which may_send() may change without an acknowledgement, or something expires.
  Time deadline() const;

  const Counters& counters() const { return counters_; }
  double window() const { return window_; }  ///< packets
  Duration round_trip() const { return smoothed_; }

 private:
  void measure_round_trip(Duration sample, Duration delay);
  void grow(uint64_t acknowledged, Time now);
  void detect_losses(Time now);
  void reduce(Time sent, Time now);
  Duration loss_delay() const;
  Duration probe_delay() const;
  Duration pace() const;
  void forget_old_losses(Time now);

  std::map<uint64_t, Time> in_flight_;  // number, sent
  std::map<uint64_t, Time> lost_;       // likewise; for a while
  uint64_t next_ = 0;
  uint64_t largest_acknowledged_ = 0;
  bool any_acknowledged_ = false;

  Duration latest_{};
  Duration smoothed_{};
  Duration variance_{};
  Duration least_{};

  double window_ = 10;  // RFC 9002, 7.2
  double threshold_ = 1e9;
  Time recovery_start_ = Time::min();
  Time epoch_ = Time::min();  // CUBIC's, of congestion avoidance
  double window_before_ = 0;
  double reno_window_ = 0;

  Time next_send_ = Time::min();
  Time last_sent_ = Time::min();
  Time loss_time_ = kNever;
  int probes_ = 0;  // in a row
  bool probe_due_ = false;
  Counters counters_;
};

}  // namespace wirebraid::scenarios
