// One flow through the bond as it is, and what was seen meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/scenarios/bulk_flow.h"
#include "bench/scenarios/scenario.h"
#include "bench/scenarios/series.h"
#include "twin/lab/bonded_lab.h"

namespace wirebraid::scenarios {

struct Ping {
  double median_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  uint64_t sent = 0;
  uint64_t lost = 0;
};

/// Everything is of the measured time, without the warm-up.
struct Measurement {
  double warm_up_s = 0;  ///< how long that was
  double bits_per_second = 0;
  BulkCounters counters{};
  Ping ping{};
  uint64_t probe_sent = 0;  ///< numbered UDP packets beside the flow
  uint64_t probe_lost = 0;
  uint64_t probe_reordered = 0;
  std::vector<double> uplink_bps{};  ///< delivered by the emulated links
  Series series{};                   ///< with the warm-up
};

/// Plays the uplinks' programmes, of which only those with a wire that is up take part. The warm-up
/// takes at least `warm_up`, and goes on while the rate rises (still_rising()) unless a programme
/// moves it. Throws lab::Interrupted.
Measurement measure(lab::BondedLab& lab, const std::vector<UplinkSpec>& uplinks, const Load& load,
                    std::chrono::seconds warm_up, std::chrono::seconds measured);

/// Whether the last second of the samples had 3 % more than the one before it, or there are none of
/// two seconds yet.
bool still_rising(const Series& series);

/// Sets what the programmes say at `since`, for the wires that are up.
void play(lab::Topology& topology, const std::vector<UplinkSpec>& uplinks, Duration since);

/// Waits until nothing of an earlier flow is under way, at most five seconds.
void settle(const lab::Topology& topology);

}  // namespace wirebraid::scenarios
