#include "bench/scenarios/failure.h"

#include <algorithm>

#include "bench/scenarios/measurement.h"
#include "bench/scenarios/sampler.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kFaultAt{5};
constexpr seconds kBackAt{9};
constexpr seconds kEnd{14};
/// Looked at the links this often, to see when one carries again.
constexpr milliseconds kLook{20};
/// What is sent this long before an event may be under way when it comes.
constexpr milliseconds kUnderWay{200};
constexpr int kPacketsPerSecond = 1000;
constexpr double kRecovered = 0.8;

using fabric::End;
using fabric::LinkState;

void set_fault(fabric::Wire& wire, Fault fault, bool on) {
  const LinkState state = on ? LinkState::blackhole : LinkState::up;
  switch (fault) {
    case Fault::blackhole:
      wire.set_state(state);
      return;
    case Fault::dead_down:
      wire.set_state(End::b, state);
      return;
    case Fault::dead_up:
      wire.set_state(End::a, state);
      return;
    case Fault::carrier:
      wire.set_state(state);
      wire.set_plugged(End::a, !on);
      return;
  }
}

/// One TCP flow with numbered packets beside it.
struct Traffic {
  Traffic(const lab::Topology& topology, const Load& load)
      : flow(topology.target(), topology.lan(),
             {.address = lab::address::kTarget4,
              .download = load.download,
              .congestion_control = load.sender}),
        down(topology.target(), topology.lan(),
             {.address = lab::address::kLan4, .packets_per_second = kPacketsPerSecond}),
        up(topology.lan(), topology.target(),
           {.address = lab::address::kTarget4, .packets_per_second = kPacketsPerSecond}) {}

  BulkCounters counters() const {
    const lab::TcpCounters tcp = flow.counters();
    return {.received = flow.received(),
            .retransmits = tcp.retransmits,
            .spurious = tcp.spurious,
            .out_of_order = tcp.out_of_order};
  }

  lab::TcpFlow flow;
  lab::UdpProbe down;
  lab::UdpProbe up;
};

double measure_remaining(lab::BondedLab& lab, const Scenario& scenario, const Load& load) {
  lab::Uplink& victim = lab.topology().uplinks().front();
  lab.use_without(victim);
  settle(lab.topology());
  Traffic traffic(lab.topology(), load);
  lab::sleep_until(steady_clock::now() + scenario.warm_up);
  const auto from = steady_clock::now();
  lab::sleep_until(from + scenario.alone);
  const double rate = traffic.flow.abandon().arrivals.rate(from, from + scenario.alone);
  lab.use_all();
  settle(lab.topology());
  return rate;
}

/// Runs the flow through fault and return; `result` gets the series and when the uplink carries.
struct Events {
  steady_clock::time_point fault;
  steady_clock::time_point back;
};

Events run(lab::BondedLab& lab, const Scenario& scenario, const Traffic& traffic, bool download,
           FailureResult& result) {
  lab::Uplink& victim = lab.topology().uplinks().front();
  const auto rate = static_cast<double>(download ? victim.wire().options().from_b.rate
                                                 : victim.wire().options().from_a.rate);
  Sampler sampler(lab, download);
  const auto start = sampler.started();
  Events events{};
  uint64_t carried = 0;
  for (auto tick = start + kLook; tick <= start + kEnd; tick += kLook) {
    lab::sleep_until(tick);
    if (tick >= start + kFaultAt && events.fault == steady_clock::time_point{}) {
      events.fault = steady_clock::now();
      set_fault(victim.wire(), *scenario.fault, true);
    }
    if (tick >= start + kBackAt && events.back == steady_clock::time_point{}) {
      events.back = steady_clock::now();
      set_fault(victim.wire(), *scenario.fault, false);
      carried = delivered_bytes(victim, download);
    }
    if ((tick - start) % kSampleInterval == milliseconds(0)) sampler.sample(traffic.counters());
    if (events.back == steady_clock::time_point{} || result.carries_again) continue;
    const uint64_t now_carried = delivered_bytes(victim, download);
    const double tenth = rate / 10 / 8 * std::chrono::duration<double>(kLook).count();
    if (static_cast<double>(now_carried - carried) >= tenth) {
      result.carries_again =
          std::chrono::duration_cast<milliseconds>(steady_clock::now() - events.back);
    }
    carried = now_carried;
  }
  result.series = std::move(sampler.series());
  const auto at = [&](steady_clock::time_point when) {
    return std::chrono::duration<double>(when - start).count();
  };
  result.series.marks = {{at(events.fault), victim.name() + " fails"},
                         {at(events.back), victim.name() + " works again"}};
  return events;
}

}  // namespace

FailureResult measure_failure(lab::BondedLab& lab, const Scenario& scenario, const Load& load,
                              const std::function<void(const std::string&)>& progress) {
  FailureResult result{.uplink = lab.topology().uplinks().front().name()};
  progress("the remaining uplink alone");
  result.remaining_bps = measure_remaining(lab, scenario, load);

  progress("failing and coming back");
  Traffic traffic(lab.topology(), load);
  const Events events = run(lab, scenario, traffic, load.download, result);
  const lab::UdpProbeReport up = traffic.up.finish();
  const lab::UdpProbeReport down = traffic.down.finish();
  const lab::TcpFlowReport flow = traffic.flow.finish();

  result.flow_intact = flow.intact;
  result.packets_sent = up.sent + down.sent;
  result.packets_lost = up.lost() + down.lost();
  result.packets_reordered = up.reordered + down.reordered;
  const auto around = [&](steady_clock::time_point from, steady_clock::time_point to) {
    const auto sent_from = from - kUnderWay;
    const auto sent_to = to - kUnderWay;
    return EventFigures{
        .lost = up.lost_between(sent_from, sent_to) + down.lost_between(sent_from, sent_to),
        .udp_gap = std::max(up.gaps.longest_between(from, to), down.gaps.longest_between(from, to)),
        .tcp_stall = flow.gaps.longest_between(from, to)};
  };
  const auto end = events.back + (kEnd - kBackAt);
  result.fault = around(events.fault, events.back);
  result.back = around(events.back, end);
  result.recovery =
      find_recovery(flow.arrivals, events.fault, events.back, result.remaining_bps * kRecovered);
  return result;
}

}  // namespace wirebraid::scenarios
