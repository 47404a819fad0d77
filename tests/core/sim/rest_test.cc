// Bonds that have had nothing to carry for a while: what they give back must not be missed.
#include <gtest/gtest.h>

#include "tests/core/sim/simulator.h"
#include "tests/support/heap.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;

class Rest : public ::testing::Test {
 protected:
  Rest() {
    Simulator::Options options;
    options.uplinks = {uplink(50'000'000, 15ms), uplink(20'000'000, 60ms)};
    simulator = std::make_unique<Simulator>(options);
    simulator->run_for(3s);
  }
  void TearDown() override {
    for (const auto& violation : simulator->ledger().violations()) ADD_FAILURE() << violation;
  }
  /// 4 Mbit/s each way for two seconds; returns the packets that were lost.
  uint64_t talk() {
    for (const Side from : {Side::gateway, Side::server}) {
      DatagramFlow::Options flow;
      flow.flow = ++last_flow;
      flow.from = from;
      flow.interval = 2ms;
      flow.start = simulator->now();
      flow.end = flow.start + 2s;
      simulator->add<DatagramFlow>(flow);
    }
    simulator->run_for(3s);
    return simulator->record(static_cast<uint16_t>(last_flow - 1), Side::gateway).lost() +
           simulator->record(last_flow, Side::server).lost();
  }

  std::unique_ptr<Simulator> simulator;
  uint16_t last_flow = 0;
};

TEST_F(Rest, PacketsGoOnAfterIt) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(talk(), 0u) << round;
    const PathStatus before = simulator->path(Side::server, 0);
    simulator->run_for(100s);
    const PathStatus after = simulator->path(Side::server, 0);
    EXPECT_EQ(after.state, PathState::up);
    EXPECT_EQ(after.capacity_bps, before.capacity_bps);
  }
  EXPECT_EQ(simulator->bond(Side::server).duplicates, 0u);
}

TEST_F(Rest, GivesMemoryBack) {
  if (!wirebraid::testing::kHeapIsKnown) GTEST_SKIP() << "the heap's size is not known here";
  talk();
  simulator->remove_applications();
  const size_t before = wirebraid::testing::heap_in_use();
  simulator->run_for(100s);
  // The tables of both ends' resequencers alone have 60 kB each.
  EXPECT_LT(wirebraid::testing::heap_in_use() + 120'000, before);
}

}  // namespace
}  // namespace wirebraid::sim
