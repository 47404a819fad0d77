#include <nlohmann/json.hpp>

#include "twin/check/prediction.h"
#include "twin/check/trial_tools.h"
#include "twin/check/trials.h"

namespace wirebraid::check {
namespace {

constexpr unsigned kSeconds = 6;
/// wirebraid has to learn what the lines carry, and TCP to fill them.
constexpr unsigned kWarmUp = 5;
constexpr milliseconds kLimit{90'000};
/// Of what the links promise: translated machines on a busy host keep TCP waiting. What a firmware
/// costs shows in the comparison of before and after. Beyond kMostExpectedMbit it is the host that
/// sets the limit.
constexpr double kLeastShare = 0.3;
constexpr double kMostExpectedMbit = 10;

struct Flow {
  size_t client = 0;
  size_t server = 0;
  std::string address;  ///< of the server
  bool down = false;
  double promised_mbit = 0;
};

double rate_of(const std::string& output) {
  const auto report = nlohmann::json::parse(output, nullptr, false);
  if (!report.is_object()) return 0;
  const auto end = report.value("end", nlohmann::json::object());
  return end.value("sum_received", nlohmann::json::object()).value("bits_per_second", 0.0) / 1e6;
}

Result measure(Observer& observer, const Flow& flow) {
  const View view = observer.view();
  const std::string subject = flow.down ? view.id(flow.server) + " -> " + view.id(flow.client)
                                        : view.id(flow.client) + " -> " + view.id(flow.server);
  return trial("throughput", subject, [&](Result& result) {
    // One test, and then it ends by itself.
    must(observer.twin().node(flow.server), "iperf3 -s -1 -D");
    const std::string output =
        must(observer.twin().node(flow.client),
             "for i in 1 2 3; do iperf3 -c " + flow.address + " -t " + std::to_string(kSeconds) +
                 " -O " + std::to_string(kWarmUp) + " -J" + (flow.down ? " -R" : "") +
                 " >/tmp/iperf && break; sleep 1; done; cat /tmp/iperf; rm /tmp/iperf",
             kLimit);
    const double rate = rate_of(output);
    result.figures["rate_mbit"] = rate;
    result.message =
        short_number(rate) + " Mbit/s; the links promise " + short_number(flow.promised_mbit);
    if (rate < std::min(flow.promised_mbit, kMostExpectedMbit) * kLeastShare) {
      fail(result, "only " + result.message, output.substr(0, 4000));
    }
  });
}

/// Of all lines together.
double promised(const View& view, size_t gateway, bool down) {
  double sum = 0;
  for (const mesh::ServerUplink& uplink : view.plan.nodes[gateway].uplinks) {
    const mesh::Card& card = view.plan.nodes[gateway].cards[uplink.card];
    sum += (down ? incoming(view, card) : outgoing(view, card)).rate_mbit;
  }
  return sum;
}

/// The node with the longest way to this gateway among those that use it.
std::optional<size_t> farthest(const View& view, size_t gateway) {
  std::optional<size_t> best;
  size_t most = 0;
  for (size_t i = 0; i < view.plan.nodes.size(); ++i) {
    if (i == gateway || gateway_of(view, i) != gateway) continue;
    const size_t hops = path_to(view, i, mesh::kInternet4).size();
    if (hops <= most) continue;
    most = hops;
    best = i;
  }
  return best;
}

}  // namespace

Results try_throughput(Observer& observer) {
  const View view = observer.view();
  Results results;
  for (const size_t gateway : gateways(view)) {
    const size_t server = view.plan.nodes[gateway].uplinks.front().server;
    for (const bool down : {false, true}) {
      results.push_back(measure(observer, {.client = gateway,
                                           .server = server,
                                           .address = mesh::kInternet4,
                                           .down = down,
                                           .promised_mbit = promised(view, gateway, down)}));
    }
    const auto household = farthest(view, gateway);
    if (!household) continue;
    const std::string& address = view.plan.nodes[gateway].address.v4;
    const auto way = predict(view, path_to(view, *household, address));
    results.push_back(measure(observer, {.client = *household,
                                         .server = gateway,
                                         .address = address,
                                         .down = false,
                                         .promised_mbit = way ? way->rate_mbit : 0}));
  }
  return results;
}

}  // namespace wirebraid::check
