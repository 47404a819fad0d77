// Looks at the emulated links, the daemon and the flow at steady intervals.
#pragma once

#include <chrono>

#include "bench/scenarios/bulk_flow.h"
#include "bench/scenarios/scenario.h"
#include "bench/scenarios/series.h"
#include "twin/lab/bonded_lab.h"

namespace wirebraid::scenarios {

/// Between two looks.
inline constexpr std::chrono::milliseconds kSampleInterval{100};

class Sampler {
 public:
  /// `download`: which direction of the links is looked at, and whose round trips.
  Sampler(const lab::BondedLab& lab, bool download);

  /// One look, at which the flow had these counters.
  void sample(const BulkCounters& flow);
  double seconds_since_start() const;
  std::chrono::steady_clock::time_point started() const { return started_; }
  Series& series() { return series_; }

 private:
  const lab::BondedLab& lab_;
  bool download_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_;
  std::vector<uint64_t> delivered_;
  BulkCounters flow_{};
  Series series_;
};

/// Bytes that an uplink's emulated link has delivered in one direction since it was made.
uint64_t delivered_bytes(const lab::Uplink& uplink, bool download);

}  // namespace wirebraid::scenarios
