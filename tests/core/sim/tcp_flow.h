// A model of one bulk TCP flow: CUBIC, selective acknowledgements, loss by time order with an
// adaptive reordering window (RACK, RFC 8985) or by three duplicates (RFC 6675), undo of what was
// no loss (DSACK, RFC 3708), retransmission timer (RFC 6298, 200 ms at least, as Linux has it), ECN
// (RFC 3168). Enough that its rate over a bond means something. No tail loss probe.
#pragma once

#include <array>
#include <deque>
#include <set>

#include "tests/core/sim/cubic.h"
#include "tests/core/sim/traffic.h"

namespace wirebraid::sim {

class TcpFlow : public Application {
 public:
  struct Options {
    uint16_t flow = 0;
    Side from = Side::server;
    size_t segment = 1400;  ///< bytes of an IP packet
    Time start{};
    Time end = kNever;             ///< no new data from here on
    uint64_t window_limit = 4000;  ///< receiver's window in segments
    bool ecn = false;
    /// False: a segment is lost once three later ones have arrived, a lost retransmission waits
    /// for the timer, nothing adapts and nothing is undone. Linux with net.ipv4.tcp_recovery=0,
    /// tcp_reordering=3, tcp_max_reordering=3, but for its undo by timestamps.
    bool tolerates_reordering = true;
  };
  explicit TcpFlow(const Options& options);

  uint16_t flow() const override { return options_.flow; }
  Time next_deadline() const override;
  void run(Time now, Host& host) override;
  void receive(Side at, ConstByteSpan body, bool ce, Time now, Host& host) override;

  /// Bytes that the receiving application has got, in order, as IP packets.
  uint64_t delivered_bytes() const { return receiver_next_ * options_.segment; }
  uint64_t retransmitted() const { return retransmitted_; }
  uint64_t timeouts() const { return timeouts_; }
  /// Retransmissions of what had arrived.
  uint64_t spurious() const { return spurious_; }
  double window() const { return cubic_.window(); }
  Duration smoothed_rtt() const { return srtt_; }
  /// Longest time that the receiving application has waited for the next segment in order, since
  /// reset_stall(), the running wait included.
  Duration longest_stall(Time now) const { return std::max(longest_stall_, now - advanced_at_); }
  void reset_stall(Time now) {
    advanced_at_ = now;
    longest_stall_ = {};
  }

 private:
  struct Segment {
    Time sent{};
    bool sacked = false;
    bool lost = false;
    bool retransmitted = false;
  };

  void on_data(ConstByteSpan body, bool ce, Time now, Host& host);
  void on_ack(ConstByteSpan body, Time now, Host& host);
  void mark_delivered(uint64_t number, Time now);
  void on_duplicate();
  void react(Time now);
  Duration reordering_window() const;
  bool detect_losses(Time now);
  bool detect_by_duplicates();
  bool lose(Segment& segment);
  void sample_rtt(Duration rtt);
  void enter_recovery();
  void transmit(uint64_t number, Time now, Host& host);
  void send_allowed(Time now, Host& host);
  Segment& at(uint64_t number) { return segments_[number - first_]; }

  Options options_;
  // Sender.
  std::deque<Segment> segments_;  ///< first_ to next_ - 1
  uint64_t first_ = 0;
  uint64_t next_ = 0;
  uint64_t pipe_ = 0;  ///< segments thought to be under way
  uint64_t sacked_ = 0;
  Cubic cubic_;
  uint64_t recovery_point_ = 0;
  bool recovering_ = false;
  // RACK, by the names of RFC 8985.
  Time rack_sent_{};
  Duration rack_rtt_{};
  Duration min_rtt_ = Duration::max();
  bool reordering_seen_ = false;
  int window_steps_ = 1;      ///< reo_wnd_mult
  uint64_t steps_round_ = 0;  ///< no further step before this one is acknowledged
  Time reordering_timer_ = kNever;
  Cubic before_;  ///< the recovery that is running, or was last
  uint64_t undo_pending_ =
      0;  ///< its retransmissions that have not turned out needless; 0: no undo
  std::array<uint64_t, 3> highest_{};  ///< numbers of the last ones delivered + 1, highest first
  uint64_t judged_ = 0;                ///< below, three duplicates have had their say
  Duration srtt_{};
  Duration rttvar_{};
  Time timer_ = kNever;
  int backoff_ = 0;
  bool started_ = false;
  uint64_t retransmitted_ = 0;
  uint64_t timeouts_ = 0;
  uint64_t spurious_ = 0;
  // Receiver.
  uint64_t receiver_next_ = 0;
  std::set<uint64_t> receiver_ahead_;
  Time advanced_at_{};
  Duration longest_stall_{};
};

}  // namespace wirebraid::sim
