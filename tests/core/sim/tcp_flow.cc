#include "tests/core/sim/tcp_flow.h"

#include <algorithm>
#include <functional>

namespace wirebraid::sim {

namespace {
constexpr Duration kMinTimeout = std::chrono::milliseconds(200);
constexpr size_t kMaxBlocks = 4;
constexpr size_t kAckFixed =
    18;  // cumulative, segment that caused it, congestion echo, had come before
constexpr uint64_t kDuplicates = 3;

void put(std::vector<uint8_t>& to, uint64_t value) {
  to.resize(to.size() + 8);
  store_le(to.data() + to.size() - 8, value);
}
}  // namespace

TcpFlow::TcpFlow(const Options& options) : options_(options) {}

Time TcpFlow::next_deadline() const {
  return started_ ? std::min(timer_, reordering_timer_) : options_.start;
}

void TcpFlow::run(Time now, Host& host) {
  if (!started_) {
    if (now < options_.start) return;
    started_ = true;
    send_allowed(now, host);
    return;
  }
  if (timer_ > now) {
    react(now);
    send_allowed(now, host);
    return;
  }
  ++timeouts_;
  backoff_ = std::min(backoff_ + 1, 6);
  for (Segment& segment : segments_) lose(segment);
  if (!recovering_) enter_recovery();
  recovery_point_ = next_;
  undo_pending_ = 0;
  cubic_.collapse(1);
  timer_ = reordering_timer_ = kNever;
  send_allowed(now, host);
}

void TcpFlow::receive(Side at, ConstByteSpan body, bool ce, Time now, Host& host) {
  if (at == options_.from) {
    on_ack(body, now, host);
  } else {
    on_data(body, ce, now, host);
  }
}

// Every segment is acknowledged at once.
void TcpFlow::on_data(ConstByteSpan body, bool ce, Time now, Host& host) {
  const auto number = load_le<uint64_t>(body.data());
  const bool again = number < receiver_next_ || receiver_ahead_.count(number) > 0;
  if (number == receiver_next_) {
    if (receiver_next_ > 0) longest_stall_ = longest_stall(now);
    advanced_at_ = now;
    ++receiver_next_;
    while (!receiver_ahead_.empty() && *receiver_ahead_.begin() == receiver_next_) {
      receiver_ahead_.erase(receiver_ahead_.begin());
      ++receiver_next_;
    }
  } else if (number > receiver_next_) {
    receiver_ahead_.insert(number);
  }
  Message ack;
  ack.flow = options_.flow;
  put(ack.body, receiver_next_);
  put(ack.body, number);
  ack.body.push_back(ce ? 1 : 0);
  ack.body.push_back(again ? 1 : 0);
  // Blocks of selective acknowledgement, the highest first.
  size_t blocks = 0;
  for (auto i = receiver_ahead_.rbegin(); i != receiver_ahead_.rend() && blocks < kMaxBlocks;) {
    const uint64_t last = *i;
    uint64_t first = last;
    for (++i; i != receiver_ahead_.rend() && *i == first - 1; ++i) first = *i;
    put(ack.body, first);
    put(ack.body, last);
    ++blocks;
  }
  host.send(other(options_.from), ack);
}

void TcpFlow::mark_delivered(uint64_t number, Time now) {
  Segment& segment = at(number);
  if (segment.sacked) return;
  segment.sacked = true;
  ++sacked_;
  if (!segment.lost) --pipe_;
  segment.lost = false;
  if (!segment.retransmitted && number + 1 < highest_.front()) reordering_seen_ = true;
  // Sooner than a round trip after its retransmission: the first transmission arrived.
  if (segment.sent >= rack_sent_ && (!segment.retransmitted || now - segment.sent >= min_rtt_)) {
    rack_sent_ = segment.sent;
    rack_rtt_ = now - segment.sent;
  }
  if (number + 1 > highest_.back()) {
    highest_.back() = number + 1;
    std::sort(highest_.begin(), highest_.end(), std::greater<>());
  }
}

void TcpFlow::on_ack(ConstByteSpan body, Time now, Host& host) {
  const auto cumulative = load_le<uint64_t>(body.data());
  const auto cause = load_le<uint64_t>(body.data() + 8);
  const bool congestion_echo = body[16] != 0;
  if (cumulative > next_) return;
  if (cause >= first_ && cause < next_ && !at(cause).retransmitted && !at(cause).sacked) {
    sample_rtt(now - at(cause).sent);
  }
  for (size_t i = kAckFixed; i + 16 <= body.size(); i += 16) {
    const auto low = load_le<uint64_t>(body.data() + i);
    const auto high = load_le<uint64_t>(body.data() + i + 8);
    if (low > high || high >= next_) break;
    for (uint64_t number = std::max(low, first_); number <= high; ++number) {
      mark_delivered(number, now);
    }
  }
  uint64_t acknowledged = 0;
  while (first_ < cumulative) {
    mark_delivered(first_, now);
    --sacked_;
    segments_.pop_front();
    ++first_;
    ++acknowledged;
  }
  if (acknowledged > 0) backoff_ = 0;
  if (recovering_ && first_ >= recovery_point_) recovering_ = false;
  if (body[17] != 0) on_duplicate();
  if (congestion_echo && !recovering_) enter_recovery();
  react(now);
  if (!recovering_ || cubic_.slow_start()) {
    cubic_.on_acknowledged(acknowledged, pipe_, srtt_, now);
  }
  timer_ = kNever;
  send_allowed(now, host);
}

void TcpFlow::react(Time now) {
  const bool lost = options_.tolerates_reordering ? detect_losses(now) : detect_by_duplicates();
  if (lost && !recovering_) enter_recovery();
}

void TcpFlow::enter_recovery() {
  before_ = cubic_;
  undo_pending_ = 0;
  cubic_.on_congestion();
  recovering_ = true;
  recovery_point_ = next_;
}

// A retransmission was needless: wait longer next time, and take the reduction back once all of
// them were.
void TcpFlow::on_duplicate() {
  ++spurious_;
  if (!options_.tolerates_reordering) return;
  if (first_ >= steps_round_) {
    ++window_steps_;
    steps_round_ = next_;
  }
  if (undo_pending_ == 0 || --undo_pending_ > 0) return;
  cubic_ = before_;
  recovering_ = false;
}

Duration TcpFlow::reordering_window() const {
  if (!reordering_seen_ && (recovering_ || sacked_ >= kDuplicates)) return {};
  return std::min(window_steps_ * min_rtt_ / 4, srtt_);
}

bool TcpFlow::detect_losses(Time now) {
  reordering_timer_ = kNever;
  if (sacked_ == 0 || srtt_ == Duration{}) return false;
  const Duration allowed = rack_rtt_ + reordering_window();
  bool any = false;
  for (Segment& segment : segments_) {
    if (segment.sent > rack_sent_ && !segment.retransmitted) break;
    if (segment.sent >= rack_sent_ || segment.sacked || segment.lost) continue;
    if (segment.sent + allowed <= now) {
      any = lose(segment) || any;
    } else {
      reordering_timer_ = std::min(reordering_timer_, segment.sent + allowed);
    }
  }
  return any;
}

bool TcpFlow::detect_by_duplicates() {
  bool any = false;
  for (judged_ = std::max(judged_, first_); judged_ + 1 < highest_.back(); ++judged_) {
    if (!at(judged_).retransmitted && lose(at(judged_))) any = true;
  }
  return any;
}

/// False if there is nothing to lose.
bool TcpFlow::lose(Segment& segment) {
  if (segment.sacked || segment.lost) return false;
  segment.lost = true;
  --pipe_;
  return true;
}

void TcpFlow::sample_rtt(Duration rtt) {
  min_rtt_ = std::min(min_rtt_, rtt);
  if (srtt_ == Duration{}) {
    srtt_ = rtt;
    rttvar_ = rtt / 2;
  } else {
    rttvar_ += ((rtt > srtt_ ? rtt - srtt_ : srtt_ - rtt) - rttvar_) / 4;
    srtt_ += (rtt - srtt_) / 8;
  }
  cubic_.on_rtt(rtt, first_, next_);
}

void TcpFlow::transmit(uint64_t number, Time now, Host& host) {
  Message message;
  message.flow = options_.flow;
  message.size = options_.segment;
  message.ecn = options_.ecn ? 2 : 0;
  put(message.body, number);
  const size_t headers = 40;
  message.tcp_sequence = static_cast<uint32_t>(number * (options_.segment - headers));
  message.retransmission = at(number).retransmitted;
  at(number).sent = now;
  ++pipe_;
  host.send(options_.from, message);
}

void TcpFlow::send_allowed(Time now, Host& host) {
  const auto window = static_cast<uint64_t>(cubic_.window());
  for (uint64_t number = first_; number < next_ && pipe_ < window; ++number) {
    Segment& segment = at(number);
    if (!segment.lost) continue;
    segment.lost = false;
    segment.retransmitted = true;
    ++retransmitted_;
    ++undo_pending_;
    transmit(number, now, host);
  }
  while (pipe_ < window && now < options_.end && next_ - first_ < options_.window_limit) {
    segments_.emplace_back();
    transmit(next_++, now, host);
  }
  if (first_ == next_) return;
  const Duration timeout =
      srtt_ == Duration{} ? Duration(1'000'000) : srtt_ + std::max(kMinTimeout, 4 * rttvar_);
  if (timer_ == kNever) timer_ = now + timeout * (1 << backoff_);
}

}  // namespace wirebraid::sim
