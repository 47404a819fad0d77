// Far sides that are not wirebraid, and far sides that start anew.
#include <gtest/gtest.h>

#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;
using fabric::LinkState;

void add_both_ways(Simulator& simulator, Duration interval, Time end) {
  DatagramFlow::Options flow;
  flow.flow = 1;
  flow.interval = interval;
  flow.start = simulator.now();
  flow.end = end;
  simulator.add<DatagramFlow>(flow);
  flow.flow = 2;
  flow.from = Side::server;
  simulator.add<DatagramFlow>(flow);
}

class Peers : public ::testing::Test {
 protected:
  explicit Peers(size_t uplinks = 2) {
    options.uplinks = {uplink(50'000'000, 15ms), uplink(20'000'000, 60ms)};
    options.uplinks.resize(uplinks);
  }
  void start() { simulator = std::make_unique<Simulator>(options); }
  void TearDown() override {
    for (const auto& violation : simulator->ledger().violations()) ADD_FAILURE() << violation;
  }
  uint64_t lost() {
    return simulator->record(1, Side::gateway).lost() + simulator->record(2, Side::server).lost();
  }
  Simulator::Options options;
  std::unique_ptr<Simulator> simulator;
};

TEST_F(Peers, AStockPeerGetsThreeHellosAtMostAndPlainPackets) {
  options.uplinks.resize(1);
  options.server_bond.frames = false;  // drops frames as WireGuard drops what is no IP packet
  start();
  simulator->run_for(3s);
  const uint64_t before = simulator->datagrams(Side::gateway);
  add_both_ways(*simulator, 20ms, simulator->now() + 400s);
  simulator->run_for(402s);
  EXPECT_EQ(simulator->path(Side::gateway, 0).state, PathState::exit);
  EXPECT_EQ(lost(), 0u);
  EXPECT_GT(simulator->datagrams(Side::gateway) - before, 20'000u);
  const uint64_t hellos = simulator->hellos(Side::gateway);
  EXPECT_GE(hellos, 1u);
  EXPECT_LE(hellos, 3u);
}

TEST_F(Peers, PlainOnBothSidesNeverSeesAFrame) {
  options.uplinks.resize(1);
  options.server_bond.frames = options.gateway_bond.frames = false;
  start();
  add_both_ways(*simulator, 20ms, simulator->now() + 10s);
  simulator->run_for(12s);
  EXPECT_EQ(simulator->hellos(Side::gateway) + simulator->hellos(Side::server), 0u);
  // What came before the server had a session, and so an endpoint, waited in the session's queue.
  EXPECT_EQ(lost(), 0u);
}

class Restart : public Peers, public ::testing::WithParamInterface<Side> {};

TEST_P(Restart, TrafficGoesOnAfterANewHandshake) {
  start();
  simulator->run_for(1s);
  add_both_ways(*simulator, 5ms, simulator->now() + 20s);
  simulator->run_for(5s);
  simulator->restart(GetParam());
  simulator->run_for(8s);
  for (size_t uplink = 0; uplink < 2; ++uplink) {
    EXPECT_EQ(simulator->path(Side::gateway, uplink).state, PathState::up);
    EXPECT_EQ(simulator->path(Side::server, uplink).state, PathState::up);
  }
  const uint64_t lost_before = lost();
  simulator->run_for(12s);
  EXPECT_LE(lost(), lost_before);
  // A silent session is renewed after a second, long before WireGuard's own 15 s.
  EXPECT_LT(lost(), 2 * 200u * 3);
}

INSTANTIATE_TEST_SUITE_P(Of, Restart, ::testing::Values(Side::gateway, Side::server),
                         [](const auto& side) {
                           return side.param == Side::gateway ? "Gateway" : "Server";
                         });

TEST_F(Peers, ARekeyLosesAndReordersNothing) {
  start();
  simulator->run_for(1s);
  add_both_ways(*simulator, 2ms, simulator->now() + 250s);
  simulator->run_for(252s);
  EXPECT_EQ(lost(), 0u);
  EXPECT_EQ(simulator->path(Side::gateway, 0).suspicions, 0u);
  EXPECT_LT(simulator->record(1, Side::gateway).longest_gap, 60ms);
}

TEST_F(Peers, OneDirectionAloneKeepsItsPathsAndLosesNothing) {
  start();
  simulator->run_for(1s);
  DatagramFlow::Options flow;
  flow.flow = 1;
  flow.interval = 1ms;
  flow.start = simulator->now();
  flow.end = simulator->now() + 30s;
  simulator->add<DatagramFlow>(flow);
  simulator->run_for(31s);
  EXPECT_EQ(lost(), 0u);
  EXPECT_EQ(simulator->path(Side::gateway, 0).suspicions, 0u);
}

TEST_F(Peers, AnIdleBondIsSilent) {
  start();
  simulator->run_for(30s);
  const uint64_t before = simulator->datagrams(Side::gateway) + simulator->datagrams(Side::server);
  simulator->run_for(80s);
  // Persistent keepalives every 25 s on two uplinks, and nothing else.
  EXPECT_LE(simulator->datagrams(Side::gateway) + simulator->datagrams(Side::server) - before, 8u);
}

TEST_F(Peers, TwoUplinksUnderOneKeyLeadToOneBond) {
  options.gateway_bond.mode = options.server_bond.mode = Mode::failover;
  start();
  simulator->run_for(1s);
  add_both_ways(*simulator, 5ms, simulator->now() + 5s);
  simulator->run_for(2s);
  const uint64_t second = simulator->link(1, Side::gateway).statistics().offered_bytes;
  simulator->run_for(2s);
  EXPECT_LT(simulator->link(1, Side::gateway).statistics().offered_bytes - second, 2000u)
      << "failover uses one uplink";
  simulator->set_state(0, LinkState::blackhole);
  simulator->run_for(2s);
  EXPECT_EQ(lost(), 0u) << simulator->counters();
}

}  // namespace
}  // namespace wirebraid::sim
