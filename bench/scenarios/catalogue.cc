#include "bench/scenarios/catalogue.h"

#include "bench/scenarios/programme.h"
#include "bench/support/select.h"
#include "twin/lab/topology.h"

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Longer than any flow runs.
constexpr seconds kProgramme{600};

UplinkSpec uplink(const std::string& name, double megabits, int round_trip_ms) {
  return {name, lab::symmetric(static_cast<uint64_t>(megabits * 1e6), milliseconds(round_trip_ms))};
}

UplinkSpec lossy(UplinkSpec spec, double loss, milliseconds jitter) {
  for (fabric::LinkOptions* link : {&spec.wire.from_a, &spec.wire.from_b}) {
    link->loss = loss;
    link->jitter = jitter;
  }
  return spec;
}

UplinkSpec cell() {
  UplinkSpec spec = uplink("cell", 20, 50);
  spec.programme =
      moving_rate(spec.wire, 5'000'000, 40'000'000, seconds(1), kProgramme, 20'260'101);
  return spec;
}

UplinkSpec leo() {
  UplinkSpec spec = uplink("leo", 100, 40);
  spec.programme = jumping_delay(spec.wire, milliseconds(20), seconds(3), kProgramme);
  return spec;
}

std::vector<UplinkSpec> eight() {
  return {uplink("u1", 40, 15), uplink("u2", 30, 20), uplink("u3", 25, 30), uplink("u4", 20, 40),
          uplink("u5", 15, 25), uplink("u6", 10, 50), uplink("u7", 6, 35),  uplink("u8", 4, 60)};
}

std::vector<UplinkSpec> dsl_and_lte() { return {uplink("dsl", 50, 15), uplink("lte", 20, 60)}; }

std::vector<UplinkSpec> two_alike() { return {uplink("one", 50, 20), uplink("two", 50, 20)}; }

Scenario failure(const std::string& name, Fault fault, const std::string& what,
                 milliseconds longest_gap = milliseconds(100)) {
  return {.name = name,
          .summary = "50 Mbit/s at 15 ms and 20 Mbit/s at 60 ms; the first " + what,
          .uplinks = dsl_and_lte(),
          .fault = fault,
          .wanted = {.longest_gap = longest_gap}};
}

}  // namespace

std::vector<Scenario> catalogue() {
  return {
      {.name = "50@15+20@60",
       .summary = "50 Mbit/s at 15 ms and 20 Mbit/s at 60 ms",
       .uplinks = dsl_and_lte(),
       .wanted = {.share = 0.97},
       .variants = true},
      {.name = "50@20+50@20",
       .summary = "twice 50 Mbit/s at 20 ms",
       .uplinks = two_alike(),
       .wanted = {.share = 0.97},
       .variants = true},
      {.name = "300@10+80@30",
       .summary = "300 Mbit/s at 10 ms and 80 Mbit/s at 30 ms",
       .uplinks = {uplink("cable", 300, 10), uplink("dsl", 80, 30)},
       .wanted = {.share = 0.97},
       .variants = true},
      {.name = "50@15+20@60-lossy",
       .summary = "as 50@15+20@60, the second with 1 % loss and 10 ms jitter",
       .uplinks = {uplink("dsl", 50, 15), lossy(uplink("lte", 20, 60), 0.01, milliseconds(10))},
       .wanted = {.share = 0.93},
       .alone = seconds(8),
       .bond = seconds(12)},
      {.name = "cell+25@20+15@40",
       .summary = "5 to 40 Mbit/s, another rate each second, at 50 ms, and two fixed uplinks",
       .uplinks = {cell(), uplink("dsl", 25, 20), uplink("radio", 15, 40)},
       .wanted = {.share = 0.90},
       .alone = seconds(12),
       .bond = seconds(12)},
      {.name = "100@5+2@600",
       .summary = "100 Mbit/s at 5 ms and 2 Mbit/s at 600 ms, by satellite",
       .uplinks = {uplink("fibre", 100, 5), uplink("geo", 2, 600)},
       .warm_up = seconds(6),
       .alone = seconds(8)},
      {.name = "50@15+20@30-loss10",
       .summary = "50 Mbit/s at 15 ms, and 20 Mbit/s at 30 ms with 10 % loss",
       .uplinks = {uplink("dsl", 50, 15), lossy(uplink("radio", 20, 30), 0.10, milliseconds(0))},
       .alone = seconds(8),
       .bond = seconds(12)},
      {.name = "eight",
       .summary = "eight uplinks of 40 to 4 Mbit/s at 15 to 60 ms, 150 Mbit/s in all",
       .uplinks = eight(),
       .alone = seconds(3)},
      {.name = "leo-100@40+20@60",
       .summary =
           "100 Mbit/s at 40 ms whose delay jumps by 20 ms every 3 s, and 20 Mbit/s at 60 ms",
       .uplinks = {leo(), uplink("lte", 20, 60)},
       .alone = seconds(10),
       .bond = seconds(13)},
      failure("fail-blackhole", Fault::blackhole, "swallows everything for 4 s"),
      failure("fail-dead-down", Fault::dead_down, "swallows what comes from the server for 4 s"),
      failure("fail-dead-up", Fault::dead_up, "swallows what comes from the gateway for 4 s"),
      // The far side has to be told over the other uplink, and what was lost has to come over it:
      // that takes its round trip, which 50 ms do not allow with an uplink of 60 ms.
      failure("fail-carrier", Fault::carrier, "loses its carrier at the gateway for 4 s",
              milliseconds(70)),
      {.name = "fail-carrier-alike",
       .summary = "twice 50 Mbit/s at 20 ms; the first loses its carrier at the gateway for 4 s",
       .uplinks = two_alike(),
       .fault = Fault::carrier,
       .wanted = {.longest_gap = milliseconds(50)}},
  };
}

std::vector<Scenario> select(const std::vector<std::string>& patterns) {
  return bench::select(catalogue(), patterns);
}

}  // namespace wirebraid::scenarios
