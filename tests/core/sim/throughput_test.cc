// Numbers in virtual time: what one flow gets, and how long a ping takes meanwhile.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

#include "tests/core/sim/simulator.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kBulk = 1;
constexpr uint16_t kPing = 2;

const UplinkSpec kFast = uplink(50'000'000, 15ms);
const UplinkSpec kSlow = uplink(20'000'000, 60ms);

struct Result {
  double rate = 0;  ///< bits per second of inner packets, after the warming up
  Duration ping{};  ///< 95 % of the echo requests' and answers' ways together
  uint64_t retransmitted = 0;
  uint64_t last_uplink = 0;  ///< bytes that it carried
};

Result one_flow(const std::vector<UplinkSpec>& uplinks, Duration warm_up, Duration length,
                Side from = Side::server, bool ecn = false, uint64_t window_limit = 4000) {
  Simulator::Options options;
  options.uplinks = uplinks;
  Simulator simulator(options);
  simulator.run_for(1s);
  TcpFlow::Options bulk;
  bulk.flow = kBulk;
  bulk.from = from;
  bulk.start = simulator.now();
  bulk.ecn = ecn;
  bulk.window_limit = window_limit;
  TcpFlow& tcp = simulator.add<TcpFlow>(bulk);
  DatagramFlow::Options ping;
  ping.flow = kPing;
  ping.from = from;
  ping.interval = 50ms;
  ping.size = 84;
  ping.start = simulator.now() + warm_up;
  simulator.add<DatagramFlow>(ping);
  ping.flow = kPing + 1;
  ping.from = other(from);
  simulator.add<DatagramFlow>(ping);
  simulator.run_for(warm_up);
  const uint64_t before = tcp.delivered_bytes();
  simulator.run_for(length);
  EXPECT_TRUE(simulator.ledger().violations().empty()) << simulator.ledger().violations().front();
  Result result;
  result.rate = static_cast<double>(tcp.delivered_bytes() - before) * 8 /
                std::chrono::duration<double>(length).count();
  result.ping = simulator.record(kPing, from).latency_quantile(0.95) +
                simulator.record(kPing + 1, other(from)).latency_quantile(0.95);
  result.retransmitted = tcp.retransmitted();
  result.last_uplink = simulator.link(uplinks.size() - 1, from).statistics().delivered_bytes;
  std::printf("%zu uplinks: %.2f Mbit/s, ping %.1f ms, %" PRIu64 " retransmitted, %" PRIu64
              " turns\n",
              uplinks.size(), result.rate / 1e6, static_cast<double>(result.ping.count()) / 1e3,
              result.retransmitted, simulator.turns());
  return result;
}

void expect_share(const std::vector<UplinkSpec>& uplinks, double share, Side from = Side::server,
                  bool ecn = false) {
  double sum = 0;
  for (const UplinkSpec& each : uplinks) sum += one_flow({each}, 3s, 5s, from, ecn).rate;
  const Result bond = one_flow(uplinks, 11s, 6s, from, ecn);
  std::printf("  share %.3f\n", bond.rate / sum);
  EXPECT_GE(bond.rate, share * sum);
  EXPECT_LE(bond.ping, uplinks.front().up.delay * 2 + 30ms);
}

TEST(Throughput, OneFlowGetsTheSumOfTwoUplinks) { expect_share({kFast, kSlow}, 0.95); }
TEST(Throughput, OneFlowGetsTheSumUpstream) { expect_share({kFast, kSlow}, 0.95, Side::gateway); }
TEST(Throughput, OneFlowWithEcnGetsTheSum) {
  expect_share({kFast, kSlow}, 0.95, Side::server, true);
}
TEST(Throughput, OneFlowGetsTheSumOfThreeUplinks) {
  expect_share({kFast, uplink(30'000'000, 30ms), kSlow}, 0.90);
}
TEST(Throughput, OneFlowGetsTheSumOfEqualUplinks) {
  expect_share({uplink(20'000'000, 30ms), uplink(20'000'000, 30ms)}, 0.95);
}
TEST(Throughput, StaysBelowTheCapsOfBothEnds) {
  UplinkSpec sending = kFast;
  sending.path.rate_cap = 10'000'000;
  const Result sent = one_flow({sending}, 4s, 6s);
  EXPECT_LT(sent.rate, 10e6);
  EXPECT_GT(sent.rate, 8e6);
  UplinkSpec receiving = kFast;
  receiving.path.receive_cap = 10'000'000;  // told to the far side by HELLO
  const Result received = one_flow({receiving}, 4s, 6s);
  EXPECT_LT(received.rate, 10e6);
  EXPECT_GT(received.rate, 8e6);
}
TEST(Throughput, JitterCostsLittle) {
  UplinkSpec radio = kSlow;
  radio.up.jitter = radio.down.jitter = 15ms;
  expect_share({kFast, radio}, 0.85);
}

// Right after its start a flow must not get less than the fast uplink alone would give it.
TEST(Throughput, ASlowUplinkDoesNotSlowDownTheStart) {
  const Result fast = one_flow({kFast}, 1s, 3s);
  const Result both = one_flow({kFast, kSlow}, 1s, 3s);
  EXPECT_GE(both.rate, 0.95 * fast.rate);
}

TEST(Throughput, AFlowSoonGrowsIntoASlowUplink) {
  const Result both = one_flow({kFast, kSlow}, 3s, 2s);
  EXPECT_GE(both.rate, 0.9 * 70e6);
}

// Never a queue as long as the delays differ, 22 ms: BBR's window is like that.
TEST(Throughput, ASlowUplinkIsTriedWhileTheFastOneIsBusy) {
  EXPECT_GE(one_flow({kFast, kSlow}, 1s, 3s, Side::server, false, 145).last_uplink, 200'000u);
}

// In order, nothing is faster than the slowest uplink in use. With a small window that is better
// left alone, and must not be tried too often.
TEST(Throughput, ASmallWindowIsNotSlowedDownByASlowUplink) {
  for (const uint64_t window : {40, 80, 120, 160, 200, 240}) {
    const Result fast = one_flow({kFast}, 1s, 3s, Side::server, false, window);
    const Result both = one_flow({kFast, kSlow}, 1s, 3s, Side::server, false, window);
    EXPECT_GE(both.rate, 0.93 * fast.rate) << window << " segments";
  }
}

}  // namespace
}  // namespace wirebraid::sim
