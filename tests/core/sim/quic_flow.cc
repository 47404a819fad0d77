#include "tests/core/sim/quic_flow.h"

#include <algorithm>

namespace wirebraid::sim {

namespace {
constexpr uint64_t kPacketThreshold = 3;
constexpr Duration kGranularity = std::chrono::milliseconds(1);
constexpr Duration kInitialRtt = std::chrono::milliseconds(333);
constexpr Duration kMaxAckDelay = std::chrono::milliseconds(25);
constexpr int kPersistentProbes = 3;  // kPersistentCongestionThreshold
constexpr double kMinWindow = 2;
constexpr double kPacingGain = 1.25;
constexpr double kSlowStartGain = 2;
constexpr int64_t kBurst = 10;  // packets
constexpr int kAckEvery = 2;    // RFC 9000 section 13.2.2
constexpr size_t kMaxRanges = 32;
constexpr size_t kAckFixed = 8;
// What is declared lost is remembered this long, to see whether it was.
constexpr Duration kLostMemory = std::chrono::seconds(2);

void put(std::vector<uint8_t>& to, uint64_t value) {
  to.resize(to.size() + 8);
  store_le(to.data() + to.size() - 8, value);
}
}  // namespace

Time QuicFlow::next_deadline() const {
  if (!started_) return options_.start;
  Time next = std::min(loss_time_, ack_due_);
  if (in_flight_ > 0 && loss_time_ == kNever) next = std::min(next, last_sent_ + probe_timeout());
  const bool something = !resend_.empty() || !ended_;
  const bool allowed =
      static_cast<double>(in_flight_) < cubic_.window() && next_ - first_ < options_.window_limit;
  if (something && allowed) next = std::min(next, paced_until_);
  return next;
}

void QuicFlow::run(Time now, Host& host) {
  started_ = true;
  if (ack_due_ <= now) send_ack(now, host);
  if (loss_time_ <= now) {
    detect_losses(now);
  } else if (loss_time_ == kNever && in_flight_ > 0 && last_sent_ + probe_timeout() <= now) {
    send_probes(now, host);
  }
  send_allowed(now, host);
}

void QuicFlow::receive(Side at, ConstByteSpan body, bool, Time now, Host& host) {
  if (at == options_.from) {
    on_ack(body, now, host);
  } else {
    on_data(body, now, host);
  }
}

// --- Receiver ---------------------------------------------------------------------------------

void QuicFlow::on_data(ConstByteSpan body, Time now, Host& host) {
  const auto number = load_le<uint64_t>(body.data());
  const auto chunk = load_le<uint64_t>(body.data() + 8);
  if (chunk >= chunk_received_.size()) chunk_received_.resize(chunk * 2 + 1024);
  if (!chunk_received_[chunk]) ++received_chunks_;
  chunk_received_[chunk] = true;

  const bool in_order =
      ranges_.empty() ? number == 0 : number == std::prev(ranges_.end())->second + 1;
  if (ranges_.empty() || number > std::prev(ranges_.end())->second) largest_at_ = now;
  auto after = ranges_.upper_bound(number);
  auto range = ranges_.end();
  if (after != ranges_.begin() && std::prev(after)->second + 1 == number) {
    range = std::prev(after);
    range->second = number;
  } else {
    range = ranges_.emplace_hint(after, number, number);
  }
  if (after != ranges_.end() && after->first == number + 1) {
    range->second = after->second;
    ranges_.erase(after);
  }
  while (ranges_.size() > kMaxRanges) ranges_.erase(ranges_.begin());

  if (++unacknowledged_ >= kAckEvery || !in_order) {
    send_ack(now, host);
  } else {
    ack_due_ = now + kMaxAckDelay;
  }
}

void QuicFlow::send_ack(Time now, Host& host) {
  Message ack;
  ack.flow = options_.flow;
  put(ack.body, static_cast<uint64_t>((now - largest_at_).count()));
  for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
    put(ack.body, range->first);
    put(ack.body, range->second);
  }
  unacknowledged_ = 0;
  ack_due_ = kNever;
  host.send(other(options_.from), ack);
}

// --- Sender -----------------------------------------------------------------------------------

bool QuicFlow::chunk_needed(uint64_t chunk) const {
  return chunk >= chunk_base_ && !chunk_done_[chunk - chunk_base_];
}

void QuicFlow::finish_chunk(uint64_t chunk) {
  if (!chunk_needed(chunk)) return;
  chunk_done_[chunk - chunk_base_] = true;
  while (!chunk_done_.empty() && chunk_done_.front()) {
    chunk_done_.pop_front();
    ++chunk_base_;
  }
}

void QuicFlow::acknowledge(uint64_t low, uint64_t high, Time now) {
  for (auto lost = lost_.lower_bound(low); lost != lost_.end() && lost->first <= high;) {
    ++spurious_;
    finish_chunk(lost->second.chunk);
    lost = lost_.erase(lost);
  }
  for (uint64_t number = std::max(low, first_); number <= high; ++number) {
    Sent& sent = at(number);
    if (sent.decided) continue;
    sent.decided = true;
    --in_flight_;
    // What was sent before the recovery says nothing about the new window (RFC 9002, 7.3.2).
    if (sent.sent > recovery_start_) cubic_.on_acknowledged(1, in_flight_, srtt_, now);
    finish_chunk(sent.chunk);
  }
}

