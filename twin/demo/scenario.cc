#include "twin/demo/scenario.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "twin/demo/format.h"
#include "twin/demo/interrupt.h"
#include "twin/lab/bond_config.h"
#include "twin/lab/iperf.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::demo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// TCP's start is left out of every measurement alike.
constexpr seconds kWarmUp{2};
constexpr seconds kMeasured{10};

constexpr seconds kFailureRun{12};
constexpr seconds kCut{4};
constexpr seconds kMended{8};

/// As long as a handshake may take with one lost packet (5 s), and a flapping uplink is held back.
constexpr seconds kComeUp{30};

std::vector<lab::UplinkOptions> uplinks() {
  return {{"dsl", lab::symmetric(50'000'000, milliseconds(15))},
          {"lte", lab::symmetric(20'000'000, milliseconds(60))}};
}

void write_secret(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  file << text << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "wirebraid-demo-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

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
    : options_(options), table_(table), topology_(uplinks()) {
  const lab::ConfigPair configs = lab::make_bond_configs(options.programs, topology_);
  const auto start = [&](std::optional<lab::Daemon>& daemon, const lab::Namespace& inside,
                         const std::string& interface, const std::string& config) {
    const auto config_file = scratch_.path() / (interface + ".conf");
    write_secret(config_file, config);
    lab::DaemonOptions daemon_options{.interface = interface,
                                      .config_file = config_file,
                                      .log_file = scratch_.path() / (interface + ".log")};
    if (!options.engine.empty()) daemon_options.more_arguments = {"--engine", options.engine};
    daemon.emplace(options.programs, inside, daemon_options);
  };
  start(server_, topology_.server(), "wb-srv", configs.server);
  start(gateway_, topology_.gateway(), "wb-gw", configs.gateway);
}

void Scenario::expect(const std::function<bool()>& condition, seconds limit,
                      const std::string& what) {
  const auto deadline = steady_clock::now() + limit;
  while (!condition()) {
    for (lab::Daemon* each : {&*server_, &*gateway_}) {
      if (!each->running()) throw std::runtime_error("wirebraidd " + each->interface() + " ended");
    }
    if (steady_clock::now() >= deadline) {
      throw std::runtime_error("after " + std::to_string(limit.count()) + " s still not: " + what);
    }
    sleep_until(steady_clock::now() + milliseconds(100));
  }
}

bool Scenario::uplink_is(const std::string& name, bool up, const lab::Daemon& at) const {
  const auto view = at.status();
  const lab::UplinkView* const uplink = view ? view->uplink(name) : nullptr;
  return uplink != nullptr && uplink->up() == up;
}

void Scenario::wait_for_bond() {
  for (const lab::Uplink& each : topology_.uplinks()) {
    for (const lab::Daemon* end : {&*gateway_, &*server_}) {
      expect([&] { return uplink_is(each.name(), true, *end); }, kComeUp,
             each.name() + " up at " + end->interface());
    }
  }
}

std::string Scenario::engines() const {
  std::string text;
  for (const lab::Daemon* each : {&*gateway_, &*server_}) {
    const auto view = each->status();
    if (!view) continue;
    text += each->interface() + " is up and runs on " + view->engine;
    text += view->engine_reason.empty() ? "\n" : " (" + view->engine_reason + ")\n";
  }
  return text;
}

Figures Scenario::measure() {
  Figures figures;
  for (lab::Uplink& each : topology_.uplinks()) {
    figures.alone.push_back({each.name(), measure_alone(each)});
  }
  figures.bond_bits_per_second = measure_bond();
  figures.failure = measure_failure();
  return figures;
}

double Scenario::measure_alone(lab::Uplink& only) {
  for (lab::Uplink& each : topology_.uplinks()) {
    if (&each == &only) continue;
    each.wire().set_state(fabric::LinkState::down);
    expect([&] { return uplink_is(each.name(), false, *gateway_); }, kComeUp,
           each.name() + " down at " + gateway_->interface());
  }
  const double rate = run_iperf("One TCP flow over " + only.name() + " alone:");
  for (lab::Uplink& each : topology_.uplinks()) each.wire().set_state(fabric::LinkState::up);
  wait_for_bond();
  return rate;
}

double Scenario::measure_bond() { return run_iperf("One TCP flow over the bond:"); }

double Scenario::run_iperf(const std::string& heading) {
  table_.begin(heading);
  lab::Iperf iperf(topology_.target(), topology_.lan(),
                   {.address = lab::address::kTarget4,
                    .duration = kMeasured,
                    .more_arguments = {"--omit", std::to_string(kWarmUp.count())}});
  Meter meter(topology_);
  const auto start = steady_clock::now();
  const auto limit = kWarmUp + kMeasured + seconds(5);
  for (int second = 1; !iperf.done() && seconds(second) <= limit; ++second) {
    sleep_until(start + seconds(second));
    table_.update(second, rows(meter), -1);
  }
  const double rate = iperf.report().bits_per_second;
  table_.note("iperf3: " + with_unit(rate / 1e6, 1, "Mbit/s"));
  return rate;
}

FailureFigures Scenario::measure_failure() {
  lab::Uplink& victim = topology_.uplinks().front();
  table_.begin("One TCP flow and numbered UDP packets both ways, " + victim.name() +
               " failing silently in between:");
  lab::TcpFlow flow(topology_.target(), topology_.lan(), {.address = lab::address::kTarget4});
  lab::UdpProbe down(topology_.target(), topology_.lan(), {.address = lab::address::kLan4});
  lab::UdpProbe up(topology_.lan(), topology_.target(), {.address = lab::address::kTarget4});

  Meter meter(topology_);
  uint64_t received = 0;
  const auto start = steady_clock::now();
  for (int second = 1; seconds(second) <= kFailureRun; ++second) {
    sleep_until(start + seconds(second));
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
  const auto view = server_->status();
  const auto now = steady_clock::now();
  const double elapsed = std::chrono::duration<double>(now - meter.last).count();
  meter.last = now;
  std::vector<TableRow> result;
  for (const lab::Uplink& each : topology_.uplinks()) {
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
        row.capacity = with_unit(static_cast<double>(*seen->capacity_bps) / 1e6, 1, "Mbit/s");
      }
      if (seen->rtt_us) row.rtt = with_unit(static_cast<double>(*seen->rtt_us) / 1000, 1, "ms");
      if (seen->loss_ratio) row.loss = with_unit(*seen->loss_ratio * 100, 1, "%");
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
         show + gateway_->interface() +
         "\n"
         "  " +
         show + server_->interface() +
         "\n"
         "  " +
         exec(topology_.lan()) + " ping " + lab::address::kTarget4 +
         "\n"
         "  " +
         exec(topology_.target()) + " iperf3 -s &  " + exec(topology_.lan()) + " iperf3 -R -c " +
         lab::address::kTarget4 +
         "\n"
         "  " +
         exec(topology_.gateway()) +
         " ip link set dsl0 down   # and up again\n"
         "Configuration and logs: " +
         scratch_.path().string() +
         "\n"
         "Remove it all: ./dev demo --down\n";
}

std::string Scenario::log_tails() const {
  std::string text;
  for (const auto* each : {&server_, &gateway_}) {
    if (!each->has_value()) continue;
    text += "The end of " + (*each)->interface() + "'s log:\n" + lab::tail((*each)->log_file(), 20);
  }
  return text;
}

}  // namespace wirebraid::demo
