#include "tests/core/sim/scenario.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <numeric>
#include <random>
#include <utility>

#include "tests/core/sim/quic_flow.h"
#include "tests/core/sim/tcp_flow.h"

namespace wirebraid::sim {

namespace {

constexpr uint16_t kPing = 100;
constexpr uint64_t kWindow = 12'000;  // packets: 380 Mbit/s over 350 ms
constexpr double kUsed = 0.01;
// Inner packets of 1400 bytes in datagrams of 1468: DATA header, WireGuard, UDP and IPv4.
constexpr double kPayload = 1400.0 / 1468;
constexpr Duration kStep = std::chrono::milliseconds(100);

/// In [low, high].
uint64_t draw(std::mt19937_64& random, uint64_t low, uint64_t high) {
  return low + random() % (high - low + 1);
}

/// The flows of one measurement, whatever they speak.
struct Bulk {
  std::vector<const TcpFlow*> tcp;
  std::vector<const QuicFlow*> quic;

  void add(Simulator& simulator, const Scenario& scenario, uint16_t number) {
    if (scenario.transport == Transport::quic) {
      QuicFlow::Options options;
      options.flow = number;
      options.from = scenario.from;
      options.start = simulator.now();
      options.window_limit = kWindow;
      quic.push_back(&simulator.add<QuicFlow>(options));
      return;
    }
    TcpFlow::Options options;
    options.flow = number;
    options.from = scenario.from;
    options.start = simulator.now();
    options.window_limit = kWindow;
    options.tolerates_reordering = scenario.transport == Transport::tcp;
    tcp.push_back(&simulator.add<TcpFlow>(options));
  }
  std::vector<uint64_t> delivered() const {
    std::vector<uint64_t> bytes;
    for (const TcpFlow* flow : tcp) bytes.push_back(flow->delivered_bytes());
    for (const QuicFlow* flow : quic) bytes.push_back(flow->delivered_bytes());
    return bytes;
  }
  void sum_up(Measurement& result) const {
    for (const TcpFlow* flow : tcp) {
      result.retransmitted += flow->retransmitted();
      result.spurious += flow->spurious();
      result.timeouts += flow->timeouts();
    }
    for (const QuicFlow* flow : quic) {
      result.retransmitted += flow->declared_lost();
      result.spurious += flow->spurious();
      result.timeouts += flow->probe_timeouts();
    }
  }
};

std::vector<uint64_t> carried_bytes(Simulator& simulator, Side from, size_t uplinks) {
  std::vector<uint64_t> bytes;
  for (size_t i = 0; i < uplinks; ++i) {
    bytes.push_back(simulator.link(i, from).statistics().delivered_bytes);
  }
  return bytes;
}

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

}  // namespace

const char* to_string(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::strict_tcp:
      return "strict_tcp";
    case Transport::quic:
      return "quic";
  }
  return "?";
}

WeatheredUplink with_varying_rate(UplinkSpec spec, uint64_t low, uint64_t high) {
  const auto weather = [low, high](Simulator& simulator, size_t uplink, uint64_t seed, Time end) {
    std::mt19937_64 random(seed);
    for (Time when = simulator.now(); when < end; when += std::chrono::seconds(1)) {
      const uint64_t rate = draw(random, low, high);
      simulator.at(when, [&simulator, uplink, rate] {
        for (const Side side : {Side::gateway, Side::server}) {
          simulator.edit(uplink, side, [rate](auto& link) { link.rate = rate; });
        }
      });
    }
  };
  return {std::move(spec), weather};
}

WeatheredUplink with_delay_jumps(UplinkSpec spec, Duration low, Duration high) {
  const auto weather = [low, high](Simulator& simulator, size_t uplink, uint64_t seed, Time end) {
    std::mt19937_64 random(seed);
    for (Time when = simulator.now(); when < end; when += std::chrono::seconds(3)) {
      const Duration delay(static_cast<int64_t>(
          draw(random, static_cast<uint64_t>(low.count()), static_cast<uint64_t>(high.count()))));
      simulator.at(when, [&simulator, uplink, delay] {
        for (const Side side : {Side::gateway, Side::server}) {
          simulator.edit(uplink, side, [delay](auto& link) { link.delay = delay; });
        }
      });
    }
  };
  return {std::move(spec), weather};
}

