#include "bench/scenarios/throughput.h"

#include <algorithm>
#include <list>
#include <numeric>

#include "bench/scenarios/end_points.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::scenarios {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kRawMeasured{3};

/// From the server to the gateway, bound to the uplinks' devices.
std::vector<double> measure_raw(lab::BondedLab& lab, const Scenario& scenario) {
  lab::Topology& topology = lab.topology();
  play(topology, scenario.uplinks, Duration::zero());
  std::list<lab::TcpFlow> flows;
  uint16_t port = 7100;
  for (const lab::Uplink& each : topology.uplinks()) {
    flows.emplace_back(topology.server(), topology.gateway(),
                       lab::TcpFlowOptions{.address = lab::address::kServer4,
                                           .port = port++,
                                           .device = each.device(),
                                           .congestion_control = "cubic"});
  }
  lab::sleep_until(steady_clock::now() + scenario.warm_up);
  std::vector<uint64_t> before;
  for (const lab::TcpFlow& each : flows) before.push_back(each.received());
  const auto from = steady_clock::now();
  lab::sleep_until(from + kRawMeasured);
  const double elapsed = std::chrono::duration<double>(steady_clock::now() - from).count();
  std::vector<double> rates;
  for (const lab::TcpFlow& each : flows) {
    rates.push_back(static_cast<double>(each.received() - before[rates.size()]) * 8 / elapsed);
  }
  return rates;
}

/// An earlier row with the load of `row` but for its strictness, if that is strict.
const ThroughputRow* tolerant_twin(const ThroughputResult& result, const ThroughputRow& row) {
  if (!row.load.strict) return nullptr;
  for (const ThroughputRow& each : result.rows) {
    if (&each == &row) return nullptr;
    if (!each.load.strict && each.load.sender == row.load.sender &&
        each.load.download == row.load.download) {
      return &each;
    }
  }
  return nullptr;
}

}  // namespace

double ThroughputRow::sum_bps() const {
  double sum = 0;
  for (const Measurement& each : alone) sum += each.bits_per_second;
  return sum;
}
double ThroughputRow::best_bps() const {
  double best = 0;
  for (const Measurement& each : alone) best = std::max(best, each.bits_per_second);
  return best;
}
double ThroughputRow::share() const { return sum_bps() > 0 ? bond.bits_per_second / sum_bps() : 0; }
double ThroughputRow::of_best() const {
  return best_bps() > 0 ? bond.bits_per_second / best_bps() : 0;
}

double slowest_used_ms(const std::vector<UplinkSpec>& uplinks, const Measurement& bond) {
  const double all = std::accumulate(bond.uplink_bps.begin(), bond.uplink_bps.end(), 0.0);
  Duration slowest{};
  for (size_t i = 0; i < std::min(uplinks.size(), bond.uplink_bps.size()); ++i) {
    if (bond.uplink_bps[i] >= all / 100) slowest = std::max(slowest, uplinks[i].round_trip());
  }
  return static_cast<double>(slowest.count()) / 1000;
}

ThroughputResult measure_throughput(lab::BondedLab& lab, const Scenario& scenario,
                                    const std::vector<Load>& loads,
                                    const std::function<void(const std::string&)>& progress) {
  ThroughputResult result;
  progress("raw");
  result.raw_bps = measure_raw(lab, scenario);
  for (const Load& each : loads) result.rows.push_back({.load = each});
  const auto run = [&](const Load& load, std::chrono::seconds length) {
    const EndPoints end_points(lab.topology(), load.strict);
    return measure(lab, scenario.uplinks, load, scenario.warm_up, length);
  };
  for (const lab::Uplink& uplink : lab.topology().uplinks()) {
    lab.use_only(uplink);
    for (ThroughputRow& row : result.rows) {
      progress(row.load.name() + " over " + uplink.name());
      const ThroughputRow* const same = tolerant_twin(result, row);
      row.alone.push_back(same != nullptr ? same->alone.back() : run(row.load, scenario.alone));
    }
    lab.use_all();
  }
  for (ThroughputRow& row : result.rows) {
    progress(row.load.name() + " over the bond");
    row.bond = run(row.load, scenario.bond);
  }
  return result;
}

}  // namespace wirebraid::scenarios
