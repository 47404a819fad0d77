// A model of one bulk TCP flow: CUBIC (RFC 9438) with slow start and HyStart's delay test,
// selective acknowledgements, loss by time order (RACK, RFC 8985), retransmission timer (RFC 6298,
// 200 ms at least, as Linux has it), ECN (RFC 3168). Enough that its rate over a bond means
// something.
#pragma once

#include <deque>
#include <set>

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
  double window() const { return window_; }
  Duration smoothed_rtt() const { return srtt_; }

 private:
  struct Segment {
    Time sent{};
    bool sacked = false;
    bool lost = false;
    bool retransmitted = false;
  };

  void on_data(ConstByteSpan body, bool ce, Time now, Host& host);
  void on_ack(ConstByteSpan body, Time now, Host& host);
  void mark_delivered(uint64_t number);
  bool detect_losses();
  void reduce(Time now);
  void grow(uint64_t acknowledged, Time now);
  void sample_rtt(Duration rtt);
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
  double window_ = 10;
  double threshold_ = 1e9;
  uint64_t recovery_point_ = 0;
  bool recovering_ = false;
  Time rack_sent_{};
  double cubic_maximum_ = 0;
  double cubic_k_ = 0;
  Time cubic_epoch_ = kNever;
  double reno_window_ = 0;
  uint64_t round_end_ = 0;
  Duration round_rtt_ = Duration::max();
  Duration lowest_rtt_ = Duration::max();
  int round_samples_ = 0;
  Duration srtt_{};
  Duration rttvar_{};
  Time timer_ = kNever;
  int backoff_ = 0;
  bool started_ = false;
  uint64_t retransmitted_ = 0;
  uint64_t timeouts_ = 0;
  // Receiver.
  uint64_t receiver_next_ = 0;
  std::set<uint64_t> receiver_ahead_;
};

}  // namespace wirebraid::sim