Measurement measure(const Scenario& scenario, const std::vector<WeatheredUplink>& uplinks,
                    uint64_t seed) {
  Simulator::Options options;
  options.seed = seed;
  for (const WeatheredUplink& each : uplinks) options.uplinks.push_back(each.spec);
  Simulator simulator(options);
  std::mt19937_64 random(seed);
  const Time end = simulator.now() + scenario.warm_up + scenario.length + std::chrono::seconds(2);
  for (size_t i = 0; i < uplinks.size(); ++i) {
    if (uplinks[i].weather) uplinks[i].weather(simulator, i, seed, end);
  }
  simulator.run_for(std::chrono::seconds(1) +
                    Duration(static_cast<int64_t>(draw(random, 0, 999'999))));

  Bulk bulk;
  for (size_t i = 0; i < scenario.flows; ++i) {
    bulk.add(simulator, scenario, static_cast<uint16_t>(i + 1));
  }
  simulator.run_for(scenario.warm_up);
  PingFlow::Options echo;
  echo.flow = kPing;
  echo.start = simulator.now();
  const PingFlow& ping = simulator.add<PingFlow>(echo);
  const auto bytes = bulk.delivered();
  const auto carried = carried_bytes(simulator, scenario.from, uplinks.size());
  Measurement result;
  for (Duration passed{}; passed < scenario.length; passed += kStep) {
    for (size_t i = 0; i < uplinks.size(); ++i) {
      const fabric::LinkOptions& link = simulator.link(i, scenario.from).options();
      result.links += static_cast<double>(link.rate) * (1 - link.loss) * kPayload *
                      std::chrono::duration<double>(kStep) / scenario.length;
    }
    simulator.run_for(kStep);
  }

  const auto bytes_after = bulk.delivered();
  for (size_t i = 0; i < bytes.size(); ++i) {
    result.rates.push_back(static_cast<double>(bytes_after[i] - bytes[i]) * 8 /
                           std::chrono::duration<double>(scenario.length).count());
  }
  result.rate = std::accumulate(result.rates.begin(), result.rates.end(), 0.0);
  bulk.sum_up(result);
  result.ping_median = ping.quantile(0.5);
  result.ping_high = ping.quantile(0.95);
  const auto carried_after = carried_bytes(simulator, scenario.from, uplinks.size());
  const double all =
      static_cast<double>(std::accumulate(carried_after.begin(), carried_after.end(), uint64_t{0}) -
                          std::accumulate(carried.begin(), carried.end(), uint64_t{0}));
  for (size_t i = 0; i < uplinks.size(); ++i) {
    result.carried.push_back(static_cast<double>(carried_after[i] - carried[i]) / all);
    if (result.carried.back() < kUsed) continue;
    const Duration round_trip = uplinks[i].spec.up.delay + uplinks[i].spec.down.delay;
    result.slowest_used = std::max(result.slowest_used, round_trip);
  }
  result.violations = simulator.ledger().violations();
  result.counters = simulator.counters();
  return result;
}

Comparison compare(const Scenario& scenario, uint64_t seed) {
  Comparison result;
  result.bond = measure(scenario, scenario.uplinks, seed);
  for (const WeatheredUplink& each : scenario.uplinks) {
    result.alone.push_back(measure(scenario, {each}, seed).rate);
  }
  result.of_sum = result.bond.rate / std::accumulate(result.alone.begin(), result.alone.end(), 0.0);
  result.of_best = result.bond.rate / *std::max_element(result.alone.begin(), result.alone.end());
  result.of_links = result.bond.rate / result.bond.links;
  return result;
}

std::string describe(const Scenario& scenario, uint64_t seed, const Comparison& comparison) {
  const Measurement& bond = comparison.bond;
  std::string alone;
  for (size_t i = 0; i < comparison.alone.size(); ++i) {
    char text[64];
    std::snprintf(text, sizeof text, "%s%.1f (%.0f %%)", i == 0 ? "" : " + ",
                  comparison.alone[i] / 1e6, bond.carried[i] * 100);
    alone += text;
  }
  char line[512];
  std::snprintf(line, sizeof line,
                "%-33s seed %-3" PRIu64
                " %6.2f Mbit/s, %.3f of the sum, %.3f of the best, %.3f of the "
                "links; ping %.1f, 95 %% %.1f, limit %.0f ms; retransmitted %" PRIu64
                ", spurious %" PRIu64
                ", "
                "timeouts %" PRIu64 "; ",
                scenario.name.c_str(), seed, bond.rate / 1e6, comparison.of_sum, comparison.of_best,
                comparison.of_links, milliseconds(bond.ping_median), milliseconds(bond.ping_high),
                milliseconds(ping_limit(bond)), bond.retransmitted, bond.spurious, bond.timeouts);
  return line + ("alone " + alone);
}

}  // namespace wirebraid::sim
