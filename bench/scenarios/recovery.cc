#include "bench/scenarios/recovery.h"

namespace wirebraid::scenarios {

Recovery find_recovery(const lab::ArrivalLog& arrivals, lab::ArrivalLog::TimePoint from,
                       lab::ArrivalLog::TimePoint to, double bits_per_second,
                       std::chrono::milliseconds window) {
  using std::chrono::milliseconds;
  constexpr milliseconds kStep{10};
  constexpr milliseconds kSteady{1000};
  Recovery recovery{.first = milliseconds(0)};
  bool has_fallen = false;
  for (milliseconds at{}; from + at + window <= to; at += kStep) {
    const auto start = from + at;
    const bool there = arrivals.rate(start, start + window) >= bits_per_second;
    if (!there && !has_fallen) {
      has_fallen = true;
      recovery.first.reset();
    }
    if (there && !recovery.first) recovery.first = at + window;
    if (!recovery.steady && start + kSteady <= to &&
        arrivals.rate(start, start + kSteady) >= bits_per_second) {
      recovery.steady = at;
    }
  }
  return recovery;
}

}  // namespace wirebraid::scenarios
