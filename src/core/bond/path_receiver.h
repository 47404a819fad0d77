// The receiving half of a path: what came, and when a REPORT about it is due.
#pragma once

#include <cstdint>

#include "core/bond/frame.h"
#include "wirebraid/time.h"

namespace wirebraid {

class PathReceiver {
 public:
  /// A report is due this long after the first unreported DATA frame,
  static constexpr Duration kReportInterval = std::chrono::milliseconds(25);
  /// How far behind the newest counter a missing one counts as lost. Paths keep order, but radio
  /// links and multi-queue drivers may swap neighbours (RFC 5681: 3).
  static constexpr uint64_t kReorderThreshold = 3;
  /// or after this many of them,
  static constexpr uint32_t kReportFrames = 32;
  /// or after a gap in the counters, and again when enough has come behind the gap for the sender
  /// to take it for a loss, so that it can resend while that still helps. These two wait until the
  /// last report is this old, as a report wakes up the far side,
  static constexpr Duration kReportSpacing = std::chrono::milliseconds(3);
  /// unless so many frames are unreported: half of what the bitmap tells of.
  static constexpr uint32_t kMaxUnreported = Report::kMaxBitmap * 8 / 2;

  /// `session` would replace the current one while frames of the current are unreported: send a
  /// report first.
  bool report_before(uint32_t session) const {
    return session != session_ && session != previous_session_ && unreported_ > 0;
  }
  /// Counts a frame. `asks`: DATA, so a report is owed.
  void on_frame(uint32_t session, uint64_t counter, size_t bytes, bool asks, Time now);
  /// The far side sent a probe.
  void request_report(Time now) { due_ = now; }

  /// No packet memory for it now.
  void postpone_report(Time until) { due_ = until; }

  Time report_due() const { return due_; }
  /// The next report tells of a gap that none has told of.
  bool tells_loss() const { return tells_loss_; }
  /// What the far side should know now; the debt is paid by sending it.
  Report make_report(Time now, uint32_t cumulative, uint32_t next_sequence);

  Time last_heard() const { return last_heard_; }
  bool heard() const { return packets_ != 0; }
  uint64_t bytes() const { return bytes_; }

 private:
  void shift_bitmap(uint64_t by);

  uint32_t session_ = 0;
  uint32_t previous_session_ = 0;
  uint64_t highest_ = 0;
  uint64_t bitmap_[4] = {};  // bit i of the 256: highest_ - 1 - i
  Time highest_at_{};
  uint64_t bytes_ = 0;
  uint32_t packets_ = 0;
  uint32_t unreported_ = 0;
  uint64_t tell_at_ = UINT64_MAX;  ///< counter at which a gap is a loss
  Time due_ = kNever;
  Time last_report_{};
  Time last_heard_{};
  bool any_ = false;
  bool tells_loss_ = false;
};

}  // namespace wirebraid
