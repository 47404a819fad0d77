// Paths that are filled for a speed test, in virtual time: how full they get, and what others
// notice of it.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;

const UplinkSpec kFast = uplink(50'000'000, 15ms);
const UplinkSpec kSlow = uplink(20'000'000, 60ms);
constexpr size_t kUplinks = 2;
constexpr Time kEver = Time::max();

Simulator::Options options_of(std::vector<UplinkSpec> uplinks) {
  Simulator::Options options;
  options.uplinks = std::move(uplinks);
  return options;
}

class Filled : public ::testing::TestWithParam<Side> {
 protected:
  Filled() : simulator(options_of({kFast, kSlow})) {
    simulator.run_for(1s);
    for (size_t i = 0; i < kUplinks; ++i) ids.push_back(UplinkId{static_cast<uint32_t>(i)});
  }
  /// From that side on, as the speed tests of that side or of the other one do.
  void fill(Duration length) {
    const Time end = simulator.now() + length;
    while (simulator.now() < end) {
      Interface& gateway = simulator.interface(Side::gateway);
      for (const UplinkId id : ids) {
        if (GetParam() == Side::gateway) {
          gateway.fill(id, kEver, simulator.now());
        } else {
          gateway.ask_to_fill(id, 1s, simulator.now());
        }
      }
      simulator.run_for(250ms);
    }
  }
  uint64_t arrived(size_t uplink) {
    return simulator.link(uplink, GetParam()).statistics().delivered_bytes;
  }
  /// Mbit/s over `length`.
  std::vector<double> rates(Duration length) {
    std::vector<uint64_t> before;
    for (size_t i = 0; i < kUplinks; ++i) before.push_back(arrived(i));
    fill(length);
    std::vector<double> rates;
    for (size_t i = 0; i < kUplinks; ++i) {
      rates.push_back(static_cast<double>(arrived(i) - before[i]) * 8e-6 /
                      std::chrono::duration<double>(length).count());
    }
    return rates;
  }

  Simulator simulator;
  std::vector<UplinkId> ids;
};

TEST_P(Filled, EveryPathCarriesWhatItCan) {
  fill(3s);
  const auto measured = rates(4s);
  EXPECT_GT(measured[0], 0.93 * 50);
  EXPECT_GT(measured[1], 0.93 * 20);
  // Nothing of it comes out, at either end.
  for (const Side side : {Side::gateway, Side::server}) {
    EXPECT_EQ(simulator.interface(side).statistics().source_not_allowed, 0u);
    EXPECT_EQ(simulator.bond(side).delivered, 0u);
    EXPECT_EQ(simulator.bond(side).dropped_malformed, 0u);
  }
}

TEST_P(Filled, ItEndsBySaying) {
  fill(2s);
  Interface& gateway = simulator.interface(Side::gateway);
  for (const UplinkId id : ids) {
    if (GetParam() == Side::gateway) {
      gateway.fill(id, Time{}, simulator.now());
    } else {
      gateway.ask_to_fill(id, 0s, simulator.now());
    }
  }
  simulator.run_for(500ms);  // what is under way
  const uint64_t before = arrived(0);
  simulator.run_for(1s);
  EXPECT_LT(arrived(0) - before, 2000u);
}

// What people do goes first: a ping stays short, and a download has its share.
TEST_P(Filled, OthersHardlyNotice) {
  fill(3s);
  DatagramFlow::Options ping;
  ping.flow = 1;
  ping.from = GetParam();
  ping.interval = 20ms;
  ping.size = 84;
  ping.start = simulator.now();
  simulator.add<DatagramFlow>(ping);
  fill(3s);
  EXPECT_LT(simulator.record(1, GetParam()).latency_quantile(0.95), 7500us + 15ms);
  TcpFlow::Options bulk;
  bulk.flow = 2;
  bulk.from = GetParam();
  bulk.start = simulator.now();
  TcpFlow& tcp = simulator.add<TcpFlow>(bulk);
  fill(4s);
  const uint64_t before = tcp.delivered_bytes();
  fill(4s);
  const double rate = static_cast<double>(tcp.delivered_bytes() - before) * 8e-6 / 4;

  EXPECT_GT(rate, 0.7 * 70);
  EXPECT_TRUE(simulator.ledger().violations().empty());
}

TEST_P(Filled, APathThatDiesIsLeftAlone) {
  fill(2s);
  simulator.set_state(0, fabric::LinkState::blackhole);
  fill(2s);
  EXPECT_EQ(simulator.path(GetParam(), 0).state, PathState::suspect);
  EXPECT_GT(rates(2s)[1], 0.9 * 20);
  simulator.set_state(0, fabric::LinkState::up);
  fill(5s);
  EXPECT_GT(rates(2s)[0], 0.8 * 50);
}

INSTANTIATE_TEST_SUITE_P(Directions, Filled, ::testing::Values(Side::gateway, Side::server),
                         [](const auto& side) {
                           return side.param == Side::gateway ? "Sending" : "Receiving";
                         });

TEST(Fill, AnEndThatHearsOfItTellsWhatArrived) {
  Simulator simulator(options_of({kFast}));
  simulator.run_for(1s);
  Interface& gateway = simulator.interface(Side::gateway);
  const UplinkId id{0};
  gateway.fill(id, kEver, simulator.now());
  simulator.run_for(2s);
  const uint64_t first = gateway.far_received(id);
  EXPECT_GT(first, 0u);
  simulator.run_for(2s);
  const double rate = static_cast<double>(gateway.far_received(id) - first) * 8e-6 / 2;
  EXPECT_GT(rate, 0.9 * 50);
  EXPECT_LT(rate, 50);
}

TEST(Fill, AWishForLongIsNotGrantedForLong) {
  Simulator simulator(options_of({kSlow}));
  simulator.run_for(1s);
  simulator.interface(Side::gateway).ask_to_fill(UplinkId{0}, 65s, simulator.now());
  simulator.run_for(31s);
  const uint64_t before = simulator.link(0, Side::server).statistics().delivered_bytes;
  simulator.run_for(1s);
  EXPECT_LT(simulator.link(0, Side::server).statistics().delivered_bytes - before, 2000u);
}

}  // namespace
}  // namespace wirebraid::sim
