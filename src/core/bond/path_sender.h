// The sending half of a path: what was sent and is not yet accounted for, and what reports tell of
// the path.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/bond/capacity.h"
#include "core/bond/frame.h"
#include "core/bond/path_delay.h"
#include "core/bond/rate_sampler.h"
#include "core/bond/ring.h"
#include "wirebraid/time.h"

namespace wirebraid {

class PathSender {
 public:
  void set_cap(BytesPerSecond cap) { capacity_.set_cap(cap); }
  /// Bytes of IP and UDP header around each datagram, which the link carries too.
  void set_overhead(size_t bytes) { overhead_ = static_cast<uint32_t>(bytes); }

  /// Records a frame as sent. `session` and `counter` are those under which it left; `sequence`
  /// counts only if `data`.
  void on_sent(uint32_t session, uint64_t counter, uint32_t sequence, bool data,
               size_t datagram_size, Time now);
  /// Nothing waits though the path could take more: rate samples across this time are not the
  /// path's.
  void on_idle(Time now) {
    if (traffic_) traffic_->last_idle = now;
  }

  /// A report with this session is about this path.
  bool knows(uint32_t session) const {
    return session_order_ > 0 &&
           (session == session_ || (session_order_ > 1 && session == previous_session_));
  }
  /// Applies a report; appends to `received` and `lost`. Returns false for an old or foreign one.
  /// `direct`: it came on this path, so it tells the round trip.
  bool on_report(const Report& report, bool direct, Time now, std::vector<uint32_t>& received,
                 std::vector<uint32_t>& lost);
  /// Takes back all that is unaccounted for, oldest first, because the path is suspect or gone.
  void take_outstanding(std::vector<uint32_t>& sequences);
  /// The far side has started anew: its clock and its counts have nothing to do with the old ones.
  void forget_far_side();
  /// Gives back the memory that only traffic needs. Precondition: nothing is outstanding.
  void rest();
  /// The path is in use again after an absence.
  void restart(Time now);

  // Pacing.
  /// What another path had under way comes all at once. A flow's slow start begins with little, but
  /// this could be more than an unknown line takes.
  void expect_pile() { prepare().pile = inflight(); }
  /// The path may take a packet now.
  bool may_send(Time now) const;
  /// When it may, as far as pacing goes; kNever when only a report can help.
  Time next_send() const;

  // Estimates. Delays are in microseconds.
  bool has_rtt() const { return has_rtt_; }
  Duration rtt() const { return srtt_; }
  Duration rtt_variance() const { return rttvar_; }
  Duration min_rtt() const { return min_rtt_; }
  /// Receiver's clock minus ours plus delay: only differences between paths of one bond have a
  /// meaning.
  int64_t one_way_delay(Time now) const { return delay_.known() ? delay_.usual(now) : 0; }
  Duration jitter() const { return delay_.deviation(); }
  const Capacity& capacity() const { return capacity_; }
  BytesPerSecond pacing_rate(Time now) const { return capacity_.pacing_rate(now); }
  /// Smoothed share of frames that did not arrive, 0 to 1.
  double loss() const { return loss_; }
  size_t inflight() const { return traffic_ ? traffic_->inflight : 0; }

  /// From now on only what is sent later proves that the path works: see proven().
  void demand_proof();
  /// A report has told of a frame sent after demand_proof().
  bool proven() const;

  /// Where loss is usual: when what was sent last should go over another path as well, since
  /// too little has followed that could prove it lost. kNever otherwise.
  Time tail_due() const;
  /// Appends what that is. It stays under way.
  void take_tail(std::vector<uint32_t>& sequences);
  /// When the lack of a report makes the path suspect; kNever while no DATA is outstanding.
  Time report_overdue_at() const;
  Time last_report() const { return last_report_; }

 private:
  struct Sent {
    uint64_t counter = 0;
    uint32_t session_order = 0;
    uint32_t sequence = 0;
    uint32_t wire_bytes = 0;
    uint64_t fed = 0;  ///< wire bytes sent up to this one
    bool data = false;
    bool settled = false;
    bool copied = false;  ///< by take_tail()
    Time sent{};
  };

  /// What is there from the first frame until the path rests.
  struct Traffic {
    Ring<Sent> log;
    RateSampler rates;
    uint64_t fed = 0;
    size_t data_outstanding = 0;
    size_t inflight = 0;
    std::optional<size_t> pile;  ///< in flight at expect_pile()
    Time paced_until{};
    Time last_idle{};
    Time last_sent{};
    bool full = false;  ///< with the last frame, inflight_limit() was reached
  };

  Traffic& prepare();
  size_t inflight_limit() const;
  uint64_t hardly_all_lost() const;
  const Sent* find_sent(uint32_t order, uint64_t counter) const;
  void settle(Sent& sent);
  void drop_settled();
  void settle_reported(uint32_t order, const Report& report, bool direct, Time now,
                       std::vector<uint32_t>& received, std::vector<uint32_t>& lost);
  void take_rtt_sample(const Sent& sent, const Report& report, Time now);
  void take_delay_sample(const Sent& sent, const Report& report, Time now);
  void take_rate_sample(const Sent& newest, const Report& report, Time now);

  std::unique_ptr<Traffic> traffic_;
  uint64_t last_counter_ = 0;  ///< sent under the current session
  uint32_t session_ = 0;
  uint32_t previous_session_ = 0;
  uint32_t session_order_ = 0;  ///< counts sessions; the current one's number
  uint32_t overhead_ = 28;

  Duration srtt_{};
  Time rtt_sampled_{};
  Duration rttvar_{};
  Duration min_rtt_ = Duration::max();
  PathDelay delay_;

  uint64_t delivered_packets_ = 0;  ///< the newest report's, counted on without bound
  uint64_t report_highest_ = 0;
  uint32_t report_order_ = 0;  ///< session_order_ of the newest report's session
  uint32_t report_packets_ = 0;
  Time last_report_{};
  /// Latest sign of life: a new frame arrived there, a one-way delay before.
  Time last_progress_{};
  uint64_t proof_counter_ = 0;
  uint32_t proof_order_ = 0;
  bool has_rtt_ = false;
  bool any_report_ = false;
  double loss_ = 0;

  Capacity capacity_;
};

}  // namespace wirebraid
