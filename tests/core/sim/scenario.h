// What a bulk flow and a ping get over a set of uplinks, and what the same flow gets over each of
// them alone, in the same weather.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {

enum class Transport : uint8_t {
  tcp,
  strict_tcp,  ///< that does not tolerate reordering
  quic,
};
const char* to_string(Transport transport);

/// An uplink and what happens to it over time.
struct WeatheredUplink {
  UplinkSpec spec;
  /// Schedules changes by Simulator::at() until `end`; the same seed makes the same weather.
  std::function<void(Simulator&, size_t uplink, uint64_t seed, Time end)> weather{};
};

/// Every second another rate from `low` to `high` bits per second, the same both ways.
WeatheredUplink with_varying_rate(UplinkSpec spec, uint64_t low, uint64_t high);
/// Every three seconds another one-way delay from `low` to `high`, the same both ways.
WeatheredUplink with_delay_jumps(UplinkSpec spec, Duration low, Duration high);

struct Scenario {
  std::string name;
  std::vector<WeatheredUplink> uplinks;
  Transport transport = Transport::tcp;
  Side from = Side::server;
  size_t flows = 1;
  /// CUBIC takes seconds from the first queue that it meets to the rate of several uplinks.
  Duration warm_up = std::chrono::seconds(10);
  Duration length = std::chrono::seconds(6);
};

struct Measurement {
  double rate = 0;             ///< bits per second of inner packets, of all flows together
  std::vector<double> rates;   ///< of each flow
  uint64_t retransmitted = 0;  ///< or declared lost, of the whole run
  uint64_t spurious = 0;       ///< of those, had arrived
  uint64_t timeouts = 0;
  Duration ping_median{};
  Duration ping_high{};         ///< 95 %
  Duration slowest_used{};      ///< round trip of the slowest uplink with 1 % of the bytes
  double links = 0;             ///< what would fill the links: their rates over time, less loss
  std::vector<double> carried;  ///< share of the bytes in the flow's direction, by uplink
  std::vector<std::string> violations;
  std::string counters;
};

/// Of `uplinks`, which are those of the scenario or one of them. The seed moves the flow's start
/// as well.
Measurement measure(const Scenario& scenario, const std::vector<WeatheredUplink>& uplinks,
                    uint64_t seed);

/// The bond and each uplink alone.
struct Comparison {
  Measurement bond;
  std::vector<double> alone;  ///< rates
  double of_sum = 0;          ///< share of the sum of `alone`
  double of_best = 0;         ///< of the highest
  double of_links = 0;        ///< of what would fill the links
};
Comparison compare(const Scenario& scenario, uint64_t seed);
/// One line, and the ping's limit in it: the slowest used uplink's round trip and 30 ms.
std::string describe(const Scenario& scenario, uint64_t seed, const Comparison& comparison);
inline Duration ping_limit(const Measurement& bond) {
  return bond.slowest_used + std::chrono::milliseconds(30);
}

}  // namespace wirebraid::sim
