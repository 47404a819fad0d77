// A random fault schedule: everything that a short run over failing links consists of, drawn from a
// seed, so that it can be printed, and repeated by the seed alone.
#pragma once

#include <string>
#include <vector>

#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {

/// An inner flow of a schedule.
struct FlowPlan {
  enum class Kind : uint8_t { numbered, ping, tcp, strict_tcp, quic };
  Kind kind = Kind::numbered;
  Side from = Side::gateway;
  size_t size = 0;      ///< of an IP packet
  Duration interval{};  ///< numbered and ping
  uint64_t window = 0;  ///< the others' limit, in packets
  Duration start{};
  uint8_t ecn = 0;
};

/// Something goes wrong, or right again.
struct Fault {
  enum class Kind : uint8_t {
    cut,  ///< silently
    mend,
    gone,  ///< the gateway's system says so
    back,
    rate,      ///< value: bits per second
    delay,     ///< microseconds, one way
    loss,      ///< share
    jitter,    ///< microseconds
    late,      ///< share of datagrams that others overtake
    twice,     ///< share that comes twice
    marking,   ///< share, on all uplinks
    restart,   ///< of the sending side
    mode,      ///< of the sending side's class 0: index in kModes
    priority,  ///< of the path at the sending side
    cost,
  };
  Kind kind = Kind::cut;
  Duration at{};
  size_t uplink = 0;
  Side from = Side::gateway;  ///< of the two directions, the one that this side sends in
  double value = 0;
};

struct Schedule {
  uint64_t seed = 0;
  Simulator::Options options;
  std::vector<FlowPlan> flows;
  std::vector<Fault> faults;  ///< in order of time
  Duration length{};

  /// One line per uplink, flow and fault.
  std::string describe() const;
};

Schedule make_schedule(uint64_t seed);

struct ScheduleResult {
  /// Promises that did not hold.
  std::vector<std::string> failures;
  uint64_t sent = 0;
  uint64_t lost = 0;
};
/// Runs it, mends everything, and looks whether traffic comes through again and nothing is kept.
ScheduleResult run_schedule(const Schedule& schedule);

}  // namespace wirebraid::sim
