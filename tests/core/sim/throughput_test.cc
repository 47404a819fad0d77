// Numbers in virtual time: what one flow gets, and how long a ping takes meanwhile.
#include <gtest/gtest.h>

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
  double rate = 0;  ///< bits per second of inner packets, after two seconds of warming up
  Duration ping{};  ///< 95 % of the echo requests' and answers' ways together
  uint64_t retransmitted = 0;
};

Result one_flow(const std::vector<UplinkSpec>& uplinks, Duration length, Side from = Side::server,
                bool ecn = false) {
  Simulator::Options options;
  options.uplinks = uplinks;
  Simulator simulator(options);
  simulator.run_for(1s);
  TcpFlow::Options bulk;
  bulk.flow = kBulk;
  bulk.from = from;
  bulk.start = simulator.now();
  bulk.ecn = ecn;
  TcpFlow& tcp = simulator.add<TcpFlow>(bulk);
  DatagramFlow::Options ping;
  ping.flow = kPing;
  ping.from = from;
  ping.interval = 50ms;
  ping.size = 84;
  ping.start = simulator.now() + 2s;
  simulator.add<DatagramFlow>(ping);
  ping.flow = kPing + 1;
  ping.from = other(from);
  simulator.add<DatagramFlow>(ping);
  simulator.run_for(2s);
  const uint64_t before = tcp.delivered_bytes();
  if (std::getenv("WIREBRAID_SIM_TRACE") != nullptr) {
    for (int i = 0; i < length / 100ms; ++i) {
      const uint64_t b = tcp.delivered_bytes();
      simulator.run_for(100ms);
      std::printf("%6.1f %6.2f Mbit cwnd %6.1f srtt %5.1f retr %4lu rto %lu |",
                  static_cast<double>(simulator.now().time_since_epoch().count()) / 1e6,
                  static_cast<double>(tcp.delivered_bytes() - b) * 80 / 1e6, tcp.window(),
                  static_cast<double>(tcp.smoothed_rtt().count()) / 1e3, tcp.retransmitted(),
                  tcp.timeouts());
      const auto stats = simulator.bond(from);
      const auto far = simulator.bond(other(from));
      std::printf(" q %4zu cd %4lu rs %4lu ab %lu held %4zu late %lu gu %lu |", stats.queued,
                  stats.dropped_codel, stats.resent, stats.abandoned, far.held, far.late,
                  far.given_up);
      for (size_t u = 0; u < uplinks.size(); ++u) {
        const auto p = simulator.path(from, u);
        std::printf(
            " %.2f/%.1f b%4.1f %s s%lu", static_cast<double>(p.capacity_bps) / 1e6,
            static_cast<double>(p.rtt.count()) / 1e3,
            static_cast<double>(simulator.link(u, from).backlog(simulator.now()).count()) / 1e3,
            p.state == PathState::up ? "" : "NOT", p.suspicions);
      }
      std::printf("\n");
    }
  } else {
    simulator.run_for(length);
  }
  EXPECT_TRUE(simulator.ledger().violations().empty()) << simulator.ledger().violations().front();
  Result result;
  result.rate = static_cast<double>(tcp.delivered_bytes() - before) * 8 /
                std::chrono::duration<double>(length).count();
  result.ping = simulator.record(kPing, from).latency_quantile(0.95) +
                simulator.record(kPing + 1, other(from)).latency_quantile(0.95);
  result.retransmitted = tcp.retransmitted();
  std::printf("%zu uplinks: %.2f Mbit/s, ping %.1f ms, %lu retransmitted, %lu turns\n",
              uplinks.size(), result.rate / 1e6, static_cast<double>(result.ping.count()) / 1e3,
              result.retransmitted, simulator.turns());
  return result;
}

TEST(Throughput, OneFlowGetsTheSumOfTwoUplinks) {
  const Result fast = one_flow({kFast}, 20s);
  const Result slow = one_flow({kSlow}, 20s);
  const Result both = one_flow({kFast, kSlow}, 20s);
  EXPECT_GE(both.rate, 0.90 * (fast.rate + slow.rate));
  EXPECT_LE(both.ping, 15ms + 30ms);
}

}  // namespace
}  // namespace wirebraid::sim
