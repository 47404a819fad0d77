#include "tests/core/sim/tcp_flow.h"

#include <algorithm>
#include <cmath>

namespace wirebraid::sim {

namespace {
constexpr double kCubicC = 0.4;
constexpr double kCubicBeta = 0.7;
constexpr Duration kMinTimeout = std::chrono::milliseconds(200);
constexpr size_t kMaxBlocks = 4;
constexpr size_t kAckFixed = 17;  // cumulative, segment that caused it, congestion echo
constexpr uint64_t kDuplicates = 3;

void put(std::vector<uint8_t>& to, uint64_t value) {
  to.resize(to.size() + 8);
  store_le(to.data() + to.size() - 8, value);
}
}  // namespace

TcpFlow::TcpFlow(const Options& options) : options_(options) {}

Time TcpFlow::next_deadline() const { return started_ ? timer_ : options_.start; }

void TcpFlow::run(Time now, Host& host) {
  if (!started_) {
    if (now < options_.start) return;
    started_ = true;
    send_allowed(now, host);
    return;
  }
  if (timer_ > now) return;
  ++timeouts_;
  backoff_ = std::min(backoff_ + 1, 6);
  for (Segment& segment : segments_) {
    if (segment.sacked || segment.lost) continue;
    segment.lost = true;
    --pipe_;
  }
  if (!recovering_) reduce(now);
  recovering_ = true;
  recovery_point_ = next_;
  window_ = 1;
  timer_ = kNever;
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
void TcpFlow::on_data(ConstByteSpan body, bool ce, Time, Host& host) {
  const auto number = load_le<uint64_t>(body.data());
  if (number == receiver_next_) {
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

void TcpFlow::mark_delivered(uint64_t number) {
  Segment& segment = at(number);
  if (segment.sacked) return;
  segment.sacked = true;
  ++sacked_;
  if (!segment.lost) --pipe_;
  segment.lost = false;
  rack_sent_ = std::max(rack_sent_, segment.sent);
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
    for (uint64_t number = std::max(low, first_); number <= high; ++number) mark_delivered(number);
  }
  uint64_t acknowledged = 0;
  while (first_ < cumulative) {
    mark_delivered(first_);
    --sacked_;
    segments_.pop_front();
    ++first_;
    ++acknowledged;
  }
  if (acknowledged > 0) backoff_ = 0;
  if (recovering_ && first_ >= recovery_point_) recovering_ = false;
  const bool lost = detect_losses();
  if ((lost || congestion_echo) && !recovering_) {
    reduce(now);
    recovering_ = true;
    recovery_point_ = next_;
  }
  if (!recovering_ || window_ < threshold_) grow(acknowledged, now);
  timer_ = kNever;
  send_allowed(now, host);
}

bool TcpFlow::detect_losses() {
  if (sacked_ < kDuplicates) return false;
  bool any = false;
  for (Segment& segment : segments_) {
    if (segment.sent > rack_sent_ && !segment.retransmitted) break;
    if (segment.sacked || segment.lost || segment.sent >= rack_sent_) continue;
    segment.lost = true;
    --pipe_;
    any = true;
  }
  return any;
}

void TcpFlow::reduce(Time) {
  cubic_maximum_ = window_ < cubic_maximum_ ? window_ * (1 + kCubicBeta) / 2 : window_;
  window_ = std::max(2.0, window_ * kCubicBeta);
  threshold_ = window_;
  cubic_epoch_ = kNever;
}

void TcpFlow::grow(uint64_t acknowledged, Time now) {
  if (acknowledged == 0) return;
  if (static_cast<double>(pipe_ + acknowledged) < window_ * 0.9 - 3) return;  // not window-limited
  const auto count = static_cast<double>(acknowledged);
  if (window_ < threshold_) {
    window_ += count;
    return;
  }
  if (cubic_epoch_ == kNever) {
    cubic_epoch_ = now;
    cubic_maximum_ = std::max(cubic_maximum_, window_);
    cubic_k_ = std::cbrt((cubic_maximum_ - window_) / kCubicC);
    reno_window_ = window_;
  }
  const double t = std::chrono::duration<double>(now - cubic_epoch_ + srtt_).count();
  const double target =
      std::clamp(kCubicC * std::pow(t - cubic_k_, 3) + cubic_maximum_, window_, 1.5 * window_);
  window_ += (target - window_) / window_ * count;
  reno_window_ += 3 * (1 - kCubicBeta) / (1 + kCubicBeta) * count / reno_window_;
  window_ = std::max(window_, reno_window_);
}

void TcpFlow::sample_rtt(Duration rtt) {
  if (srtt_ == Duration{}) {
    srtt_ = rtt;
    rttvar_ = rtt / 2;
  } else {
    rttvar_ += ((rtt > srtt_ ? rtt - srtt_ : srtt_ - rtt) - rttvar_) / 4;
    srtt_ += (rtt - srtt_) / 8;
  }
  // HyStart (RFC 9406): leave slow start when the delay of a round has risen.
  if (window_ >= threshold_) return;
  if (first_ >= round_end_) {
    lowest_rtt_ = std::min(lowest_rtt_, round_rtt_);
    round_rtt_ = Duration::max();
    round_samples_ = 0;
    round_end_ = next_;
  }
  round_rtt_ = std::min(round_rtt_, rtt);
  if (++round_samples_ < 8 || lowest_rtt_ == Duration::max() || window_ < 16) return;
  const Duration allowed = std::clamp<Duration>(lowest_rtt_ / 8, Duration(4000), Duration(16'000));
  if (round_rtt_ >= lowest_rtt_ + allowed) threshold_ = window_;
}

void TcpFlow::transmit(uint64_t number, Time now, Host& host) {
  Message message;
  message.flow = options_.flow;
  message.size = options_.segment;
  message.ecn = options_.ecn ? 2 : 0;
  put(message.body, number);
  at(number).sent = now;
  ++pipe_;
  host.send(options_.from, message);
}

void TcpFlow::send_allowed(Time now, Host& host) {
  const auto window = static_cast<uint64_t>(window_);
  for (uint64_t number = first_; number < next_ && pipe_ < window; ++number) {
    Segment& segment = at(number);
    if (!segment.lost) continue;
    segment.lost = false;
    segment.retransmitted = true;
    ++retransmitted_;
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
