// What a bond gives as a share of what its uplinks give one by one, in the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/scenarios/measurement.h"

namespace wirebraid::scenarios {

/// One sender, over each uplink alone and over the bond.
struct ThroughputRow {
  Load load{};
  std::vector<Measurement> alone{};  ///< by uplink
  Measurement bond{};

  double sum_bps() const;
  double best_bps() const;
  double share() const;    ///< of the sum
  double of_best() const;  ///< of the best uplink
};

struct ThroughputResult {
  /// Plain TCP without wirebraid, over all emulated links at once, each for itself: what the
  /// emulator allows.
  std::vector<double> raw_bps;
  std::vector<ThroughputRow> rows;
};

/// The base round trip, in milliseconds, of the slowest uplink that carried at least a hundredth
/// of what the bond did.
double slowest_used_ms(const std::vector<UplinkSpec>& uplinks, const Measurement& bond);

/// Runs all of `loads`. A single link keeps the order, so what strict end points get over an uplink
/// alone is taken from the same load without, if that is there. `progress` is told in words what
/// begins. Throws lab::Interrupted.
ThroughputResult measure_throughput(lab::BondedLab& lab, const Scenario& scenario,
                                    const std::vector<Load>& loads,
                                    const std::function<void(const std::string&)>& progress);

}  // namespace wirebraid::scenarios
