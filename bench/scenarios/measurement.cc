#include "bench/scenarios/measurement.h"

#include <algorithm>

#include "bench/scenarios/sampler.h"
#include "bench/support/spread.h"
#include "twin/lab/echo_probe.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// So few and small that the flow does not feel them: 0.07 Mbit/s.
constexpr int kProbesPerSecond = 100;
constexpr size_t kProbeSize = 32;

/// A flow that goes on to rise is measured as it is by then.
constexpr std::chrono::seconds kLongestWarmUp{12};

Ping summarise(const lab::EchoProbeReport& report, steady_clock::time_point from,
               steady_clock::time_point to) {
  std::vector<double> times;
  for (const lab::EchoSample& each : report.samples) {
    if (each.sent < from || each.sent >= to) continue;
    times.push_back(static_cast<double>(each.round_trip.count()) / 1000);
  }
  return {.median_ms = bench::median(times),
          .p95_ms = bench::percentile(times, 0.95),
          .p99_ms = bench::percentile(times, 0.99),
          .sent = report.sent,
          .lost = report.lost()};
}

BulkCounters difference(const BulkCounters& after, const BulkCounters& before) {
  return {.received = after.received - before.received,
          .retransmits = after.retransmits - before.retransmits,
          .spurious = after.spurious - before.spurious,
          .out_of_order = after.out_of_order - before.out_of_order};
}

}  // namespace

void play(lab::Topology& topology, const std::vector<UplinkSpec>& uplinks, Duration since) {
  auto spec = uplinks.begin();
  for (lab::Uplink& each : topology.uplinks()) {
    const fabric::WireOptions& wanted = (spec++)->wire_at(since);
    const fabric::WireOptions now = each.wire().options();
    if (now.from_a.state != fabric::LinkState::up || now.from_b.state != fabric::LinkState::up) {
      continue;
    }
    if (now.from_a.rate == wanted.from_a.rate && now.from_b.rate == wanted.from_b.rate &&
        now.from_a.delay == wanted.from_a.delay && now.from_b.delay == wanted.from_b.delay) {
      continue;
    }
    each.wire().set_options(wanted);
  }
}

void settle(const lab::Topology& topology) {
  constexpr uint64_t kQuiet = 5'000;  // bytes in a look: what reports and keepalives may come to
  const auto total = [&] {
    uint64_t sum = 0;
    for (const lab::Uplink& each : topology.uplinks()) {
      sum += delivered_bytes(each, true) + delivered_bytes(each, false);
    }
    return sum;
  };
  const auto deadline = steady_clock::now() + std::chrono::seconds(5);
  for (uint64_t before = total(); steady_clock::now() < deadline;) {
    lab::sleep_until(steady_clock::now() + milliseconds(200));
    const uint64_t now = total();
    if (now - before < kQuiet) return;
    before = now;
  }
}

bool still_rising(const Series& series) {
  constexpr size_t kSecond = std::chrono::seconds(1) / kSampleInterval;
  constexpr double kRise = 1.03;
  const std::vector<Sample>& samples = series.samples;
  if (samples.size() < 2 * kSecond) return true;
  double last = 0;
  double before = 0;
  for (size_t i = samples.size() - kSecond; i < samples.size(); ++i) {
    last += samples[i].flow_bps;
    before += samples[i - kSecond].flow_bps;
  }
  return last > before * kRise;
}

Measurement measure(lab::BondedLab& lab, const std::vector<UplinkSpec>& uplinks, const Load& load,
                    std::chrono::seconds warm_up, std::chrono::seconds measured) {
  lab::Topology& topology = lab.topology();
  settle(topology);
  play(topology, uplinks, Duration::zero());
  lab::EchoProbe ping(topology.lan(), topology.target(), {.address = lab::address::kTarget4});
  lab::UdpProbe probe(load.download ? topology.target() : topology.lan(),
                      load.download ? topology.lan() : topology.target(),
                      {.address = load.download ? lab::address::kLan4 : lab::address::kTarget4,
                       .packets_per_second = kProbesPerSecond,
                       .size = kProbeSize});
  const auto flow = start_bulk_flow(topology, load);
  Sampler sampler(lab, load.download);
  const auto start = sampler.started();
  const bool moving = std::any_of(uplinks.begin(), uplinks.end(),
                                  [](const UplinkSpec& each) { return !each.programme.empty(); });

  auto begin = steady_clock::time_point::max();
  auto end = steady_clock::time_point::max();
  BulkCounters counters_before;
  std::vector<uint64_t> delivered_before;
  for (auto tick = start + kSampleInterval; tick <= end; tick += kSampleInterval) {
    lab::sleep_until(tick);
    play(topology, uplinks, std::chrono::duration_cast<Duration>(tick - start));
    sampler.sample(flow->counters());
    if (tick < start + warm_up || end != steady_clock::time_point::max()) continue;
    // What moves must move alike in each flow.
    if (!moving && tick < start + kLongestWarmUp && still_rising(sampler.series())) continue;
    begin = steady_clock::now();
    end = tick + measured;
    counters_before = flow->counters();
    for (const lab::Uplink& each : topology.uplinks()) {
      delivered_before.push_back(delivered_bytes(each, load.download));
    }
  }
  const BulkCounters counters_after = flow->counters();
  const double elapsed = std::chrono::duration<double>(steady_clock::now() - begin).count();

  Measurement result;
  result.counters = difference(counters_after, counters_before);
  result.bits_per_second = static_cast<double>(result.counters.received) * 8 / elapsed;
  size_t index = 0;
  for (const lab::Uplink& each : topology.uplinks()) {
    const uint64_t bytes = delivered_bytes(each, load.download) - delivered_before[index++];
    result.uplink_bps.push_back(static_cast<double>(bytes) * 8 / elapsed);
  }
  const lab::UdpProbeReport probed = probe.finish();
  const lab::EchoProbeReport pinged = ping.finish();
  result.ping = summarise(pinged, begin, end);
  result.probe_sent = probed.sent;
  result.probe_lost = probed.lost();
  result.series = std::move(sampler.series());
  result.warm_up_s = std::chrono::duration<double>(begin - start).count();
  const auto since_start = [&](steady_clock::time_point when) {
    return std::chrono::duration<double>(when - start).count();
  };
  for (const lab::EchoSample& each : pinged.samples) {
    result.series.ping.push_back(
        {since_start(each.sent), static_cast<double>(each.round_trip.count()) / 1000});
  }
  for (const auto& each : probed.reordered_at) {
    result.series.probe_reordered.push_back(since_start(each));
    if (each >= begin && each < end) ++result.probe_reordered;
  }
  return result;
}

}  // namespace wirebraid::scenarios
