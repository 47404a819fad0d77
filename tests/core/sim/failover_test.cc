// What inner flows notice when links fail, in virtual time: more than the one outage of
// outage_test.cc.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;
using fabric::LinkState;

constexpr uint16_t kBulk = 1;
constexpr uint16_t kNumbered = 2;  // and 3 for the other direction

const UplinkSpec kFast = uplink(50'000'000, 15ms);
const UplinkSpec kSlow = uplink(20'000'000, 60ms);

/// A bond under full load by one TCP flow, with 500 numbered datagrams per second each way.
class Failover : public ::testing::Test {
 protected:
  void start(const std::vector<UplinkSpec>& uplinks) {
    Simulator::Options options;
    options.uplinks = uplinks;
    simulator = std::make_unique<Simulator>(options);
    simulator->run_for(1s);
    TcpFlow::Options bulk;
    bulk.flow = kBulk;
    bulk.start = simulator->now();
    tcp = &simulator->add<TcpFlow>(bulk);
    DatagramFlow::Options numbered;
    numbered.flow = kNumbered;
    numbered.interval = 2ms;
    numbered.start = simulator->now();
    end = simulator->now() + 15s;
    numbered.end = end;
    simulator->add<DatagramFlow>(numbered);
    numbered.flow = kNumbered + 1;
    numbered.from = Side::server;
    simulator->add<DatagramFlow>(numbered);
    simulator->run_for(5s);
    simulator->ledger().reset_gaps(simulator->now());
  }
  FlowRecord& numbered_up() { return simulator->record(kNumbered, Side::gateway); }
  FlowRecord& numbered_down() { return simulator->record(kNumbered + 1, Side::server); }
  Duration gap() { return std::max({numbered_up().longest_gap, numbered_down().longest_gap}); }
  /// Lets the numbered flows end and counts what never came.
  uint64_t lost_for_good() {
    simulator->run_until(end + 2s);
    return numbered_up().lost() + numbered_down().lost();
  }
  void report(const char* what) {
    std::printf(
        "%s: gap up %.1f ms, down %.1f ms, bulk %.1f ms; lost %" PRIu64 "; suspicions %" PRIu64
        "/%" PRIu64 "\n",
        what, static_cast<double>(numbered_up().longest_gap.count()) / 1e3,
        static_cast<double>(numbered_down().longest_gap.count()) / 1e3,
        static_cast<double>(simulator->record(kBulk, Side::server).longest_gap.count()) / 1e3,
        numbered_up().lost() + numbered_down().lost(), simulator->path(Side::server, 0).suspicions,
        simulator->path(Side::gateway, 0).suspicions);
    std::printf("  %s\n", simulator->counters().c_str());
  }
  void TearDown() override {
    for (const auto& violation : simulator->ledger().violations()) ADD_FAILURE() << violation;
  }
  std::unique_ptr<Simulator> simulator;
  TcpFlow* tcp = nullptr;
  Time end{};
};

TEST_F(Failover, BothPathsAreDownForThreeSecondsAndComeBack) {
  start({kFast, kSlow});
  simulator->set_state(0, LinkState::blackhole);
  simulator->set_state(1, LinkState::blackhole);
  simulator->run_for(3s);
  simulator->set_state(0, LinkState::up);
  simulator->set_state(1, LinkState::up);
  simulator->run_for(2s);
  EXPECT_EQ(simulator->path(Side::server, 0).state, PathState::up);
  EXPECT_EQ(simulator->path(Side::gateway, 1).state, PathState::up);
  const uint64_t before = tcp->delivered_bytes();
  simulator->run_for(2s);
  EXPECT_GT(tcp->delivered_bytes(), before + 1'000'000);
  EXPECT_LT(simulator->record(kBulk, Side::server).longest_gap, 5s);
  report("both paths away for 3 s");
}

TEST_F(Failover, OneOfThreePathsGoes) {
  start({kFast, kSlow, uplink(10'000'000, 40ms)});
  simulator->set_state(2, LinkState::blackhole);
  simulator->run_for(1s);
  simulator->set_state(2, LinkState::up);
  EXPECT_EQ(lost_for_good(), 0u);
  EXPECT_LT(gap(), 300ms);
  report("one of three blackholed");
}

TEST_F(Failover, LossOnOnePathStaysHidden) {
  UplinkSpec lossy = kSlow;
  lossy.up.loss = lossy.down.loss = 0.01;
  start({kFast, lossy});
  EXPECT_EQ(lost_for_good(), 0u);
  EXPECT_GT(simulator->bond(Side::server).resent, 20u);
  report("1 % loss on the slow path");
}

TEST_F(Failover, ASinglePathReturnsAfterABlackhole) {
  start({kFast});
  simulator->set_state(0, LinkState::blackhole);
  simulator->run_for(200ms);
  simulator->set_state(0, LinkState::up);
  simulator->run_for(1s);
  EXPECT_EQ(simulator->path(Side::server, 0).state, PathState::up);
  EXPECT_LT(gap(), 600ms);
  report("single path away for 200 ms");
}

}  // namespace
}  // namespace wirebraid::sim
