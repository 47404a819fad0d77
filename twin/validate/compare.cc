#include "twin/validate/compare.h"

#include <array>
#include <map>

#include "twin/check/trial_tools.h"

namespace wirebraid::validate {
using check::short_number;
namespace {

/// A figure may get worse by this factor and so much besides, and is still taken for the same.
struct Tolerance {
  std::string_view figure;
  bool more_is_better = false;
  double factor = 1;
  double besides = 0;
};
constexpr std::array<Tolerance, 7> kTolerances{{
    // Emulated lines keep their rate within some per cent; a firmware that takes a fifth is broken.
    {"rate_mbit", true, 0.8, 0},
    // The machines share the host's cores: a packet waits for its turn.
    {"rtt_ms", false, 1.5, 20},
    {"exit_rtt_ms", false, 1.5, 40},
    {"gap_ms", false, 2, 300},
    {"restart_s", false, 2, 20},
    {"detour_s", false, 2, 20},
    // Another kernel takes another amount; what counts is that there is some left, which is a
    // check.
    {"available_mib", true, 0.4, 0},
}};

Comparison judge(const check::Result& result, const std::string& figure, double before,
                 double after) {
  Comparison comparison{.check = result.check,
                        .subject = result.subject,
                        .figure = figure,
                        .before = before,
                        .after = after,
                        .outcome = check::Outcome::passed,
                        .message = {}};
  for (const Tolerance& each : kTolerances) {
    if (each.figure != figure) continue;
    const double limit = before * each.factor + each.besides;
    const bool bad = each.more_is_better ? after < limit : after > limit;
    if (!bad) continue;
    comparison.outcome = check::Outcome::failed;
    comparison.message = short_number(after) + " after the upgrade and " + short_number(before) +
                         " before it; " + short_number(limit) +
                         (each.more_is_better ? " would be enough" : " would be good enough");
  }
  return comparison;
}

}  // namespace

std::vector<Comparison> compare(const check::Results& before, const check::Results& after) {
  std::map<std::pair<std::string, std::string>, const check::Result*> known;
  for (const check::Result& each : before) known[{each.check, each.subject}] = &each;
  std::vector<Comparison> comparisons;
  for (const check::Result& each : after) {
    const auto found = known.find({each.check, each.subject});
    if (found == known.end()) continue;
    for (const auto& [figure, value] : each.figures) {
      const auto earlier = found->second->figures.find(figure);
      if (earlier == found->second->figures.end()) continue;
      comparisons.push_back(judge(each, figure, earlier->second, value));
    }
  }
  return comparisons;
}

}  // namespace wirebraid::validate
