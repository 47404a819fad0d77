// The models of inner traffic by themselves: on a plain link they take its rate and lose what such
// flows lose, and reordering hurts those that it hurts in the world.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cmath>
#include <cstdio>

#include "tests/core/sim/plain_network.h"
#include "tests/core/sim/quic_flow.h"
#include "tests/core/sim/tcp_flow.h"

namespace wirebraid::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kRate = 50'000'000;
constexpr Duration kLength = 10s;

struct Result {
  double share = 0;  ///< of kRate, in the last half
  double lost = 0;   ///< share of the packets that the flow took for lost
  uint64_t spurious = 0;
  uint64_t timeouts = 0;
};

fabric::LinkOptions link(Duration delay, double loss = 0) {
  fabric::LinkOptions options;
  options.rate = kRate;
  options.delay = delay;
  options.loss = loss;
  options.queue = 50ms;
  return options;
}

template <class Flow>
double last_half(PlainNetwork& network, const Flow& flow) {
  network.run_for(kLength / 2);
  const uint64_t before = flow.delivered_bytes();
  network.run_for(kLength / 2);
  return static_cast<double>(flow.delivered_bytes() - before) * 8 /
         std::chrono::duration<double>(kLength / 2).count() / kRate;
}

void report(const char* what, const Result& result) {
  std::printf("%s: share %.3f, %.3f %% taken for lost, %" PRIu64 " of them in vain, %" PRIu64
              " timeouts\n",
              what, result.share, result.lost * 100, result.spurious, result.timeouts);
}

Result tcp(const char* what, const std::vector<fabric::LinkOptions>& links, bool tolerant) {
  PlainNetwork network(links);
  network.ledger().demand_order(links.size() == 1);
  TcpFlow::Options options;
  options.start = network.now();
  options.tolerates_reordering = tolerant;
  const TcpFlow& flow = network.add<TcpFlow>(options);
  Result result;
  result.share = last_half(network, flow);
  const auto sent = static_cast<double>(network.ledger().record(0, Side::server).sent);
  result.lost = static_cast<double>(flow.retransmitted()) / sent;
  result.spurious = flow.spurious();
  result.timeouts = flow.timeouts();
  report(what, result);
  EXPECT_TRUE(network.ledger().violations().empty());
  return result;
}

Result quic(const char* what, const std::vector<fabric::LinkOptions>& links) {
  PlainNetwork network(links);
  network.ledger().demand_order(links.size() == 1);
  QuicFlow::Options options;
  options.start = network.now();
  const QuicFlow& flow = network.add<QuicFlow>(options);
  Result result;
  result.share = last_half(network, flow);
  const auto sent = static_cast<double>(network.ledger().record(0, Side::server).sent);
  result.lost = static_cast<double>(flow.declared_lost()) / sent;
  result.spurious = flow.spurious();
  result.timeouts = flow.probe_timeouts();
  report(what, result);
  EXPECT_TRUE(network.ledger().violations().empty());
  return result;
}

TEST(Flows, TakeTheRateOfAPlainLink) {
  for (const Duration delay : {5ms, 20ms}) {
    for (const Result& result :
         {tcp("TCP", {link(delay)}, true), tcp("TCP without tolerance", {link(delay)}, false),
          quic("QUIC", {link(delay)})}) {
      EXPECT_GT(result.share, 0.95);
      EXPECT_LT(result.share, 1.01);
      EXPECT_LT(result.lost, 0.01);
      EXPECT_LE(result.spurious, 2u);
      EXPECT_EQ(result.timeouts, 0u);
    }
  }
}

// CUBIC is as fast as Reno at this product of rate and delay (RFC 9438, section 4.3): about
// 1.22 / sqrt(loss) packets per round trip (Mathis et al., "The macroscopic behavior of the TCP
// congestion avoidance algorithm", CCR 1997).
TEST(Flows, SlowDownByLossAsTheFormulaSays) {
  const double loss = 0.01;
  const Duration delay = 20ms;
  const double expected =
      1.22 / std::sqrt(loss) * 1400 * 8 / std::chrono::duration<double>(2 * delay).count() / kRate;
  for (const Result& result : {tcp("TCP", {link(delay, loss)}, true),
                               tcp("TCP without tolerance", {link(delay, loss)}, false),
                               quic("QUIC", {link(delay, loss)})}) {
    EXPECT_GT(result.share, 0.5 * expected);
    EXPECT_LT(result.share, 2 * expected);
    EXPECT_GT(result.lost, 0.8 * loss);
    EXPECT_LT(result.lost, 1.5 * loss);
  }
}

TEST(Flows, ReorderingHurtsThoseThatDoNotTolerateIt) {
  std::vector<fabric::LinkOptions> links = {link(10ms), link(14ms)};
  for (auto& each : links) each.rate = kRate / 2;
  EXPECT_GT(tcp("TCP, reordered", links, true).share, 0.85);
  const Result strict = tcp("TCP without tolerance, reordered", links, false);
  EXPECT_LT(strict.share, 0.5);
  EXPECT_GT(strict.spurious, 20u);
  const Result result = quic("QUIC, reordered", links);
  EXPECT_LT(result.share, 0.5);
  EXPECT_GT(result.spurious, 20u);
}

TEST(Flows, ComeBackAfterABlackhole) {
  for (const bool is_quic : {false, true}) {
    PlainNetwork network({link(10ms)});
    TcpFlow::Options tcp;
    QuicFlow::Options quic;
    tcp.start = quic.start = network.now();
    const TcpFlow* one = is_quic ? nullptr : &network.add<TcpFlow>(tcp);
    const QuicFlow* two = is_quic ? &network.add<QuicFlow>(quic) : nullptr;
    const auto delivered = [&] { return one ? one->delivered_bytes() : two->delivered_bytes(); };
    network.run_for(3s);
    network.set_state(fabric::LinkState::blackhole);
    network.run_for(1s);
    network.set_state(fabric::LinkState::up);
    network.run_for(3s);
    const uint64_t before = delivered();
    network.run_for(1s);
    EXPECT_GT(static_cast<double>(delivered() - before) * 8, 0.9 * kRate);
    EXPECT_GT(one ? one->timeouts() : two->probe_timeouts(), 0u);
  }
}

}  // namespace
}  // namespace wirebraid::sim
