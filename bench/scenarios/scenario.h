// What a scenario is: uplinks that may change over time, how the daemons are configured, and what
// is measured. Data only; the catalogue has the scenarios themselves.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "twin/fabric/wire.h"

namespace wirebraid::scenarios {

/// From `at` on (since the start of a flow) a wire is like this.
struct Step {
  Duration at{};
  fabric::WireOptions wire{};
};

struct UplinkSpec {
  std::string name;  ///< at most 14 characters
  fabric::WireOptions wire;
  std::vector<Step> programme{};  ///< in order of time; the last step lasts

  /// What the programme says at `since` the start of a flow.
  const fabric::WireOptions& wire_at(Duration since) const {
    const fabric::WireOptions* current = &wire;
    for (const Step& each : programme) {
      if (each.at <= since) current = &each.wire;
    }
    return *current;
  }
  /// Two ways of propagation, without any queue.
  Duration round_trip() const { return wire.from_a.delay + wire.from_b.delay; }
};

/// What happens to the first uplink, without a word to anybody unless it says so.
enum class Fault {
  blackhole,  ///< both directions swallow everything
  dead_down,  ///< towards the gateway only
  dead_up,    ///< towards the server only
  carrier,    ///< the gateway's device loses its carrier; the server is not told
};

/// What the project promises for a scenario; the table says whether it holds.
struct Wanted {
  double share = 0;       ///< least part of the sum of the uplinks alone; 0: no promise
  double of_best = 0.98;  ///< least part of the best single uplink
  /// Between numbered packets, when an uplink fails.
  std::chrono::milliseconds longest_gap{100};
};

struct Scenario {
  std::string name;     ///< for the command line and file names
  std::string summary;  ///< one line for people
  std::vector<UplinkSpec> uplinks{};
  std::string mode = "packet";   ///< of the bond
  std::optional<Fault> fault{};  ///< a failure scenario; otherwise throughput is measured
  Wanted wanted{};
  bool variants = false;  ///< worth its variants: other end points, directions and senders
  /// Left out at the start of each flow, and measured behind that.
  std::chrono::seconds warm_up{2};
  std::chrono::seconds alone{4};
  std::chrono::seconds bond{8};
};

}  // namespace wirebraid::scenarios
