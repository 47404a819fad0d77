// Programs must find everything of a verdict in its JSON.
#include "twin/validate/report/json_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/twin/validate/report/sample_verdicts.h"
#include "twin/topology/reader.h"

namespace wirebraid::validate {
namespace {

using Json = nlohmann::json;

TEST(JsonReport, SaysWhatItIsAndTheVerdict) {
  const Json good = Json::parse(json_report(good_verdict()));
  EXPECT_EQ(good["format"], "wirebraid-verdict");
  EXPECT_EQ(good["version"], 1);
  EXPECT_EQ(good["verdict"], "good");
  EXPECT_FALSE(good.contains("aborted"));
  EXPECT_EQ(Json::parse(json_report(bad_verdict()))["verdict"], "bad");
}

TEST(JsonReport, CountsOutcomes) {
  const Json bad = Json::parse(json_report(bad_verdict()));
  EXPECT_EQ(bad["sums"]["results"], Json({{"passed", 3}, {"failed", 2}, {"skipped", 1}}));
  EXPECT_EQ(bad["sums"]["comparisons"], Json({{"passed", 2}, {"failed", 1}, {"skipped", 0}}));
  EXPECT_EQ(bad["steps"][0]["sums"], Json({{"passed", 2}, {"failed", 0}, {"skipped", 0}}));
  EXPECT_EQ(bad["steps"][1]["sums"], Json({{"passed", 1}, {"failed", 2}, {"skipped", 1}}));
}

TEST(JsonReport, HasEverything) {
  const Json bad = Json::parse(json_report(bad_verdict()));
  EXPECT_EQ(bad["plan"], "leaf-first");
  EXPECT_EQ(bad["begun_at"], "2026-11-28T23:59:30Z");
  EXPECT_EQ(bad["took_s"], 3725);
  EXPECT_EQ(bad["new_firmware"], Json({{"name", "evernet-2"},
                                       {"version", "2.0.0"},
                                       {"kernel", "6.6.52"},
                                       {"sha256", std::string(64, 'b')}}));
  EXPECT_EQ(bad["old_firmware"]["version"], "1.4.2");
  const Json& step = bad["steps"][1];
  EXPECT_EQ(step["name"], "flash house");
  EXPECT_EQ(step["node"], "house");
  EXPECT_EQ(step["begun_s"], 60);
  EXPECT_EQ(step["took_s"], 90.5);
  EXPECT_EQ(step["results"][2], Json({{"check", "neighbours"},
                                      {"subject", "mast"},
                                      {"outcome", "failed"},
                                      {"message", "mast has lost a neighbour: house."},
                                      {"evidence", "neigh 1\nneigh 2\n"}}));
  EXPECT_EQ(bad["steps"][0]["results"][1]["figures"], Json({{"rtt_ms", 12.5}}));
  EXPECT_EQ(bad["comparisons"][2], Json({{"check", "memory"},
                                         {"subject", "mast"},
                                         {"figure", "free_mib"},
                                         {"before", 40},
                                         {"after", 10},
                                         {"outcome", "failed"},
                                         {"message", "Less than half is left."}}));
  EXPECT_EQ(bad["logs"][0]["node"], "mast");
  EXPECT_EQ(bad["logs"][0]["text"], "[    0.000000] Linux version 6.6.52\r\nBUG: oops\r\n");
}

TEST(JsonReport, HasTheTopologyAsInItsFile) {
  const Verdict verdict = evernet_verdict();
  const Json report = Json::parse(json_report(verdict));
  const auto read = topology::read_topology(report["topology"].dump(), "report");
  ASSERT_TRUE(read.topology);
  EXPECT_EQ(*read.topology, verdict.topology);
}

TEST(JsonReport, StaysJsonWhateverNodesSay) {
  const std::string text = json_report(hostile_verdict());
  EXPECT_TRUE(std::all_of(text.begin(), text.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  const Json report = Json::parse(text);
  const std::string evidence = report["steps"][1]["results"][2]["evidence"];
  EXPECT_NE(evidence.find("]]><!--<script>"), std::string::npos);
  EXPECT_NE(evidence.find('\x1b'), std::string::npos) << "kept as it was said";
  EXPECT_NE(evidence.find("\ufffd"), std::string::npos);
  EXPECT_EQ(report["topology"]["nodes"].size(), 4u);
}

TEST(JsonReport, HasNullForWhatIsNoNumber) {
  Verdict verdict = good_verdict();
  verdict.comparisons[0].after = std::numeric_limits<double>::quiet_NaN();
  verdict.aborted = "It was stopped.";
  const Json report = Json::parse(json_report(verdict));
  EXPECT_TRUE(report["comparisons"][0]["after"].is_null());
  EXPECT_EQ(report["aborted"], "It was stopped.");
  EXPECT_EQ(report["verdict"], "bad");
}

}  // namespace
}  // namespace wirebraid::validate
