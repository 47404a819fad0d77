#include <array>
#include <chrono>
#include <thread>

#include "twin/check/ping.h"
#include "twin/check/trial_tools.h"
#include "twin/check/trials.h"

namespace wirebraid::check {
namespace {

constexpr std::array kModes{"packet", "flow", "host", "failover", "redundant"};

constexpr double kPingInterval = 0.02;
constexpr unsigned kFailoverPings = 400;
/// A live stream has a second in store; wirebraid itself needs about a tenth of one.
constexpr double kMostGapMs = 1000;

std::string ping(const std::string& options, const std::string& address) {
  return "ping " + options + " -W 3 " + address;
}

/// The part of an exit that the kernel's WireGuard has to do with.
Result ask_exit(Observer& observer, size_t gateway, const mesh::ExitUplink& uplink) {
  const View view = observer.view();
  const std::string subject = view.id(uplink.exit) + " -> " + view.id(gateway);
  return trial("wireguard", subject, [&](Result& result) {
    node::Node& exit = observer.twin().node(uplink.exit);
    const std::string output = exit.run(ping("-c 4 -i 0.5", uplink.tunnel)).output;
    const std::string handshakes =
        must(exit, "wg show " + std::string(mesh::kExitDevice) + " latest-handshakes");
    result.message = "wirebraid answers the kernel's WireGuard";
    if (parse_ping(output).received == 0) {
      fail(result, "the gateway does not answer through the tunnel", output + handshakes);
    }
  });
}

Result ask_through_exits(Observer& observer, size_t gateway) {
  const View view = observer.view();
  return trial("wireguard", view.id(gateway), [&](Result& result) {
    const std::string output =
        observer.twin()
            .node(gateway)
            .run(ping("-c 4 -i 0.5 -I " + std::string(mesh::kExitsDevice), mesh::kInternet4))
            .output;
    const PingReport report = parse_ping(output);
    result.figures["exit_rtt_ms"] = report.least_ms;
    result.message =
        "the internet answers through the exits, " + short_number(report.least_ms) + " ms at least";
    if (report.received == 0) fail(result, "no answer through the exits", output);
  });
}

Result try_mode(Observer& observer, size_t gateway, const std::string& mode) {
  const View view = observer.view();
  return trial("mode " + mode, view.id(gateway), [&](Result& result) {
    node::Node& node = observer.twin().node(gateway);
    const std::string device = mesh::kBondDevice;
    const std::string file = "/etc/wirebraid/" + device + ".conf";
    must(node, "cp -p " + file + " /tmp/mode.conf && sed -i '/^\\[Bond " + mesh::kHomeBond +
                   "\\]/a Mode = " + mode + "' " + file + " && wirebraid reload " + device);
    const std::string output = node.run(ping("-c 5 -i 0.2", mesh::kInternet4)).output;
    const std::string status = node.run("wirebraid show " + device).output;
    must(node, "mv /tmp/mode.conf " + file + " && sync && wirebraid reload " + device);
    const PingReport report = parse_ping(output);
    result.message = "carries traffic";
    if (report.received + 1 < report.sent) {
      fail(result,
           "only " + std::to_string(report.received) + " of " + std::to_string(report.sent) +
               " answers",
           output + status);
    } else if (status.find(mode) == std::string::npos) {
      fail(result, "wirebraid does not say that it runs in this mode", status);
    }
  });
}

Result blackhole(Observer& observer, size_t gateway, size_t which) {
  const View view = observer.view();
  const mesh::NodePlan& plan = view.plan.nodes[gateway];
  const size_t link = plan.cards[plan.uplinks[which].card].link;
  return trial("failover", view.id(gateway) + " " + plan.uplinks[which].name, [&](Result& result) {
    node::Node& node = observer.twin().node(gateway);
    auto& wires = observer.twin().wires();
    must(node, "ping -c " + std::to_string(kFailoverPings) + " -i " +
                   std::to_string(kPingInterval) + " -W 3 " + mesh::kInternet4 +
                   " >/tmp/failover 2>&1 & sleep 2");
    wires.set_state(link, fabric::LinkState::blackhole);
    std::this_thread::sleep_for(milliseconds(3000));
    wires.set_state(link, fabric::LinkState::up);
    const std::string output = must(node, "wait; cat /tmp/failover; rm /tmp/failover");
    const PingReport report = parse_ping(output);
    const double gap = report.longest_loss * kPingInterval * 1000;
    result.figures["gap_ms"] = gap;
    result.message = std::to_string(report.sent - report.received) + " of " +
                     std::to_string(report.sent) + " lost, " + short_number(gap) +
                     " ms without delivery at most";
    if (report.sent == 0 || gap > kMostGapMs) fail(result, result.message, output);
  });
}

}  // namespace

Results try_interop(Observer& observer) {
  const View view = observer.view();
  Results results;
  for (const size_t gateway : exit_users(view)) {
    results.push_back(ask_through_exits(observer, gateway));
    for (const mesh::ExitUplink& uplink : view.plan.nodes[gateway].exits) {
      results.push_back(ask_exit(observer, gateway, uplink));
    }
  }
  return results;
}

Results try_modes(Observer& observer) {
  Results results;
  const std::vector<size_t> all = gateways(observer.view());
  if (all.empty()) return results;
  for (const char* mode : kModes) results.push_back(try_mode(observer, all.front(), mode));
  return results;
}

Results try_failover(Observer& observer) {
  const View view = observer.view();
  Results results;
  for (const size_t gateway : gateways(view)) {
    if (view.plan.nodes[gateway].uplinks.size() < 2) continue;
    // The one that is listed first is the better one.
    results.push_back(blackhole(observer, gateway, 0));
  }
  if (results.empty()) return results;
  const Results after = observer.settle(kSettleLimit);
  results.push_back(trial("uplinks back", "mesh", [&](Result& result) {
    result.message = "all uplinks are usable again";
    for (const Result& each : after) {
      if (each.check == "uplinks" && each.outcome == Outcome::failed) {
        fail(result, each.subject + ": " + each.message, each.evidence);
      }
    }
  }));
  return results;
}

}  // namespace wirebraid::check
