#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "twin/check/trial_tools.h"
#include "twin/check/trials.h"
#include "twin/check/words.h"

namespace wirebraid::check {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kRestartLimit{300'000};
constexpr int kNothingToCheck = 77;

/// All is as it should be; else the first thing that is not.
void expect_good(Result& result, const Results& after) {
  for (const Result& each : after) {
    if (each.outcome != Outcome::failed) continue;
    fail(result, "afterwards " + each.check + " of " + each.subject + ": " + each.message,
         each.evidence);
    return;
  }
}

/// A link that routing daemons use; one with a way around it if there is one.
struct Flap {
  size_t link = 0;
  size_t a = 0;
  size_t b = 0;
  bool way_around = false;
};

bool joined_without(const View& view, size_t a, size_t b, size_t link) {
  return reached(view, a,
                 [link](const mesh::Card& card) { return card.link != link && is_used(card); })[b];
}

std::optional<Flap> choose(const View& view) {
  std::optional<Flap> chosen;
  for (size_t node = 0; node < view.plan.nodes.size(); ++node) {
    for (const mesh::Card& card : view.plan.nodes[node].cards) {
      if (card.end != fabric::End::a || !is_used(card)) continue;
      const Flap flap{card.link, node, card.peer, joined_without(view, node, card.peer, card.link)};
      if (!chosen || (flap.way_around && !chosen->way_around)) chosen = flap;
    }
  }
  return chosen;
}

std::string difference(const std::string& before, const std::string& after) {
  const std::vector<std::string> old_lines = lines_of(before);
  const std::vector<std::string> new_lines = lines_of(after);
  const std::multiset<std::string> old_set(old_lines.begin(), old_lines.end());
  const std::multiset<std::string> new_set(new_lines.begin(), new_lines.end());
  std::string text;
  for (const std::string& line : old_lines) {
    if (new_set.count(line) < old_set.count(line)) text += "-" + line + "\n";
  }
  for (const std::string& line : new_lines) {
    if (old_set.count(line) < new_set.count(line)) text += "+" + line + "\n";
  }
  return text;
}

Result run_script(node::Node& node, const std::filesystem::path& file) {
  return trial("script " + file.filename().string(), node.name(), [&](Result& result) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    node.write_file("/tmp/check", text);
    const node::CommandResult run = node.run("sh /tmp/check", milliseconds(120'000));
    result.evidence = run.output;
    result.message = trimmed(run.output.substr(0, run.output.find('\n')));
    if (run.status == kNothingToCheck) {
      skip(result, result.message);
    } else if (run.status != 0) {
      fail(result, "ended with " + std::to_string(run.status) + ": " + result.message);
    }
  });
}

}  // namespace

Results try_gateway_reboot(Observer& observer) {
  const std::vector<size_t> all = gateways(observer.view());
  if (all.empty()) return {};
  node::Node& node = observer.twin().node(all.front());
  return {trial("gateway reboot", node.name(), [&](Result& result) {
    const auto begin = Clock::now();
    const unsigned boots = node.boots();
    must(node, "(sleep 1; reboot) >/dev/null 2>&1 &");
    if (!node.await_boot(boots, kRestartLimit)) {
      fail(result, "it does not come back: " + node.problem());
      return;
    }
    const Results after = observer.settle(kSettleLimit);
    result.figures["restart_s"] = seconds_since(begin);
    result.message = "all is as before after " + short_number(seconds_since(begin)) + " s";
    expect_good(result, after);
  })};
}

Results try_link_flap(Observer& observer) {
  const View view = observer.view();
  const auto flap = choose(view);
  if (!flap) return {};
  return {trial("link flap", view.topology.links[flap->link].id, [&](Result& result) {
    auto& wires = observer.twin().wires();
    node::Node& node = observer.twin().node(flap->a);
    wires.set_state(flap->link, fabric::LinkState::blackhole);
    const auto begin = Clock::now();
    std::string detour;
    if (flap->way_around) {
      const std::string output =
          node.run("ping -c 60 -W 1 -w 60 " + mesh::mesh_address(view.plan.nodes[flap->b]) +
                       " | grep -m 1 'seq='",
                   milliseconds(90'000))
              .output;
      result.figures["detour_s"] = seconds_since(begin);
      detour = "a way around it after " + short_number(seconds_since(begin)) + " s, ";
      if (output.find("seq=") == std::string::npos) {
        wires.set_state(flap->link, fabric::LinkState::up);
        fail(result, "no way around it within a minute", output);
        return;
      }
    } else {
      std::this_thread::sleep_for(milliseconds(5000));
    }
    wires.set_state(flap->link, fabric::LinkState::up);
    const auto back = Clock::now();
    const Results after = observer.settle(kSettleLimit);
    result.message =
        detour + "all is as before " + short_number(seconds_since(back)) + " s after its return";
    expect_good(result, after);
  })};
}

Results try_scripts(Observer& observer, const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Results> results(observer.twin().size());
  in_parallel(observer.twin().size(), [&](size_t i) {
    for (const auto& file : files) results[i].push_back(run_script(observer.twin().node(i), file));
  });
  return joined(std::move(results));
}

Results compare_configuration(const topology::Topology& topology,
                              const std::vector<NodeFacts>& before,
                              const std::vector<NodeFacts>& after) {
  Results results;
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    if (!before[i].answered || !after[i].answered) continue;
    results.push_back(trial("configuration", topology.nodes[i].id, [&](Result& result) {
      result.message = "as it was";
      if (before[i].configuration != after[i].configuration) {
        fail(result, "not what it was before",
             difference(before[i].configuration, after[i].configuration));
      }
    }));
  }
  return results;
}

}  // namespace wirebraid::check
