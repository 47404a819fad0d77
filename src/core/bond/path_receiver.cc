#include "core/bond/path_receiver.h"

#include <algorithm>

namespace wirebraid {

void PathReceiver::shift_bitmap(uint64_t by) {
  if (by >= 256) {
    std::fill(std::begin(bitmap_), std::end(bitmap_), 0);
    return;
  }
  const size_t words = by / 64;
  const unsigned bits = by % 64;
  for (size_t i = 4; i-- > 0;) {
    uint64_t word = 0;
    if (i >= words) {
      word = bitmap_[i - words] << bits;
      if (bits != 0 && i > words) word |= bitmap_[i - words - 1] >> (64 - bits);
    }
    bitmap_[i] = word;
  }
}

void PathReceiver::on_frame(uint32_t session, uint64_t counter, size_t bytes, bool asks, Time now) {
  ++packets_;
  bytes_ += bytes;
  last_heard_ = now;
  if (any_ && session == previous_session_ && session != session_) return;  // a straggler
  bool gap = false;
  if (!any_ || session != session_) {
    previous_session_ = session_;
    session_ = session;
    std::fill(std::begin(bitmap_), std::end(bitmap_), 0);
    highest_ = counter;
    highest_at_ = now;
    any_ = true;
    unreported_ = 0;
    tell_at_ = UINT64_MAX;
  } else if (counter > highest_) {
    gap = counter != highest_ + 1;
    shift_bitmap(counter - highest_);
    const uint64_t bit = counter - highest_ - 1;
    if (bit < 256) bitmap_[bit / 64] |= uint64_t{1} << (bit % 64);
    highest_ = counter;
    highest_at_ = now;
  } else if (counter < highest_) {
    const uint64_t bit = highest_ - 1 - counter;
    if (bit < 256) bitmap_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
  if (!asks) return;
  if (unreported_++ == 0) due_ = std::min(due_, now + kReportInterval);
  const Time spaced = std::max(now, last_report_ + kReportSpacing);
  if (unreported_ >= kReportFrames) {
    due_ = std::min(due_, unreported_ < kMaxUnreported ? spaced : now);
  }
  if (gap) tell_at_ = counter - 1 + kReorderThreshold;
  if (gap || highest_ >= tell_at_) {
    if (highest_ >= tell_at_) {
      tell_at_ = UINT64_MAX;
      tells_loss_ = true;
    }
    due_ = std::min(due_, spaced);
  }
}

Report PathReceiver::make_report(Time now, uint32_t cumulative, uint32_t next_sequence) {
  const auto micros = [](Duration duration) { return static_cast<uint32_t>(duration.count()); };
  Report report;
  report.session = session_;
  report.highest_counter = highest_;
  report.packets = packets_;
  report.received_at = micros(highest_at_.time_since_epoch());
  report.bytes = bytes_;
  report.hold = micros(std::min<Duration>(now - highest_at_, std::chrono::minutes(10)));
  report.cumulative = cumulative;
  report.next_sequence = next_sequence;
  for (uint8_t i = 0; i < Report::kMaxBitmap; ++i) {
    report.bitmap[i] = static_cast<uint8_t>(bitmap_[i / 8] >> (i % 8 * 8));
    if (report.bitmap[i] != 0) report.bitmap_size = static_cast<uint8_t>(i + 1);
  }
  unreported_ = 0;
  tells_loss_ = false;
  due_ = kNever;
  last_report_ = now;
  return report;
}

}  // namespace wirebraid
