// The map must not be green where something failed.
#include "twin/validate/report/map_marks.h"

#include <gtest/gtest.h>

#include "tests/twin/validate/report/sample_verdicts.h"

namespace wirebraid::validate {
namespace {

using check::Outcome;

enum Node : size_t { server, gateway, mast, house };
enum Link : size_t { gateway_server, gateway_mast, mast_house };

MapMarks with(const std::string& subject, Outcome outcome) {
  Verdict verdict = good_verdict();
  verdict.comparisons.clear();
  verdict.steps.resize(1);
  verdict.steps[0].results = {{"check", subject, outcome, "message", "", {}}};
  return marks_of(verdict);
}

TEST(MapMarks, OfANode) {
  EXPECT_EQ(with("mast", Outcome::passed).nodes[mast].state(), State::passed);
  EXPECT_EQ(with("mast", Outcome::failed).nodes[mast].state(), State::failed);
  EXPECT_EQ(with("mast", Outcome::skipped).nodes[mast].state(), State::unchecked);
  EXPECT_EQ(with("mast", Outcome::failed).nodes[house].state(), State::unchecked);
}

TEST(MapMarks, OfALink) {
  EXPECT_EQ(with("mast~house", Outcome::failed).links[mast_house].state(), State::failed);
  EXPECT_EQ(with("mast -> house", Outcome::failed).links[mast_house].state(), State::failed);
  const MapMarks back = with("house -> mast", Outcome::failed);
  EXPECT_EQ(back.links[mast_house].state(), State::failed);
  EXPECT_EQ(back.links[gateway_mast].state(), State::unchecked);
  EXPECT_EQ(back.nodes[house].state(), State::unchecked);
}

TEST(MapMarks, OfAWayWithoutALinkIsTheFirstNodes) {
  const MapMarks marks = with("house -> server", Outcome::failed);
  EXPECT_EQ(marks.nodes[house].state(), State::failed);
  EXPECT_EQ(marks.nodes[server].state(), State::unchecked);
}

TEST(MapMarks, OfAnythingElseAreNone) {
  for (const char* subject : {"mesh", "", "a -> b", " -> ", "mast -> "}) {
    const MapMarks marks = with(subject, Outcome::passed);
    for (const size_t node : {server, gateway, house}) {
      EXPECT_EQ(marks.nodes[node].state(), State::unchecked) << subject;
    }
  }
}

TEST(MapMarks, OneFailureIsEnoughAndComparisonsCount) {
  const MapMarks marks = marks_of(bad_verdict());
  EXPECT_EQ(marks.nodes[mast].state(), State::failed);
  EXPECT_EQ(marks.nodes[mast].sums.passed, 1u);
  EXPECT_EQ(marks.nodes[mast].sums.failed, 2u);
  EXPECT_EQ(marks.nodes[mast].failures,
            (std::vector<std::string>{"neighbours: mast has lost a neighbour: house.",
                                      "memory: Less than half is left."}));
}

}  // namespace
}  // namespace wirebraid::validate
