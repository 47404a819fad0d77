// Jenkins and GitLab must see each result as a test, and no verdict may break their parser.
#include "twin/validate/report/junit_report.h"

#include <gtest/gtest.h>

#include "tests/twin/validate/report/parsed.h"
#include "tests/twin/validate/report/sample_verdicts.h"

namespace wirebraid::validate {
namespace {

using nlohmann::json;

class JunitReport : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_parser()) GTEST_SKIP() << "there is no python3";
  }
};

TEST_F(JunitReport, HasASuiteForEachStepAndOneForComparisons) {
  const json root = parsed_xml(junit_report(bad_verdict()));
  EXPECT_EQ(root["tag"], "testsuites");
  EXPECT_EQ(attribute(root, "tests"), "9");
  EXPECT_EQ(attribute(root, "failures"), "3");
  EXPECT_EQ(attribute(root, "errors"), "0");
  EXPECT_EQ(attribute(root, "skipped"), "1");
  EXPECT_EQ(attribute(root, "time"), "3725.000");
  const auto suites = elements(root, "testsuite");
  ASSERT_EQ(suites.size(), 3u);
  EXPECT_EQ(attribute(suites[0], "name"), "baseline");
  EXPECT_EQ(attribute(suites[2], "name"), "comparison");
  const json& flash = suites[1];
  EXPECT_EQ(flash["attributes"], json({{"name", "flash house"},
                                       {"tests", "4"},
                                       {"failures", "2"},
                                       {"errors", "0"},
                                       {"skipped", "1"},
                                       {"time", "90.500"},
                                       {"timestamp", "2026-11-29T00:00:30"}}));
}

TEST_F(JunitReport, TellsFailuresAndSkips) {
  const json root = parsed_xml(junit_report(bad_verdict()));
  const auto cases = elements(root, "testcase");
  ASSERT_EQ(cases.size(), 9u);
  EXPECT_EQ(cases[0]["attributes"], json({{"classname", "baseline"}, {"name", "neighbours mast"}}));
  EXPECT_TRUE(cases[0]["children"].empty()) << "passed";
  const auto skipped = elements(cases[2], "skipped");
  ASSERT_EQ(skipped.size(), 1u);
  EXPECT_EQ(attribute(skipped[0], "message"), "It has no resolver.");
  const auto failure = elements(cases[4], "failure");
  ASSERT_EQ(failure.size(), 1u);
  EXPECT_EQ(attribute(failure[0], "message"), "mast has lost a neighbour: house.");
  EXPECT_EQ(failure[0]["text"], "neigh 1\nneigh 2\n");
  EXPECT_EQ(cases[8]["attributes"],
            json({{"classname", "comparison"}, {"name", "memory mast free_mib"}}));
  EXPECT_EQ(cases[8]["text"], "free_mib: before 40, after 10 (−75 %)");
}

TEST_F(JunitReport, HasAnErrorIfItWasAborted) {
  Verdict verdict = good_verdict();
  EXPECT_TRUE(elements(parsed_xml(junit_report(verdict)), "error").empty());
  verdict.aborted = "house does not boot";
  const json root = parsed_xml(junit_report(verdict));
  EXPECT_EQ(attribute(root, "errors"), "1");
  const auto suites = elements(root, "testsuite");
  ASSERT_EQ(suites.size(), 4u);
  EXPECT_EQ(attribute(suites[2], "errors"), "1");
  const auto errors = elements(suites[2], "error");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(attribute(errors[0], "message"), "house does not boot");
}

TEST_F(JunitReport, StaysWellFormedWhateverNodesSay) {
  const json root = parsed_xml(junit_report(hostile_verdict()));
  EXPECT_EQ(elements(root, "testcase").size(), 10u);
  EXPECT_TRUE(elements(root, "script").empty());
  const auto failures = elements(root, "failure");
  ASSERT_EQ(failures.size(), 3u);
  const std::string evidence = failures[0]["text"];
  EXPECT_NE(evidence.find("]]><!--<script>alert(1)</script>&amp;\"'\t\n"), std::string::npos);
  EXPECT_NE(evidence.find("␀␛[2J"), std::string::npos);
  EXPECT_NE(attribute(failures[0], "message").find("'\t\n"), std::string::npos);
}

}  // namespace
}  // namespace wirebraid::validate
