// A model of one bulk QUIC connection (RFC 9002): packet threshold 3 and time threshold 9/8,
// neither of which adapts, probe timeout, persistent congestion, CUBIC, pacing at 5/4 of the window
// per round trip. Nothing is undone: a packet that comes late costs what a lost one costs, so
// reordering shows at once.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "tests/core/sim/cubic.h"
#include "tests/core/sim/traffic.h"

namespace wirebraid::sim {

class QuicFlow : public Application {
 public:
  struct Options {
    uint16_t flow = 0;
    Side from = Side::server;
    size_t packet = 1350;  ///< bytes of an IP packet
    Time start{};
    Time end = kNever;             ///< no new data from here on
    uint64_t window_limit = 4000;  ///< packets numbered beyond the oldest undecided one
  };
  explicit QuicFlow(const Options& options) : options_(options) {}

  uint16_t flow() const override { return options_.flow; }
  Time next_deadline() const override;
  void run(Time now, Host& host) override;
  void receive(Side at, ConstByteSpan body, bool ce, Time now, Host& host) override;

  /// Bytes of data that have arrived, each once, as IP packets.
  uint64_t delivered_bytes() const { return received_chunks_ * options_.packet; }
  /// Packets declared lost,
  uint64_t declared_lost() const { return declared_lost_; }
  /// and those of them that were acknowledged later.
  uint64_t spurious() const { return spurious_; }
  uint64_t probe_timeouts() const { return probe_timeouts_; }
  double window() const { return cubic_.window(); }
  Duration smoothed_rtt() const { return srtt_; }

 private:
  struct Sent {
    Time sent{};
    uint64_t chunk = 0;  ///< which data it carries
    bool decided = false;
  };

  void on_data(ConstByteSpan body, Time now, Host& host);
  void send_ack(Time now, Host& host);
  void on_ack(ConstByteSpan body, Time now, Host& host);
  void acknowledge(uint64_t low, uint64_t high, Time now);
  void finish_chunk(uint64_t chunk);
  void take_rtt(Duration latest, Duration ack_delay);
  void detect_losses(Time now);
  void forget_decided(Time now);
  Duration probe_timeout() const;
  void send_probes(Time now, Host& host);
  void send_allowed(Time now, Host& host);
  void transmit(uint64_t chunk, Time now, Host& host);
  bool chunk_needed(uint64_t chunk) const;
  Sent& at(uint64_t number) { return sent_[number - first_]; }

  Options options_;
  // Sender.
  std::deque<Sent> sent_;          ///< first_ to next_ - 1; the first one is undecided
  std::map<uint64_t, Sent> lost_;  ///< declared so lately, by number
  uint64_t first_ = 0;
  uint64_t next_ = 0;
  uint64_t in_flight_ = 0;
  uint64_t largest_acknowledged_ = 0;
  bool any_acknowledged_ = false;
  std::deque<bool> chunk_done_;  ///< chunk_base_ and on
  uint64_t chunk_base_ = 0;
  uint64_t next_chunk_ = 0;
  std::deque<uint64_t> resend_;
  Cubic cubic_;
  Time recovery_start_{};
  Time loss_time_ = kNever;
  Time last_sent_{};
  Time paced_until_{};
  int probes_ = 0;  ///< pto_count
  Duration srtt_{};
  Duration rttvar_{};
  Duration latest_rtt_{};
  Duration min_rtt_ = Duration::max();
  bool started_ = false;
  bool ended_ = false;  ///< no new data
  uint64_t declared_lost_ = 0;
  uint64_t spurious_ = 0;
  uint64_t probe_timeouts_ = 0;
  // Receiver.
  std::map<uint64_t, uint64_t> ranges_;  ///< received, first -> last
  Time largest_at_{};
  int unacknowledged_ = 0;
  Time ack_due_ = kNever;
  std::vector<bool> chunk_received_;
  uint64_t received_chunks_ = 0;
};

}  // namespace wirebraid::sim
