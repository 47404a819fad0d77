// What a validation found: whether a firmware may go to the real routers, and what that rests on.
#pragma once

#include <string>
#include <vector>

#include "twin/check/result.h"
#include "twin/topology/topology.h"

namespace wirebraid::validate {

/// What the validation did, one thing after another: "baseline", "flash house-1", ...
struct Step {
  std::string name;
  std::string node{};  ///< that it was done to; empty: all
  double begun_s = 0;  ///< since the validation began
  double took_s = 0;
  check::Results results{};
};

/// One figure before and after the upgrade.
struct Comparison {
  std::string check;
  std::string subject;
  std::string figure;  ///< as in Result::figures
  double before = 0;
  double after = 0;
  check::Outcome outcome = check::Outcome::passed;
  std::string message;
};

struct FirmwareName {
  std::string name;
  std::string version;
  std::string kernel;
  std::string sha256;  ///< of its header
};

/// The last that a node's console said; of nodes about which something failed.
struct NodeLog {
  std::string node;
  std::string text;
};

struct Verdict {
  topology::Topology topology;
  FirmwareName old_firmware;
  FirmwareName new_firmware;
  std::string plan;      ///< "leaf-first", "all", "canary 2"
  std::string begun_at;  ///< ISO 8601, UTC
  double took_s = 0;
  std::vector<Step> steps;
  std::vector<Comparison> comparisons;
  std::vector<NodeLog> logs;
  /// What kept it from going on, if it did not go to its end; one sentence.
  std::string aborted;

  /// Whether everything was done and nothing failed.
  bool good() const {
    if (!aborted.empty()) return false;
    const auto failed = [](const auto& each) { return each.outcome == check::Outcome::failed; };
    return std::none_of(comparisons.begin(), comparisons.end(), failed) &&
           std::none_of(steps.begin(), steps.end(), [&](const Step& step) {
             return std::any_of(step.results.begin(), step.results.end(), failed);
           });
  }
};

}  // namespace wirebraid::validate
