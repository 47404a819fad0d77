// What users notice when the first uplink of a bond fails, and when it comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "bench/scenarios/load.h"
#include "bench/scenarios/recovery.h"
#include "bench/scenarios/scenario.h"
#include "bench/scenarios/series.h"
#include "twin/lab/bonded_lab.h"

namespace wirebraid::scenarios {

/// Around one of the two events; numbered UDP packets run both ways.
struct EventFigures {
  uint64_t lost = 0;  ///< of the packets sent from shortly before the event until the next one
  std::chrono::microseconds udp_gap{};    ///< longest silence, of either direction
  std::chrono::microseconds tcp_stall{};  ///< longest silence
};

struct FailureResult {
  std::string uplink;
  bool flow_intact = false;   ///< every byte arrived, in order
  double remaining_bps = 0;   ///< TCP over the other uplinks alone, in the same run
  uint64_t packets_sent = 0;  ///< both directions, all the time
  uint64_t packets_lost = 0;
  uint64_t packets_reordered = 0;
  EventFigures fault{};
  EventFigures back{};
  Recovery recovery{};  ///< of TCP to 80 % of remaining_bps, since the fault
  /// From the end of the fault until the uplink's emulated link carries a tenth of its rate again.
  std::optional<std::chrono::milliseconds> carries_again{};
  Series series{};
};

/// One TCP flow (`load`) and 1000 packets per second each way. Throws
/// lab::Interrupted.
FailureResult measure_failure(lab::BondedLab& lab, const Scenario& scenario, const Load& load,
                              const std::function<void(const std::string&)>& progress);

}  // namespace wirebraid::scenarios
