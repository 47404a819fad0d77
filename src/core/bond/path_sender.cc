#include "core/bond/path_sender.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/bond/path_receiver.h"

namespace wirebraid {

namespace {
// On sparse traffic time decides: something sent this much later has arrived (RACK, RFC 8985).
constexpr Duration kReorderTime = std::chrono::milliseconds(5);
// Frames that nobody must acknowledge are remembered for the send time only.
constexpr size_t kMaxIdleLog = 256;
constexpr Duration kBurst = std::chrono::milliseconds(1);
// Of a rate sample; below it the receiver's batching shows. Jitter moves its ends.
constexpr Duration kRateWindow = std::chrono::milliseconds(30);
constexpr int kRateWindowNoise = 10;
constexpr Duration kStartupRateWindow = std::chrono::milliseconds(10);  // haste before precision
constexpr Duration kMinReportTimeout = std::chrono::milliseconds(30);
constexpr Duration kStaleRtt = std::chrono::milliseconds(400);
constexpr double kLowLoss = 0.005;
constexpr double kHighLoss = 0.3;
constexpr double kAllLost = 1e-3;
// As much as a slow line's buffer holds.
constexpr size_t kCautiousInflight = 96 * 1500;
// Beyond what it has under way, if that is more.
constexpr size_t kCautiousMore = 32 * 1500;
constexpr Duration kUnknownRtt = std::chrono::milliseconds(200);
}  // namespace

PathSender::Traffic& PathSender::prepare() {
  if (!traffic_) traffic_ = std::make_unique<Traffic>();
  return *traffic_;
}

void PathSender::on_sent(uint32_t session, uint64_t counter, uint32_t sequence, bool data,
                         size_t datagram_size, Time now) {
  const size_t wire_bytes = datagram_size + overhead_;
  if (session != session_ || session_order_ == 0) {
    previous_session_ = session_;
    session_ = session;
    ++session_order_;
  }
  last_counter_ = counter;
  Traffic& traffic = prepare();
  Sent sent;
  sent.counter = counter;
  sent.session_order = session_order_;
  sent.sequence = sequence;
  sent.wire_bytes = static_cast<uint32_t>(wire_bytes);
  sent.fed = traffic.fed += wire_bytes;
  sent.data = data;
  sent.settled = !data;
  sent.sent = now;
  traffic.log.push_back(sent);
  if (data) {
    traffic.last_sent = now;
    ++traffic.data_outstanding;
    traffic.inflight += wire_bytes;
  }
  while (traffic.log.size() > kMaxIdleLog && traffic.log.front().settled) traffic.log.pop_front();
  // It could have taken more before this one: idle, whoever is in charge of it.
  if (now - traffic.paced_until > 2 * kBurst && !traffic.full) traffic.last_idle = now;
  traffic.full = traffic.inflight >= inflight_limit();
  const double seconds = static_cast<double>(wire_bytes) / capacity_.pacing_rate(now);
  traffic.paced_until =
      std::max(traffic.paced_until, now - kBurst) + Duration(static_cast<int64_t>(seconds * 1e6));
}

bool PathSender::may_send(Time now) const { return next_send() <= now; }

/// Precondition: there is traffic.
size_t PathSender::inflight_limit() const {
  const auto& pile = traffic_->pile;
  if (pile && !capacity_.measured()) return std::max(kCautiousInflight, *pile + kCautiousMore);
  return capacity_.inflight_limit(has_rtt_ ? min_rtt_ : kUnknownRtt);
}

Time PathSender::next_send() const {
  if (!traffic_) return Time{};
  return traffic_->inflight >= inflight_limit() ? kNever : traffic_->paced_until;
}

void PathSender::settle(Sent& sent) {
  if (sent.settled) return;
  sent.settled = true;
  --traffic_->data_outstanding;
  traffic_->inflight -= sent.wire_bytes;
}

void PathSender::take_rtt_sample(const Sent& sent, const Report& report, Time now) {
  const Duration rtt = std::max<Duration>(now - sent.sent - Duration(report.hold), Duration(1));
  if (!has_rtt_) {
    has_rtt_ = true;
    srtt_ = rtt;
    rttvar_ = rtt / 2;
  } else {  // RFC 6298
    const Duration difference = rtt > srtt_ ? rtt - srtt_ : srtt_ - rtt;
    // What is known from long ago weighs little: the path may have been away.
    const bool stale = now - rtt_sampled_ > kStaleRtt;
    rttvar_ += (difference - rttvar_) / 4;
    srtt_ += (rtt - srtt_) / (stale ? 1 : 8);
  }
  rtt_sampled_ = now;
  min_rtt_ = std::min(min_rtt_, rtt);
}

void PathSender::take_delay_sample(const Sent& sent, const Report& report, Time now) {
  const auto sent_at = static_cast<uint32_t>(sent.sent.time_since_epoch().count());
  const int32_t raw = static_cast<int32_t>(report.received_at - sent_at);
  // The two clocks drift slowly; the 32-bit difference is extended around the last value.
  const int64_t newest = delay_.newest();
  delay_.add(delay_.known() ? newest + static_cast<int32_t>(static_cast<uint32_t>(raw) -
                                                            static_cast<uint32_t>(newest))
                            : raw,
             now);
}

void PathSender::take_rate_sample(const Sent& newest, const Report& report, Time now) {
  const Duration window =
      (capacity_.starting() ? kStartupRateWindow : kRateWindow) + kRateWindowNoise * delay_.noise();
  const auto sample =
      traffic_->rates.add({.received_at = report.received_at,
                           .sent = newest.sent,
                           .fed = newest.fed,
                           .delivered = report.bytes + delivered_packets_ * overhead_},
                          window);
  if (!sample) return;
  if (capacity_.on_sample({.fed = sample->fed,
                           .delivered = sample->delivered,
                           .loss = sample->loss,
                           .app_limited = traffic_->last_idle > sample->since,
                           .queue = delay_.queue(now),
                           .uncertainty = std::chrono::duration<double>(delay_.noise()) / window,
                           .since = sample->since,
                           .window = window,
                           .rtt = srtt_},
                          now)) {
    delay_.raise_floor(now);
  }
}

bool PathSender::on_report(const Report& report, bool direct, Time now,
                           std::vector<uint32_t>& received, std::vector<uint32_t>& lost) {
  uint32_t order = 0;
  if (session_order_ > 0 && report.session == session_) {
    order = session_order_;
  } else if (session_order_ > 1 && report.session == previous_session_) {
    order = session_order_ - 1;
  } else {
    return false;
  }
  const bool same_session = any_report_ && order == report_order_;
  if (any_report_ &&
      (order < report_order_ || (same_session && report.highest_counter < report_highest_))) {
    return false;  // overtaken
  }
  // A far side that has made the path anew counts from zero again.
  const bool recounted = any_report_ && static_cast<int32_t>(report.packets - report_packets_) < 0;
  if (recounted && traffic_) traffic_->rates.reset();

  if (same_session && !recounted && report.highest_counter > report_highest_) {
    const double sent = static_cast<double>(report.highest_counter - report_highest_);
    const double came = report.packets - report_packets_;
    const double ratio = std::clamp(1.0 - came / sent, 0.0, 1.0);
    loss_ += (ratio - loss_) * std::min(1.0, sent / 256);
  }
  const bool progress = !same_session || recounted || report.highest_counter > report_highest_;
  if (progress) last_progress_ = std::max(last_progress_, now - Duration(report.hold));
  any_report_ = true;
  report_order_ = order;
  if (!recounted) delivered_packets_ += static_cast<uint32_t>(report.packets - report_packets_);
  report_packets_ = report.packets;
  report_highest_ = report.highest_counter;
  last_report_ = now;

  if (traffic_) settle_reported(order, report, direct, now, received, lost);
  return true;
}

// nullptr: it has been forgotten, or was not sent.
const PathSender::Sent* PathSender::find_sent(uint32_t order, uint64_t counter) const {
  const Ring<Sent>& log = traffic_->log;
  const auto is_before = [&](const Sent& sent) {
    return sent.session_order != order ? sent.session_order < order : sent.counter < counter;
  };
  size_t low = 0;
  for (size_t high = log.size(); low < high;) {
    const size_t middle = low + (high - low) / 2;
    if (is_before(log[middle])) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == log.size()) return nullptr;
  const Sent& found = log[low];
  return found.session_order == order && found.counter == counter ? &found : nullptr;
}

// `order` is that of the report's session.
void PathSender::settle_reported(uint32_t order, const Report& report, bool direct, Time now,
                                 std::vector<uint32_t>& received, std::vector<uint32_t>& lost) {
  Ring<Sent>& log = traffic_->log;
  const Sent* const newest = find_sent(order, report.highest_counter);
  for (size_t i = 0; i < log.size(); ++i) {
    Sent& sent = log[i];
    if (sent.session_order > order) break;
    if (sent.session_order == order && sent.counter > report.highest_counter) break;
    if (sent.settled) continue;
    bool came = sequence_distance(sent.sequence, report.cumulative) < 0;
    if (sent.session_order == order) {
      came = came || report.was_received(sent.counter);
      const bool passed =
          report.highest_counter - sent.counter >= PathReceiver::kReorderThreshold ||
          (newest != nullptr && newest->sent - sent.sent >= std::max(kReorderTime, min_rtt_ / 4));
      if (!came && !passed) continue;
    }
    // Frames of an older key pair are unreported for good: only the cumulative acknowledgement
    // tells.
    (came ? received : lost).push_back(sent.sequence);
    settle(sent);
  }
  if (newest != nullptr) {
    if (direct) take_rtt_sample(*newest, report, now);
    take_delay_sample(*newest, report, now);
    take_rate_sample(*newest, report, now);
  }
  drop_settled();
}

void PathSender::drop_settled() {
  Ring<Sent>& log = traffic_->log;
  // Keeps the entry of the highest counter: the next report may still name it.
  while (log.size() > 1 && log.front().settled &&
         (log.front().session_order < session_order_ || log.front().counter < report_highest_)) {
    log.pop_front();
  }
}

void PathSender::take_outstanding(std::vector<uint32_t>& sequences) {
  if (!traffic_) return;
  for (size_t i = 0; i < traffic_->log.size(); ++i) {
    Sent& sent = traffic_->log[i];
    if (sent.settled) continue;
    sequences.push_back(sent.sequence);
    settle(sent);
  }
}

void PathSender::forget_far_side() {
  any_report_ = false;
  if (traffic_) traffic_->rates.reset();
  delay_.reset();
}

void PathSender::rest() {
  traffic_.reset();
  delay_.release();
  capacity_.rest();
}

void PathSender::restart(Time now) {
  capacity_.restart(now);
  if (!traffic_) return;
  traffic_->rates.reset();
  traffic_->paced_until = now;
}

void PathSender::demand_proof() {
  proof_order_ = session_order_;
  proof_counter_ = last_counter_;
}

bool PathSender::proven() const {
  return any_report_ && (report_order_ > proof_order_ ||
                         (report_order_ == proof_order_ && report_highest_ > proof_counter_));
}

Time PathSender::tail_due() const {
  if (!traffic_ || traffic_->data_outstanding == 0 || loss_ <= kLowLoss) return kNever;
  const Ring<Sent>& log = traffic_->log;
  for (size_t i = log.size(); i-- > 0;) {
    if (!log[i].data) continue;
    return log[i].settled || log[i].copied ? kNever : log[i].sent + kReorderTime;
  }
  return kNever;
}

// So many frames in a row will hardly all be lost.
uint64_t PathSender::hardly_all_lost() const {
  if (loss_ <= kLowLoss) return 1;
  return static_cast<uint64_t>(
      std::ceil(std::log(kAllLost) / std::log(std::min(loss_, kHighLoss))));
}

void PathSender::take_tail(std::vector<uint32_t>& sequences) {
  if (!traffic_) return;
  Ring<Sent>& log = traffic_->log;
  // A frame is told as lost by any that follows this far behind, if that one arrives.
  const uint64_t untold = PathReceiver::kReorderThreshold - 1 + hardly_all_lost();
  uint64_t frames = 0;
  for (size_t i = log.size(); i-- > 0 && frames < untold;) {
    Sent& sent = log[i];
    if (!sent.data) continue;
    ++frames;
    if (sent.settled || sent.copied) continue;
    sent.copied = true;
    sequences.push_back(sent.sequence);
  }
}

Time PathSender::report_overdue_at() const {
  if (!traffic_ || traffic_->data_outstanding == 0) return kNever;
  const Ring<Sent>& log = traffic_->log;
  Time oldest = traffic_->last_sent;
  // As many frames as bring a report of their own; fewer, after its interval.
  Duration wait = PathReceiver::kReportInterval;
  uint32_t frames = 0;
  for (size_t i = 0; i < log.size() && frames < PathReceiver::kReportFrames; ++i) {
    const Sent& sent = log[i];
    if (!sent.data || (frames == 0 && sent.settled)) continue;
    if (frames++ == 0) oldest = sent.sent;
    if (frames == PathReceiver::kReportFrames) {
      wait = std::min(wait, std::max(sent.sent - oldest, PathReceiver::kReportSpacing));
    }
  }
  const Duration usual = has_rtt_ ? srtt_ + rttvar_ : 2 * kUnknownRtt;
  const Duration longest = has_rtt_ ? srtt_ + srtt_ / 2 + 4 * rttvar_ : 3 * kUnknownRtt;
  // Reports are lost as frames are: wait for as many as will hardly all be.
  wait += static_cast<int>(hardly_all_lost() - 1) * PathReceiver::kReportInterval;
  // While reports tell of ever newer frames, the path is only slow.
  return std::max(oldest + std::max(kMinReportTimeout, longest + wait),
                  last_progress_ + std::max(kMinReportTimeout, usual + wait));
}

}  // namespace wirebraid
