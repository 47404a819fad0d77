#include "tests/core/sim/schedule.h"

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

#include "core/bond/resequencer.h"
#include "tests/core/sim/dice.h"
#include "tests/core/sim/quic_flow.h"
#include "tests/core/sim/tcp_flow.h"

namespace wirebraid::sim {

namespace {

using namespace std::chrono_literals;
using fabric::LinkState;

constexpr Duration kCheck = 200ms;
constexpr size_t kMaxQueued = 4096 * (1 + kMaxPaths);  // per queue: one a path, and one a class
// After everything is mended. A far side that restarted while it was taken for a stock peer is
// noticed as WireGuard does: after KEEPALIVE_TIMEOUT + REKEY_TIMEOUT (15 s), on each path by
// itself.
constexpr Duration kRecovery = 32s;
constexpr Duration kAgain = 2s;  // of pings, then, that must all be answered
constexpr Duration kDrain = 6s;
// Plain packets wait for a session until WireGuard gives the handshake up (REKEY_ATTEMPT_TIME).
constexpr Duration kPlainDrain = 100s;
constexpr uint16_t kRecoveryFlow = 1000;
constexpr uint16_t kAgainFlow = 1001;

// What the core does not keep its promises in yet is not drawn. True as soon as it does.
/// A class that no uplink may carry keeps its packets for ever.
constexpr bool kDrawClassesWithoutPath = true;
/// A new mode while packets wait breaks the order of their flows.
constexpr bool kDrawModeChanges = true;

BondOptions random_bond(Dice& dice) {
  BondOptions bond;
  if (!dice.one_in(3)) bond.mode = kModes[dice.below(kModes.size())];
  for (uint64_t classes = dice.one_in(3) ? 1 + dice.below(3) : 0; classes > 0; --classes) {
    ClassOptions options;
    options.mode = kModes[dice.below(kModes.size())];
    // By port, which is a flow's number: a rule that divides a flow divides its order.
    const auto first = static_cast<uint16_t>(1 + dice.below(6));
    options.rule.ports = {{first, static_cast<uint16_t>(first + dice.below(3))}};
    bond.classes.push_back(options);
  }
  if (dice.one_in(8)) bond.hold_cap = dice.between(5ms, 300ms);
  return bond;
}

UplinkSpec random_uplink(Dice& dice, size_t classes) {
  UplinkSpec spec = uplink(static_cast<uint64_t>(dice.magnitude(3e5, 4e7)),
                           Duration(static_cast<int64_t>(dice.magnitude(1e3, 5e5))));
  for (fabric::LinkOptions* link : {&spec.up, &spec.down}) {
    if (dice.one_in(4)) link->rate = static_cast<uint64_t>(dice.magnitude(3e5, 4e7));
    if (dice.one_in(5)) link->delay = Duration(static_cast<int64_t>(dice.magnitude(500, 2e5)));
    if (dice.one_in(2)) link->loss = dice.unit() * 0.03;
    if (dice.one_in(3)) link->jitter = dice.between(0ms, 40ms);
    if (dice.one_in(4)) link->burst = {0.002, 0.2, 0.8};
    link->queue = dice.between(10ms, 500ms);
  }
  if (dice.one_in(5)) spec.path.priority = 2;
  if (dice.one_in(6)) spec.path.cost = static_cast<uint32_t>(dice.below(3));
  if (dice.one_in(6)) spec.path.weight = static_cast<uint32_t>(1 + dice.below(4));
  if (dice.one_in(6)) spec.path.rate_cap = static_cast<uint64_t>(dice.magnitude(2e5, 4e7));
  if (dice.one_in(6)) spec.path.receive_cap = static_cast<uint64_t>(dice.magnitude(2e5, 4e7));
  if (dice.one_in(12)) spec.path.allowance = Allowance::reserve;
  if (classes > 0 && dice.one_in(4)) {
    spec.path.classes = static_cast<uint32_t>(1 + dice.below((2 << classes) - 1));
  }
  return spec;
}

FlowPlan random_flow(Dice& dice) {
  FlowPlan flow;
  flow.kind = static_cast<FlowPlan::Kind>(dice.below(5));
  flow.from = dice.one_in(2) ? Side::gateway : Side::server;
  flow.size = flow.kind == FlowPlan::Kind::numbered ? 60 + dice.below(1361)
              : flow.kind == FlowPlan::Kind::ping   ? 84
                                                    : 400 + dice.below(1021);
  flow.interval = Duration(static_cast<int64_t>(dice.magnitude(1e3, 3e5)));
  flow.window = static_cast<uint64_t>(dice.magnitude(4, 1000));
  flow.start = dice.one_in(3) ? Duration{} : dice.between(0ms, 2s);
  flow.ecn = static_cast<uint8_t>(dice.below(3));
  return flow;
}

/// One fault, or a run of them.
void add_faults(Schedule& schedule, Dice& dice) {
  const size_t uplinks = schedule.options.uplinks.size();
  Fault fault;
  fault.at = dice.between(0ms, schedule.length);
  fault.uplink = dice.below(uplinks);
  fault.from = dice.one_in(2) ? Side::gateway : Side::server;
  const auto add = [&schedule, &fault](Fault::Kind kind, double value = 0) {
    fault.kind = kind;
    fault.value = value;
    schedule.faults.push_back(fault);
  };
  const auto add_both = [&](Fault::Kind kind, double value = 0) {
    for (const Side side : {Side::gateway, Side::server}) {
      fault.from = side;
      add(kind, value);
    }
  };
  switch (dice.below(16)) {
    case 0:  // one direction, until mended by chance or at the end
      add(Fault::Kind::cut);
      break;
    case 1:
    case 2: {  // away for a while
      const bool one_way = dice.one_in(3);
      one_way ? add(Fault::Kind::cut) : add_both(Fault::Kind::cut);
      fault.at += Duration(static_cast<int64_t>(dice.magnitude(5e3, 3e6)));
      one_way ? add(Fault::Kind::mend) : add_both(Fault::Kind::mend);
      break;
    }
    case 3: {  // told
      const bool silent = dice.one_in(2);
      if (silent) add_both(Fault::Kind::cut);
      add(Fault::Kind::gone);
      fault.at += Duration(static_cast<int64_t>(dice.magnitude(5e3, 3e6)));
      if (silent) add_both(Fault::Kind::mend);
      add(Fault::Kind::back);
      break;
    }
    case 4: {  // flapping
      const Duration period(static_cast<int64_t>(dice.magnitude(1e4, 6e5)));
      for (uint64_t times = 2 + dice.below(8); times > 0; --times) {
        add_both(Fault::Kind::cut);
        fault.at += period;
        add_both(Fault::Kind::mend);
        fault.at += period;
      }
      break;
    }
    case 5:  // all at once
      for (fault.uplink = 0; fault.uplink < uplinks; ++fault.uplink) add_both(Fault::Kind::cut);
      fault.at += Duration(static_cast<int64_t>(dice.magnitude(2e4, 3e6)));
      for (fault.uplink = 0; fault.uplink < uplinks; ++fault.uplink) add_both(Fault::Kind::mend);
      break;
    case 6:
      for (fault.uplink = 0; fault.uplink < uplinks; ++fault.uplink) add_both(Fault::Kind::mend);
      break;
    case 7:
      add(Fault::Kind::rate, dice.magnitude(2e5, 6e7));
      break;
    case 8:
      add(Fault::Kind::delay, dice.magnitude(500, 3e5));
      break;
    case 9:
      add(Fault::Kind::loss, dice.one_in(3) ? 0 : dice.unit() * 0.4);
      break;
    case 10:
      add(Fault::Kind::jitter, dice.one_in(3) ? 0 : dice.unit() * 6e4);
      break;
    case 11:
      add(dice.one_in(3) ? Fault::Kind::twice : Fault::Kind::late, dice.unit() * 0.2);
      break;
    case 12:
      add(Fault::Kind::marking, dice.unit() * 0.1);
      break;
    case 13:
      if (dice.one_in(2)) add(Fault::Kind::restart);
      break;
    case 14:
      if (kDrawModeChanges && dice.one_in(2))
        add(Fault::Kind::mode, static_cast<double>(dice.below(kModes.size())));
      break;
    default:
      add(dice.one_in(2) ? Fault::Kind::priority : Fault::Kind::cost,
          static_cast<double>(1 + dice.below(2)));
  }
}

const char* to_string(FlowPlan::Kind kind) {
  constexpr const char* kNames[] = {"numbered", "ping", "tcp", "strict_tcp", "quic"};
  return kNames[static_cast<size_t>(kind)];
}

const char* to_string(Fault::Kind kind) {
  constexpr const char* kNames[] = {"cut",     "mend",    "gone",   "back",     "rate",
                                    "delay",   "loss",    "jitter", "late",     "twice",
                                    "marking", "restart", "mode",   "priority", "cost"};
  return kNames[static_cast<size_t>(kind)];
}

const char* to_string(Side side) { return side == Side::gateway ? "gateway" : "server"; }

[[gnu::format(printf, 1, 2)]] std::string line(const char* format, ...) {
  char text[256];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return text;
}

std::string describe_bond(const char* side, const BondOptions& bond) {
  std::string text = line("%s: %s", side, std::string(to_string(bond.mode)).c_str());
  for (const ClassOptions& each : bond.classes) {
    text += line(", ports %u-%u %s", each.rule.ports[0].first, each.rule.ports[0].last,
                 std::string(to_string(each.mode)).c_str());
  }
  return text +
         line(", hold %" PRId64 " us%s\n", bond.hold_cap.count(), bond.frames ? "" : ", no frames");
}

std::string describe_link(const fabric::LinkOptions& link) {
  return line("%.2f Mbit/s %.1f ms loss %.3f burst %.3f jitter %.1f queue %.0f",
              static_cast<double>(link.rate) / 1e6, static_cast<double>(link.delay.count()) / 1e3,
              link.loss, link.burst.enter, static_cast<double>(link.jitter.count()) / 1e3,
              static_cast<double>(link.queue.count()) / 1e3);
}

void start_flow(Simulator& simulator, const FlowPlan& plan, uint16_t number, Time end) {
  const Time start = simulator.now() + plan.start;
  switch (plan.kind) {
    case FlowPlan::Kind::numbered:
      simulator.add<DatagramFlow>(DatagramFlow::Options{.flow = number,
                                                        .from = plan.from,
                                                        .size = plan.size,
                                                        .interval = plan.interval,
                                                        .start = start,
                                                        .end = end,
                                                        .ecn = plan.ecn});
      break;
    case FlowPlan::Kind::ping:
      simulator.add<PingFlow>(PingFlow::Options{.flow = number,
                                                .from = plan.from,
                                                .size = plan.size,
                                                .interval = plan.interval,
                                                .start = start});
      break;
    case FlowPlan::Kind::tcp:
    case FlowPlan::Kind::strict_tcp:
      simulator.add<TcpFlow>(
          TcpFlow::Options{.flow = number,
                           .from = plan.from,
                           .segment = plan.size,
                           .start = start,
                           .end = end,
                           .window_limit = plan.window,
                           .ecn = plan.ecn != 0,
                           .tolerates_reordering = plan.kind == FlowPlan::Kind::tcp});
      break;
    case FlowPlan::Kind::quic:
      simulator.add<QuicFlow>(QuicFlow::Options{.flow = number,
                                                .from = plan.from,
                                                .packet = plan.size,
                                                .start = start,
                                                .end = end,
                                                .window_limit = plan.window});
      break;
  }
}

void apply(Simulator& simulator, Schedule& schedule, const Fault& fault) {
  const auto edit = [&](const std::function<void(fabric::LinkOptions&)>& change) {
    simulator.edit(fault.uplink, fault.from, change);
  };
  const auto tell = [&](bool usable) {
    simulator.interface(Side::gateway)
        .set_network(UplinkId{static_cast<uint32_t>(fault.uplink)}, usable, simulator.now());
  };
  const auto microseconds = Duration(static_cast<int64_t>(fault.value));
  BondOptions& bond =
      fault.from == Side::gateway ? schedule.options.gateway_bond : schedule.options.server_bond;
  PathOptions& path = schedule.options.uplinks[fault.uplink].path;
  switch (fault.kind) {
    case Fault::Kind::cut:
      return edit([](auto& link) { link.state = LinkState::blackhole; });
    case Fault::Kind::mend:
      return edit([](auto& link) { link.state = LinkState::up; });
    case Fault::Kind::gone:
      return tell(false);
    case Fault::Kind::back:
      return tell(true);
    case Fault::Kind::rate:
      return edit([&](auto& link) { link.rate = static_cast<uint64_t>(fault.value); });
    case Fault::Kind::delay:
      return edit([&](auto& link) { link.delay = microseconds; });
    case Fault::Kind::loss:
      return edit([&](auto& link) { link.loss = fault.value; });
    case Fault::Kind::jitter:
      return edit([&](auto& link) { link.jitter = microseconds; });
    case Fault::Kind::late:
      return simulator.set_disorder(fault.uplink, fault.from, {.late = fault.value});
    case Fault::Kind::twice:
      return simulator.set_disorder(fault.uplink, fault.from, {.twice = fault.value});
    case Fault::Kind::marking:
      return simulator.set_marking(fault.value);
    case Fault::Kind::restart:
      return simulator.restart(fault.from);
    case Fault::Kind::mode:
      bond.mode = kModes[static_cast<size_t>(fault.value)];
      return simulator.set_bond_options(fault.from, bond);
    case Fault::Kind::priority:
      path.priority = static_cast<uint8_t>(fault.value);
      return simulator.set_path_options(fault.from, fault.uplink, path);
    case Fault::Kind::cost:
      path.cost = static_cast<uint32_t>(fault.value);
      return simulator.set_path_options(fault.from, fault.uplink, path);
  }
}

void mend_all(Simulator& simulator, size_t uplinks) {
  simulator.set_marking(0);
  for (size_t i = 0; i < uplinks; ++i) {
    for (const Side side : {Side::gateway, Side::server}) {
      simulator.set_disorder(i, side, {});
      simulator.edit(i, side, [](auto& link) {
        link.state = LinkState::up;
        link.loss = 0;
        link.burst = {};
      });
    }
    simulator.interface(Side::gateway)
        .set_network(UplinkId{static_cast<uint32_t>(i)}, true, simulator.now());
  }
}

/// Whether packets of every class have a path.
bool carries_all(const Schedule& schedule) {
  uint32_t classes = 0;
  for (const UplinkSpec& each : schedule.options.uplinks) classes |= each.path.classes;
  return classes == UINT32_MAX;
}

std::string states(Simulator& simulator, size_t uplinks) {
  std::string text;
  for (const Side side : {Side::gateway, Side::server}) {
    text += std::string("; ") + to_string(side) + ":";
    for (size_t i = 0; i < uplinks; ++i) {
      text += " " + std::string(to_string(simulator.path(side, i).state));
    }
  }
  return text;
}

}  // namespace

Schedule make_schedule(uint64_t seed) {
  Dice dice(seed * 2'000'003);
  Schedule schedule;
  schedule.seed = seed;
  schedule.length = dice.between(1s, 5s);
  Simulator::Options& options = schedule.options;
  options.seed = seed;
  options.gateway_bond = random_bond(dice);
  options.server_bond = dice.one_in(3) ? random_bond(dice) : options.gateway_bond;
  options.server_bond.hosts_behind_far_side = true;
  if (dice.one_in(16)) options.server_bond.frames = false;
  const uint64_t uplinks = dice.one_in(20) ? 5 + dice.below(4) : 1 + dice.below(4);
  for (uint64_t i = 0; i < uplinks; ++i) {
    options.uplinks.push_back(random_uplink(dice, options.gateway_bond.classes.size()));
  }
  if (!kDrawClassesWithoutPath) options.uplinks[0].path.classes = UINT32_MAX;
  // What may wait for a session (128 per uplink) must fit, else nothing is promised.
  options.pool_slots = dice.one_in(4) ? uplinks * 160 + dice.below(600) : 32'768;
  for (uint64_t flows = 1 + dice.below(6); flows > 0; --flows) {
    schedule.flows.push_back(random_flow(dice));
  }
  for (uint64_t faults = dice.below(12); faults > 0; --faults) add_faults(schedule, dice);
  std::stable_sort(schedule.faults.begin(), schedule.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  while (!schedule.faults.empty() && schedule.faults.back().at > schedule.length) {
    schedule.faults.pop_back();
  }
  return schedule;
}

std::string Schedule::describe() const {
  std::string text = line("schedule of seed %" PRIu64 ": %" PRId64 " ms, %zu slots\n", seed,
                          length / 1ms, options.pool_slots);
  text += describe_bond("gateway", options.gateway_bond);
  text += describe_bond("server", options.server_bond);
  for (size_t i = 0; i < options.uplinks.size(); ++i) {
    const UplinkSpec& spec = options.uplinks[i];
    text +=
        line("uplink %zu: up ", i) + describe_link(spec.up) + "; down " + describe_link(spec.down);
    text +=
        line("; priority %u cost %u weight %u caps %.2f %.2f classes %x%s\n", spec.path.priority,
             spec.path.cost, spec.path.weight, static_cast<double>(spec.path.rate_cap) / 1e6,
             static_cast<double>(spec.path.receive_cap) / 1e6, spec.path.classes,
             spec.path.allowance == Allowance::ample ? "" : " reserve");
  }
  for (size_t i = 0; i < flows.size(); ++i) {
    const FlowPlan& flow = flows[i];
    text += line("flow %zu: %s from %s, %zu bytes, every %" PRId64 " us, window %" PRIu64
                 ", at %" PRId64 " ms, ecn %u\n",
                 i + 1, to_string(flow.kind), to_string(flow.from), flow.size,
                 flow.interval.count(), flow.window, flow.start / 1ms, flow.ecn);
  }
  for (const Fault& fault : faults) {
    text += line("%8.1f ms: %s %zu from %s, %.3f\n", static_cast<double>(fault.at.count()) / 1e3,
                 to_string(fault.kind), fault.uplink, to_string(fault.from), fault.value);
  }
  return text;
}

ScheduleResult run_schedule(const Schedule& original) {
  Schedule schedule = original;  // options change on the way
  const size_t uplinks = schedule.options.uplinks.size();
  Simulator simulator(schedule.options);
  ScheduleResult result;
  const auto demand = [&](bool holds, const std::string& what) {
    if (holds || result.failures.size() > 20) return;
    const auto passed = simulator.now().time_since_epoch() - 1s;
    result.failures.push_back(
        line("at %.1f ms: ", static_cast<double>(Duration(passed).count()) / 1e3) + what +
        states(simulator, uplinks) + "; " + simulator.counters());
  };
  const auto demand_bounds = [&] {
    for (const Side side : {Side::gateway, Side::server}) {
      const BondStatistics bond = simulator.bond(side);
      demand(bond.queued <= kMaxQueued, "the queue has no bound");
      demand(bond.held <= Resequencer::kMaxWindow, "the resequencer has no bound");
      demand(simulator.pool(side).in_use() <= schedule.options.pool_slots, "memory has no bound");
    }
  };

  const Time start = simulator.now();
  const Time end = start + schedule.length;
  for (size_t i = 0; i < schedule.flows.size(); ++i) {
    start_flow(simulator, schedule.flows[i], static_cast<uint16_t>(i + 1), end);
  }
  for (const Fault& fault : schedule.faults) {
    simulator.at(start + fault.at,
                 [&simulator, &schedule, fault] { apply(simulator, schedule, fault); });
  }
  while (simulator.now() < end) {
    simulator.run_for(std::min<Duration>(kCheck, end - simulator.now()));
    demand_bounds();
  }

  mend_all(simulator, uplinks);
  simulator.remove_applications();
  simulator.add<PingFlow>(
      PingFlow::Options{.flow = kRecoveryFlow, .interval = 200ms, .start = simulator.now()});
  simulator.run_for(kRecovery);
  simulator.add<DatagramFlow>(DatagramFlow::Options{.flow = kAgainFlow,
                                                    .interval = 100ms,
                                                    .start = simulator.now(),
                                                    .end = simulator.now() + kAgain});
  simulator.run_for(kAgain);
  simulator.remove_applications();
  const bool frames = schedule.options.server_bond.frames;
  simulator.run_for(frames ? kDrain : kPlainDrain);
  // A stock peer that restarted is noticed on one path after the other.
  if (carries_all(schedule) && frames) {
    demand(simulator.record(kAgainFlow, Side::gateway).lost() == 0,
           "packets get lost though everything is mended");
  }
  for (const Side side : {Side::gateway, Side::server}) {
    const BondStatistics bond = simulator.bond(side);
    const std::string name = to_string(side);
    demand(bond.queued == 0, name + " keeps packets in its queue");
    demand(bond.held == 0, name + " keeps packets in its resequencer");
    demand(simulator.pool(side).in_use() == 0, name + " keeps packet memory");
  }
  for (const auto& violation : simulator.ledger().violations()) demand(false, violation);
  result.sent = simulator.ledger().sent();
  result.lost = simulator.ledger().lost();
  return result;
}

}  // namespace wirebraid::sim
