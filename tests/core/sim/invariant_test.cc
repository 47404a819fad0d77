// Thousands of virtual seconds over links that fail at random: whatever happens below, every inner
// packet is delivered at most once, in the order of its flow and unaltered, none is kept for ever,
// and memory stays bounded.
//
// One thing is allowed: a side that takes the other for a stock peer, because its HELLOs were lost,
// sends plain packets, which nothing puts in order; see docs/protocol.md.
//
// Each seed is printed and names its run. WIREBRAID_SIM_SEEDS=N runs N seeds,
// WIREBRAID_SIM_SEED=S only that one.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdlib>

#include "core/bond/resequencer.h"
#include "tests/core/sim/budget.h"
#include "tests/core/sim/dice.h"
#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;
using fabric::LinkState;

constexpr Duration kLength = 150s;  // past a rekey (120 s)
constexpr Duration kQuiet = 12s;    // at the end: links are good, nothing is sent
constexpr uint64_t kDefaultSeeds = 24;

UplinkSpec random_uplink(Dice& dice) {
  UplinkSpec spec = uplink(500'000 << dice.below(8), dice.between(2ms, 200ms));
  for (fabric::LinkOptions* link : {&spec.up, &spec.down}) {
    if (dice.one_in(2)) link->loss = dice.unit() * 0.02;
    if (dice.one_in(3)) link->jitter = dice.between(0ms, 30ms);
    if (dice.one_in(4)) link->burst = {0.002, 0.2, 0.8};
    link->queue = dice.between(20ms, 500ms);
  }
  spec.path.priority = dice.one_in(4) ? 2 : 1;
  if (dice.one_in(5)) spec.path.rate_cap = 1'000'000 << dice.below(5);
  return spec;
}

/// One thing goes wrong, or right again.
void random_fault(Simulator& simulator, Dice& dice, size_t uplinks) {
  const size_t uplink = dice.below(uplinks);
  const Side side = dice.one_in(2) ? Side::gateway : Side::server;
  switch (dice.below(12)) {
    case 0:
    case 1:
      simulator.set_state(uplink, LinkState::blackhole);
      break;
    case 2:
      simulator.edit(uplink, side, [](auto& link) { link.state = LinkState::blackhole; });
      break;
    case 3:
      for (size_t i = 0; i < uplinks; ++i) simulator.set_state(i, LinkState::blackhole);
      break;
    case 4:
    case 5:
    case 6:
      for (size_t i = 0; i < uplinks; ++i) simulator.set_state(i, LinkState::up);
      break;
    case 7:
      simulator.edit(uplink, side,
                     [&dice](auto& link) { link.rate = uint64_t{300'000} << dice.below(8); });
      break;
    case 8:
      simulator.edit(uplink, side, [&dice](auto& link) { link.delay = dice.between(1ms, 300ms); });
      break;
    case 9:
      simulator.edit(uplink, side, [&dice](auto& link) { link.loss = dice.unit() * 0.3; });
      break;
    case 10:
      simulator.edit(uplink, side, [](auto& link) { link.loss = 0; });
      simulator.set_marking(dice.unit() * 0.1);
      break;
    default: {
      const bool usable = !dice.one_in(2);
      simulator.interface(Side::gateway)
          .set_network(UplinkId{static_cast<uint32_t>(uplink)}, usable, simulator.now());
    }
  }
}

void add_traffic(Simulator& simulator, Dice& dice) {
  const Time end = simulator.now() + kLength;
  uint16_t flow = 1;
  for (int i = 0; i < 6; ++i) {
    DatagramFlow::Options options;
    options.flow = flow++;
    options.from = dice.one_in(2) ? Side::gateway : Side::server;
    options.size = 60 + dice.below(1361);
    options.interval = dice.between(10ms, 300ms);
    options.start = simulator.now() + dice.between(0ms, 5s);
    options.end = end;
    options.ecn = static_cast<uint8_t>(dice.below(3));
    simulator.add<DatagramFlow>(options);
  }
  for (int i = 0; i < 2; ++i) {
    TcpFlow::Options options;
    options.flow = flow++;
    options.from = dice.one_in(2) ? Side::gateway : Side::server;
    options.segment = 400 + dice.below(1001);
    options.start = simulator.now() + dice.between(0ms, 20s);
    options.end = end - 1s;
    options.window_limit = 20 + dice.below(60);  // few packets per second, many virtual seconds
    options.ecn = dice.one_in(2);
    simulator.add<TcpFlow>(options);
  }
}

void expect_bounded(Simulator& simulator) {
  for (const Side side : {Side::gateway, Side::server}) {
    const BondStatistics bond = simulator.bond(side);
    EXPECT_LE(bond.queued, 4096u * (1 + kMaxPaths));  // per queue: one a path, and one a class
    EXPECT_LE(bond.held, Resequencer::kMaxWindow);
    EXPECT_LE(simulator.pool(side).in_use(), simulator.pool(side).max_slots());
  }
}

std::string describe(Simulator& simulator, Side side, size_t uplinks) {
  std::string text = side == Side::gateway ? "gateway" : "server";
  for (size_t i = 0; i < uplinks; ++i) {
    const UplinkState state = simulator.uplink_state(side, i);
    text += ", path " + std::to_string(i) + " " + std::string(to_string(state.path.state)) + " (" +
            std::string(to_string(state.path.reason)) + ")";
  }
  return text;
}

void expect_drained(Simulator& simulator, size_t uplinks) {
  for (const Side side : {Side::gateway, Side::server}) {
    const BondStatistics bond = simulator.bond(side);
    SCOPED_TRACE(describe(simulator, side, uplinks));
    EXPECT_EQ(bond.queued, 0u);
    EXPECT_EQ(bond.held, 0u);
    EXPECT_EQ(simulator.pool(side).in_use(), 0u);
  }
}

class Invariants : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Invariants, HoldOverRandomFaults) {
  const uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Dice dice(seed * 1'000'003);
  Simulator::Options options;
  options.seed = seed;
  const size_t uplinks = 1 + dice.below(4);
  for (size_t i = 0; i < uplinks; ++i) options.uplinks.push_back(random_uplink(dice));
  if (dice.one_in(2)) {
    options.gateway_bond.mode = options.server_bond.mode = kModes[dice.below(kModes.size())];
  }
  // A few runs short of packet memory; what may wait for a session (128 per uplink) must fit.
  options.pool_slots = dice.one_in(4) ? 700 + dice.below(400) : 32'768;
  Simulator simulator(options);
  add_traffic(simulator, dice);
  const Time end = simulator.now() + kLength;
  const bool restarts = dice.one_in(2);
  while (simulator.now() < end && !HasFatalFailure()) {
    simulator.run_for(std::min(dice.between(50ms, 6s), end - simulator.now()));
    random_fault(simulator, dice, uplinks);
    if (restarts && dice.one_in(25)) {
      const Side side = dice.one_in(2) ? Side::gateway : Side::server;
      simulator.restart(side);
    }
    expect_bounded(simulator);
  }
  for (size_t i = 0; i < uplinks; ++i) {
    simulator.set_state(i, LinkState::up);
    for (const Side side : {Side::gateway, Side::server}) {
      simulator.edit(i, side, [](auto& link) {
        link.loss = 0;
        link.burst = {};
      });
    }
    simulator.interface(Side::gateway)
        .set_network(UplinkId{static_cast<uint32_t>(i)}, true, simulator.now());
  }
  simulator.remove_applications();
  simulator.run_for(kQuiet);
  for (const auto& violation : simulator.ledger().violations()) ADD_FAILURE() << violation;
  expect_drained(simulator, uplinks);
  std::printf("seed %" PRIu64 ": %zu uplinks%s, %" PRIu64 " packets, %" PRIu64 " lost\n", seed,
              uplinks, restarts ? ", restarts" : "", simulator.ledger().sent(),
              simulator.ledger().lost());
}

std::vector<uint64_t> seeds() {
  if (const char* one = std::getenv("WIREBRAID_SIM_SEED")) return {std::strtoull(one, nullptr, 10)};
  const uint64_t count = from_environment("WIREBRAID_SIM_SEEDS", kDefaultSeeds);
  std::vector<uint64_t> result;
  for (uint64_t seed = 1; seed <= count; ++seed) result.push_back(seed);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Invariants, ::testing::ValuesIn(seeds()),
                         [](const auto& name) { return std::to_string(name.param); });

}  // namespace
}  // namespace wirebraid::sim
