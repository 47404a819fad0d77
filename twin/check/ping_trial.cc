#include <algorithm>
#include <map>
#include <thread>

#include "twin/check/ping.h"
#include "twin/check/prediction.h"
#include "twin/check/trial_tools.h"
#include "twin/check/trials.h"
#include "twin/check/words.h"

namespace wirebraid::check {
namespace {

constexpr unsigned kPings = 5;
/// Nodes that know each other may still have to learn which hosts are behind them (batman-adv).
constexpr unsigned kRounds = 4;
constexpr milliseconds kBetweenRounds{8'000};
constexpr milliseconds kLimit{120'000};
/// What a virtual router takes for a packet at worst, while all of them share two cores.
constexpr double kPerHopMs = 12;

struct Target {
  std::string name;
  std::string address;
  std::optional<size_t> node;
};

std::vector<Target> targets_of(const View& view, size_t from) {
  std::vector<Target> targets;
  const size_t count = view.plan.nodes.size();
  // Beyond kAllPairs some that are spread over the whole, and others for each node.
  const size_t step = count <= kAllPairs ? 1 : count / 6;
  for (size_t i = 1; i < count; i += step) {
    const size_t other = (from + i) % count;
    if (!joined(view, from, other)) continue;
    targets.push_back({view.id(other), mesh::mesh_address(view.plan.nodes[other]), other});
  }
  if (gateway_of(view, from)) targets.push_back({"internet", mesh::kInternet4, std::nullopt});
  return targets;
}

std::string command_for(const std::vector<Target>& targets) {
  std::string list;
  for (const Target& each : targets) list += " " + each.address;
  return "for a in" + list + "; do ping -c " + std::to_string(kPings) +
         " -i 0.3 -W 3 $a >/tmp/ping.$a 2>&1 & done; wait; for a in" + list +
         "; do echo \"@ $a\"; cat /tmp/ping.$a; rm /tmp/ping.$a; done";
}

/// The outputs by address.
std::map<std::string, std::string> split(const std::string& output) {
  std::map<std::string, std::string> parts;
  std::string* current = nullptr;
  for (const std::string& line : lines_of(output)) {
    if (line.starts_with("@ ")) {
      current = &parts[line.substr(2)];
    } else if (current != nullptr) {
      *current += line + "\n";
    }
  }
  return parts;
}

/// What is wrong with the time or the loss, given the links on the way; empty: nothing.
std::string complaint(const View& view, size_t from, const Target& target,
                      const PingReport& report) {
  if (report.received == 0) return "no answer";
  if (!target.node) return report.received + 2 >= report.sent ? "" : "most answers are missing";
  const auto there = predict(view, path_to(view, from, target.address));
  const auto back =
      predict(view, path_to(view, *target.node, mesh::mesh_address(view.plan.nodes[from])));
  if (!there || !back) return "";
  const double expected = report.sent * there->arrival * back->arrival;
  if (report.received + 3 < expected) {
    return "only " + std::to_string(report.received) + " of " + std::to_string(report.sent) +
           " answers, and the links promise " + short_number(expected);
  }
  const double least = there->delay_ms + back->delay_ms;
  const double most = least + there->jitter_ms + back->jitter_ms +
                      kPerHopMs * static_cast<double>(there->hops + back->hops + 1);
  if (report.least_ms < least * 0.9) {
    return short_number(report.least_ms) + " ms, less than the links on its way take (" +
           short_number(least) + " ms)";
  }
  if (report.least_ms > most) {
    return short_number(report.least_ms) + " ms at least, and the links on its way promise " +
           short_number(least) + " ms";
  }
  return "";
}

Result judge(const View& view, size_t from, const Target& target, const std::string& output) {
  const PingReport report = parse_ping(output);
  Result result{.check = "ping",
                .subject = view.id(from) + " -> " + target.name,
                .outcome = Outcome::passed,
                .message = std::to_string(report.received) + " of " + std::to_string(report.sent) +
                           " answered, " + short_number(report.least_ms) + " ms at least"};
  result.figures["rtt_ms"] = report.least_ms;
  const std::string wrong = complaint(view, from, target, report);
  if (wrong.empty()) return result;
  result.outcome = Outcome::failed;
  result.message = wrong;
  result.evidence = output;
  return result;
}

Results ping_from(Observer& observer, const View& view, size_t from) {
  const std::vector<Target> targets = targets_of(view, from);
  if (targets.empty() || !view.facts[from].answered) return {};
  Results results;
  try {
    const auto outputs = split(observer.twin().node(from).run(command_for(targets), kLimit).output);
    for (const Target& target : targets) {
      const auto found = outputs.find(target.address);
      results.push_back(judge(view, from, target, found == outputs.end() ? "" : found->second));
    }
  } catch (const std::exception& error) {
    results.push_back({.check = "ping",
                       .subject = view.id(from),
                       .outcome = Outcome::failed,
                       .message = "it could not be asked",
                       .evidence = error.what()});
  }
  return results;
}

}  // namespace

Results try_pings(Observer& observer) {
  const View view = observer.view();
  std::vector<Results> results(observer.twin().size());
  for (unsigned round = 0; round < kRounds; ++round) {
    std::vector<size_t> sources;
    for (size_t from = 0; from < results.size(); ++from) {
      if (round == 0 || count(results[from], Outcome::failed) > 0) sources.push_back(from);
    }
    if (sources.empty()) break;
    if (round > 0) std::this_thread::sleep_for(kBetweenRounds);
    in_parallel(sources.size(),
                [&](size_t i) { results[sources[i]] = ping_from(observer, view, sources[i]); });
  }
  return joined(std::move(results));
}

}  // namespace wirebraid::check
