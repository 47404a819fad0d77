#include "twin/validate/report/map_marks.h"

#include <map>
#include <utility>

namespace wirebraid::validate {
namespace {

constexpr size_t kMostFailures = 5;

void note(Mark& mark, check::Outcome outcome, const std::string& check,
          const std::string& message) {
  mark.sums.add(outcome);
  if (outcome != check::Outcome::failed || mark.failures.size() >= kMostFailures) return;
  mark.failures.push_back(check + ": " + message);
}

class Marker {
 public:
  explicit Marker(const topology::Topology& topology) {
    marks_.nodes.resize(topology.nodes.size());
    marks_.links.resize(topology.links.size());
    for (size_t i = 0; i < topology.nodes.size(); ++i) {
      single_.emplace(topology.nodes[i].id, &marks_.nodes[i]);
    }
    for (size_t i = 0; i < topology.links.size(); ++i) {
      const topology::Link& link = topology.links[i];
      single_.emplace(link.id, &marks_.links[i]);
      between_[{link.a, link.b}].push_back(&marks_.links[i]);
      between_[{link.b, link.a}].push_back(&marks_.links[i]);
    }
  }

  /// Of a result or a comparison.
  template <typename Finding>
  void mark(const Finding& finding) {
    for (Mark* mark : meant_by(finding.subject)) {
      note(*mark, finding.outcome, finding.check, finding.message);
    }
  }

  MapMarks take() { return std::move(marks_); }

 private:
  std::vector<Mark*> meant_by(const std::string& subject) const {
    if (const auto found = single_.find(subject); found != single_.end()) return {found->second};
    constexpr std::string_view kArrow = " -> ";
    const size_t arrow = subject.find(kArrow);
    if (arrow == std::string::npos) return {};
    const std::string from = subject.substr(0, arrow);
    const auto links = between_.find({from, subject.substr(arrow + kArrow.size())});
    if (links != between_.end()) return links->second;
    const auto node = single_.find(from);
    return node == single_.end() ? std::vector<Mark*>{} : std::vector<Mark*>{node->second};
  }

  MapMarks marks_;
  std::map<std::string, Mark*> single_;
  std::map<std::pair<std::string, std::string>, std::vector<Mark*>> between_;
};

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::passed:
      return "passed";
    case State::failed:
      return "failed";
    case State::unchecked:
      return "unchecked";
  }
  return "";
}

MapMarks marks_of(const Verdict& verdict) {
  Marker marker(verdict.topology);
  for (const Step& step : verdict.steps) {
    for (const check::Result& result : step.results) marker.mark(result);
  }
  for (const Comparison& comparison : verdict.comparisons) marker.mark(comparison);
  return marker.take();
}

}  // namespace wirebraid::validate