void QuicFlow::on_ack(ConstByteSpan body, Time now, Host& host) {
  const Duration ack_delay(static_cast<int64_t>(load_le<uint64_t>(body.data())));
  const auto largest = load_le<uint64_t>(body.data() + kAckFixed + 8);
  if (largest >= next_) return;
  if (largest >= first_ && !at(largest).decided) {
    take_rtt(now - at(largest).sent, ack_delay);
  }
  const uint64_t before = in_flight_;
  for (size_t i = kAckFixed; i + 16 <= body.size(); i += 16) {
    const auto low = load_le<uint64_t>(body.data() + i);
    const auto high = load_le<uint64_t>(body.data() + i + 8);
    if (low > high || high >= next_) break;
    acknowledge(low, high, now);
  }
  if (in_flight_ < before) probes_ = 0;
  any_acknowledged_ = true;
  largest_acknowledged_ = std::max(largest_acknowledged_, largest);
  detect_losses(now);
  forget_decided(now);
  send_allowed(now, host);
}

// RFC 9002, section 5.
void QuicFlow::take_rtt(Duration latest, Duration ack_delay) {
  latest_rtt_ = latest;
  if (min_rtt_ == Duration::max()) {
    srtt_ = min_rtt_ = latest;
    rttvar_ = latest / 2;
    return;
  }
  min_rtt_ = std::min(min_rtt_, latest);
  ack_delay = std::min(ack_delay, kMaxAckDelay);
  const Duration adjusted = latest >= min_rtt_ + ack_delay ? latest - ack_delay : latest;
  rttvar_ += ((srtt_ > adjusted ? srtt_ - adjusted : adjusted - srtt_) - rttvar_) / 4;
  srtt_ += (adjusted - srtt_) / 8;
  cubic_.on_rtt(adjusted, largest_acknowledged_, next_);
}

// RFC 9002, appendix A.10 and B.8.
void QuicFlow::detect_losses(Time now) {
  loss_time_ = kNever;
  if (!any_acknowledged_) return;
  const Duration allowed = std::max(std::max(latest_rtt_, srtt_) * 9 / 8, kGranularity);
  Time first_lost = kNever;
  Time last_lost{};
  bool acknowledged_between = false;
  for (uint64_t number = first_; number < largest_acknowledged_; ++number) {
    Sent& sent = at(number);
    if (sent.decided) {
      acknowledged_between = acknowledged_between || first_lost != kNever;
      continue;
    }
    if (sent.sent + allowed > now && largest_acknowledged_ < number + kPacketThreshold) {
      loss_time_ = std::min(loss_time_, sent.sent + allowed);
      continue;
    }
    sent.decided = true;
    --in_flight_;
    ++declared_lost_;
    lost_.emplace(number, sent);
    if (chunk_needed(sent.chunk)) resend_.push_back(sent.chunk);
    first_lost = std::min(first_lost, sent.sent);
    last_lost = std::max(last_lost, sent.sent);
  }
  if (first_lost == kNever) return;
  if (last_lost > recovery_start_) {
    recovery_start_ = now;
    cubic_.on_congestion();
  }
  const Duration period = srtt_ + std::max(4 * rttvar_, kGranularity) + kMaxAckDelay;
  if (!acknowledged_between && last_lost - first_lost > kPersistentProbes * period) {
    cubic_.collapse(kMinWindow);
  }
}

void QuicFlow::forget_decided(Time now) {
  while (!sent_.empty() && sent_.front().decided) {
    sent_.pop_front();
    ++first_;
  }
  while (!lost_.empty() && now - lost_.begin()->second.sent > kLostMemory) {
    lost_.erase(lost_.begin());
  }
}

Duration QuicFlow::probe_timeout() const {
  const Duration once = srtt_ == Duration{}
                            ? 2 * kInitialRtt
                            : srtt_ + std::max(4 * rttvar_, kGranularity) + kMaxAckDelay;
  return once * (1 << std::min(probes_, 10));
}

// Two packets beyond the window, with the oldest data that is not known to have arrived.
void QuicFlow::send_probes(Time now, Host& host) {
  ++probes_;
  ++probe_timeouts_;
  std::vector<uint64_t> chunks;
  for (const Sent& sent : sent_) {
    if (!sent.decided && chunk_needed(sent.chunk)) chunks.push_back(sent.chunk);
    if (chunks.size() == 2) break;
  }
  for (const uint64_t chunk : chunks) transmit(chunk, now, host);
  if (chunks.empty()) last_sent_ = now;  // only what has been sent again since; its turn comes
}

void QuicFlow::transmit(uint64_t chunk, Time now, Host& host) {
  Message message;
  message.flow = options_.flow;
  message.size = options_.packet;
  put(message.body, next_++);
  put(message.body, chunk);
  sent_.push_back({now, chunk, false});
  ++in_flight_;
  last_sent_ = now;
  host.send(options_.from, message);
}

void QuicFlow::send_allowed(Time now, Host& host) {
  const double gain = cubic_.slow_start() ? kSlowStartGain : kPacingGain;
  const Duration round = srtt_ == Duration{} ? kInitialRtt : srtt_;
  const auto interval = std::max<Duration>(
      Duration(static_cast<int64_t>(static_cast<double>(round.count()) / (cubic_.window() * gain))),
      Duration(1));
  paced_until_ = std::max(paced_until_, now - kBurst * interval);
  ended_ = now >= options_.end;
  while (paced_until_ <= now && static_cast<double>(in_flight_) < cubic_.window() &&
         next_ - first_ < options_.window_limit) {
    while (!resend_.empty() && !chunk_needed(resend_.front())) resend_.pop_front();
    if (!resend_.empty()) {
      const uint64_t chunk = resend_.front();
      resend_.pop_front();
      transmit(chunk, now, host);
    } else if (!ended_) {
      chunk_done_.push_back(false);
      transmit(next_chunk_++, now, host);
    } else {
      break;
    }
    paced_until_ += interval;
  }
}

}  // namespace wirebraid::sim
