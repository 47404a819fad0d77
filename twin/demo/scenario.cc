#include "twin/demo/scenario.h"

#include <algorithm>
#include <cstdio>

#include "twin/lab/format.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/iperf.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::demo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// TCP's start is left out of every measurement alike.
constexpr seconds kWarmUp{9};  // CUBIC may leave its slow start early, and then takes its time
constexpr seconds kMeasured{10};

constexpr seconds kFailureRun{12};
constexpr seconds kCut{4};
constexpr seconds kMended{8};
// Whatever the system has: BBR hardly fills a queue, and then sees no reason to use the slower
// uplink.
constexpr const char* kCongestionControl = "cubic";

std::vector<lab::UplinkOptions> uplinks() {
  return {{"dsl", lab::symmetric(50'000'000, milliseconds(15))},
          {"lte", lab::symmetric(20'000'000, milliseconds(60))}};
}

lab::BondedLabOptions lab_options(const ScenarioOptions& options) {
  lab::BondedLabOptions result;
  result.uplinks = uplinks();
  result.programs = options.programs;
  result.engine = options.engine;
  return result;
}

}  // namespace

/// What was delivered to the gateway over each uplink up to the previous second.
struct Scenario::Meter {
  explicit Meter(const lab::Topology& topology) {
    for (const lab::Uplink& each : topology.uplinks()) {
      delivered.push_back(each.wire().statistics(fabric::End::b).delivered_bytes);
    }
  }
  steady_clock::time_point last = steady_clock::now();
  std::vector<uint64_t> delivered;
};

Scenario::Scenario(const ScenarioOptions& options, Table& table)
    : options_(options), table_(table), lab_(lab_options(options)) {}

Figures Scenario::measure() {
  Figures figures;
  for (lab::Uplink& each : lab_.topology().uplinks()) {
    figures.alone.push_back({each.name(), measure_alone(each)});
  }
  figures.bond_bits_per_second = measure_bond();
  figures.failure = measure_failure();
  return figures;
}

double Scenario::measure_alone(const lab::Uplink& only) {
  lab_.use_only(only);
  const double rate = run_iperf("One TCP flow over " + only.name() + " alone:");
  lab_.use_all();
  return rate;
}

double Scenario::measure_bond() { return run_iperf("One TCP flow over the bond:"); }

double Scenario::run_iperf(const std::string& heading) {
  table_.begin(heading);
  lab::Iperf iperf(lab_.topology().target(), lab_.topology().lan(),
                   {.address = lab::address::kTarget4,
                    .duration = kMeasured,
                    .more_arguments = {"--omit", std::to_string(kWarmUp.count()), "--congestion",
                                       kCongestionControl}});
  Meter meter(lab_.topology());
  const auto start = steady_clock::now();
  const auto limit = kWarmUp + kMeasured + seconds(5);
  for (int second = 1; !iperf.done() && seconds(second) <= limit; ++second) {
    lab::sleep_until(start + seconds(second));
    table_.update(second, rows(meter), -1);
  }
  const double rate = iperf.report().bits_per_second;
  table_.note("iperf3: " + lab::with_unit(rate / 1e6, 1, "Mbit/s"));
  return rate;
}

FailureFigures Scenario::measure_failure() {
  lab::Uplink& victim = lab_.topology().uplinks().front();
  table_.begin("One TCP flow and numbered UDP packets both ways, " + victim.name() +
               " failing silently in between:");
  lab::TcpFlow flow(lab_.topology().target(), lab_.topology().lan(),
                    {.address = lab::address::kTarget4, .congestion_control = kCongestionControl});
  lab::UdpProbe down(lab_.topology().target(), lab_.topology().lan(),
                     {.address = lab::address::kLan4});
  lab::UdpProbe up(lab_.topology().lan(), lab_.topology().target(),
                   {.address = lab::address::kTarget4});

  Meter meter(lab_.topology());
  uint64_t received = 0;
  const auto start = steady_clock::now();
  for (int second = 1; seconds(second) <= kFailureRun; ++second) {
    lab::sleep_until(start + seconds(second));
    const uint64_t total = flow.received();
    table_.update(second, rows(meter), static_cast<double>(total - received) * 8);
    received = total;
    if (seconds(second) == kCut) {
      victim.wire().set_state(fabric::LinkState::blackhole);
      table_.note(victim.name() + " is a blackhole now");
    } else if (seconds(second) == kMended) {
      victim.wire().set_state(fabric::LinkState::up);
      table_.note(victim.name() + " works again");
    }
  }
  const lab::UdpProbeReport up_report = up.finish();
  const lab::UdpProbeReport down_report = down.finish();
  const lab::TcpFlowReport flow_report = flow.finish();
  return {.uplink = victim.name(),
          .flow_survived = flow_report.intact,
          .tcp_gap = flow_report.longest_gap,
          .udp_gap = std::max(up_report.longest_gap, down_report.longest_gap),
          .udp_sent = up_report.sent + down_report.sent,
          .udp_lost = up_report.lost() + down_report.lost(),
          .udp_duplicates = up_report.duplicates + down_report.duplicates,
          .udp_reordered = up_report.reordered + down_report.reordered};
}

std::vector<TableRow> Scenario::rows(Meter& meter) const {
  // The server's view, since it is the one that sends the download.
  const auto view = lab_.server().status();
  const auto now = steady_clock::now();
  const double elapsed = std::chrono::duration<double>(now - meter.last).count();
  meter.last = now;
  std::vector<TableRow> result;
  for (const lab::Uplink& each : lab_.topology().uplinks()) {
    uint64_t& before = meter.delivered[result.size()];
    const uint64_t total = each.wire().statistics(fabric::End::b).delivered_bytes;
    TableRow row{.uplink = each.name(),
                 .rate_bps = static_cast<double>(total - before) * 8 / elapsed,
                 .capacity = "-",
                 .rtt = "-",
                 .loss = "-",
                 .state = "no answer"};
    before = total;
    if (const lab::UplinkView* seen = view ? view->uplink(each.name()) : nullptr) {
      if (seen->capacity_bps) {
        row.capacity = lab::with_unit(static_cast<double>(*seen->capacity_bps) / 1e6, 1, "Mbit/s");
      }
      if (seen->rtt_us)
        row.rtt = lab::with_unit(static_cast<double>(*seen->rtt_us) / 1000, 1, "ms");
      if (seen->loss_ratio) row.loss = lab::with_unit(*seen->loss_ratio * 100, 1, "%");
      row.state = seen->state;
      if (!seen->unused_reason.empty()) row.state += " (" + seen->unused_reason + ")";
    }
    result.push_back(row);
  }
  return result;
}

std::string Scenario::guide() const {
  const auto exec = [](const lab::Namespace& inside) { return "ip netns exec " + inside.name(); };
  const std::string show = options_.programs.control + " show ";
  return "Everything is left running. Look around:\n"
         "  " +
         show + lab_.gateway().interface() +
         "\n"
         "  " +
         show + lab_.server().interface() +
         "\n"
         "  " +
         exec(lab_.topology().lan()) + " ping " + lab::address::kTarget4 +
         "\n"
         "  " +
         exec(lab_.topology().target()) + " iperf3 -s &  " + exec(lab_.topology().lan()) +
         " iperf3 -R -c " + lab::address::kTarget4 +
         "\n"
         "  " +
         exec(lab_.topology().gateway()) +
         " ip link set dsl0 down   # and up again\n"
         "Configuration and logs: " +
         lab_.files().string() +
         "\n"
         "Remove it all: ./dev demo --down\n";
}

}  // namespace wirebraid::demo
