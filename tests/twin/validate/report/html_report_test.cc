// The page that people decide by.
#include "twin/validate/report/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/twin/validate/report/parsed.h"
#include "tests/twin/validate/report/sample_verdicts.h"

namespace wirebraid::validate {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class HtmlReport : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_parser()) GTEST_SKIP() << "there is no python3";
  }

  static std::string text_of(const json& element) { return element["text"]; }

  /// The texts of the cells of each row of the table's body.
  static std::vector<std::vector<std::string>> rows_of(const json& table) {
    std::vector<std::vector<std::string>> rows;
    for (const json& row : elements(elements(table, "tbody").at(0), "tr")) {
      std::vector<std::string>& cells = rows.emplace_back();
      for (const json& cell : row["children"]) cells.push_back(text_of(cell));
    }
    return rows;
  }
};

TEST_F(HtmlReport, AnswersFirst) {
  const json good = parsed_xml(html_report(good_verdict()));
  EXPECT_EQ(attribute(element_with_id(good, "verdict"), "class"), "verdict good");
  EXPECT_EQ(text_of(element_with_id(good, "verdict")),
            "✓ Yes: this firmware may go to the routers."
            "Nothing failed in 3 checks and 2 comparisons, of which 1 had to be skipped.");
  EXPECT_TRUE(element_with_id(good, "failures").is_null());
  const json bad = parsed_xml(html_report(bad_verdict()));
  EXPECT_EQ(attribute(element_with_id(bad, "verdict"), "class"), "verdict bad");
  EXPECT_EQ(text_of(element_with_id(bad, "verdict")),
            "✗ No: this firmware must not go to the routers."
            "2 of 6 checks and 1 of 3 comparisons failed.");
}

TEST_F(HtmlReport, IsBadIfItWasAborted) {
  Verdict verdict = good_verdict();
  verdict.aborted = "house does not boot";
  const json page = parsed_xml(html_report(verdict));
  EXPECT_EQ(attribute(element_with_id(page, "verdict"), "class"), "verdict bad");
  EXPECT_THAT(text_of(element_with_id(page, "failures")), HasSubstr("house does not boot"));
}

TEST_F(HtmlReport, TellsOfBothFirmwaresAndTheRun) {
  const json page = parsed_xml(html_report(good_verdict()));
  const json summary = element_with_id(page, "summary");
  const auto tables = elements(summary, "table");
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(rows_of(tables[0]), (std::vector<std::vector<std::string>>{
                                    {"Name", "evernet-1", "evernet-2"},
                                    {"Version", "1.4.2", "2.0.0"},
                                    {"Kernel", "5.15.137", "6.6.52"},
                                    {"SHA-256", std::string(64, 'a'), std::string(64, 'b')}}));
  EXPECT_EQ(rows_of(tables[1]),
            (std::vector<std::vector<std::string>>{{"Checks", "2", "0", "1", "3"},
                                                   {"Comparisons", "2", "0", "0", "2"}}));
  for (const char* text :
       {"leaf-first", "2026-11-28T23:59:30Z", "1 h 02 min", "4 nodes, 3 links"}) {
    EXPECT_THAT(text_of(summary), HasSubstr(text));
  }
}

TEST_F(HtmlReport, ListsEveryFailureWithItsEvidence) {
  const json failures = element_with_id(parsed_xml(html_report(bad_verdict())), "failures");
  const auto items = elements(failures, "li");
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(text_of(items[0]),
            "✗ mast — in step “flash house”mast has lost a neighbour: house."
            "Evidence (2 lines)neigh 1\nneigh 2\n");
  const auto details = elements(items[0], "details");
  ASSERT_EQ(details.size(), 1u);
  EXPECT_EQ(text_of(elements(details[0], "pre").at(0)), "neigh 1\nneigh 2\n");
  EXPECT_EQ(text_of(items[2]),
            "✗ mast — memoryLess than half is left.free_mib: 40 before, 10 after (−75 %)");
}

TEST_F(HtmlReport, PutsFailedResultsFirst) {
  const json steps = element_with_id(parsed_xml(html_report(bad_verdict())), "steps");
  const auto tables = elements(steps, "table");
  ASSERT_EQ(tables.size(), 3u);
  EXPECT_EQ(rows_of(tables[0]),
            (std::vector<std::vector<std::string>>{
                {"baseline", "all", "0 s", "40.5 s", "2", "0", "0"},
                {"flash house", "house", "1 min 00 s", "1 min 31 s", "1", "✗ 2", "1"}}));
  std::vector<std::string> outcomes;
  for (const auto& row : rows_of(tables[2])) outcomes.push_back(row[0] + " " + row[1]);
  EXPECT_EQ(outcomes,
            (std::vector<std::string>{"mast neighbours ✗ failed", "house -> mast reach ✗ failed",
                                      "gateway dns ○ skipped", "house neighbours ✓ passed"}));
}

TEST_F(HtmlReport, ComparesInPercentAndFailedOnesFirst) {
  const json section = element_with_id(parsed_xml(html_report(bad_verdict())), "comparisons");
  EXPECT_EQ(
      rows_of(elements(section, "table").at(0)),
      (std::vector<std::vector<std::string>>{
          {"mast memory", "✗ failed", "free_mib", "40", "10", "−75 %", "Less than half is left."},
          {"house -> server reach", "✓ passed", "rtt_ms", "12.5", "10", "−20 %", "Faster."},
          {"mast~house rate", "✓ passed", "rate_mbit", "100", "100", "0 %", "The same."}}));
}

TEST_F(HtmlReport, HasTheLogs) {
  const json logs = element_with_id(parsed_xml(html_report(bad_verdict())), "logs");
  EXPECT_EQ(text_of(elements(logs, "summary").at(0)), "mast (2 lines)");
  EXPECT_EQ(text_of(elements(logs, "pre").at(0)),
            "[    0.000000] Linux version 6.6.52\nBUG: oops\n");
}

TEST_F(HtmlReport, DrawsTheMapWithItsStates) {
  const json svg =
      elements(element_with_id(parsed_xml(html_report(bad_verdict())), "map"), "svg")[0];
  std::vector<std::string> drawn;
  for (const json& group : elements(svg, "g")) {
    const std::string title = text_of(elements(group, "title").at(0));
    drawn.push_back(attribute(group, "class") + ": " + title.substr(0, title.find('\n')));
  }
  EXPECT_EQ(drawn, (std::vector<std::string>{
                       "link wan: gateway – server, wan", "link ethernet: gateway – mast, ethernet",
                       "link radio failed: mast – house, radio", "node unchecked: server, server",
                       "node unchecked: gateway, gateway", "node passed: house, household",
                       "node failed: mast, backbone"}));
  EXPECT_EQ(elements_of_class(svg, "cross").size(), 2u) << "not by colour alone";
  EXPECT_THAT(text_of(element_with_id(svg, "map-description")),
              HasSubstr("something failed at 1: mast."));
}

TEST_F(HtmlReport, DrawsAllOfAnEvernet) {
  const Verdict verdict = evernet_verdict();
  const json svg = elements(element_with_id(parsed_xml(html_report(verdict)), "map"), "svg").at(0);
  EXPECT_EQ(elements_of_class(svg, "node").size(), verdict.topology.nodes.size());
  EXPECT_EQ(elements_of_class(svg, "link").size(), verdict.topology.links.size());
}

TEST_F(HtmlReport, CanBeReadWithAReader) {
  const json page = parsed_xml(html_report(bad_verdict()));
  EXPECT_EQ(attribute(page, "lang"), "en");
  for (const json& table : elements(page, "table")) {
    EXPECT_EQ(elements(table, "caption").size(), 1u);
    for (const json& header : elements(table, "th")) EXPECT_NE(attribute(header, "scope"), "");
    for (const json& row : elements(elements(table, "tbody").at(0), "tr")) {
      EXPECT_EQ(attribute(elements(row, "th").at(0), "scope"), "row");
      EXPECT_EQ(row["children"].size(), elements(elements(table, "thead").at(0), "th").size());
    }
  }
  std::set<std::string> ids;
  for (const char* tag : {"section", "summary", "p", "title", "desc"}) {
    for (const json& element : elements(page, tag)) {
      const std::string id = attribute(element, "id");
      EXPECT_TRUE(id.empty() || ids.insert(id).second) << id;
    }
  }
  for (const json& link : elements(page, "a")) {
    EXPECT_EQ(ids.count(attribute(link, "href").substr(1)), 1u) << attribute(link, "href");
  }
}

TEST_F(HtmlReport, NeedsNothingElse) {
  for (const Verdict& verdict : {good_verdict(), bad_verdict(), hostile_verdict()}) {
    const std::string text = html_report(verdict);
    const json page = parsed_xml(text);
    for (const char* tag : {"script", "link", "img", "iframe", "object", "image", "use", "base"}) {
      EXPECT_TRUE(elements(page, tag).empty()) << tag;
    }
    for (const json& link : elements(page, "a")) EXPECT_EQ(attribute(link, "href")[0], '#');
    EXPECT_THAT(text_of(elements(page, "style").at(0)), Not(HasSubstr("url(")));
    EXPECT_THAT(text_of(elements(page, "style").at(0)), Not(HasSubstr("@import")));
    EXPECT_THAT(text, HasSubstr("default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"));
  }
}

// What a browser, which does not read it as XML, would take for an open tag.
TEST_F(HtmlReport, ClosesItselfOnlyWhatHtmlLetsIt) {
  const std::string text = html_report(bad_verdict());
  const std::set<std::string> allowed{"meta", "circle", "rect", "path", "line"};
  for (size_t end = text.find("/>"); end != std::string::npos; end = text.find("/>", end + 1)) {
    const size_t begin = text.rfind('<', end) + 1;
    const std::string name = text.substr(begin, text.find_first_of(" /", begin) - begin);
    EXPECT_EQ(allowed.count(name), 1u) << name;
  }
}

TEST_F(HtmlReport, StaysWellFormedWhateverNodesSay) {
  const std::string text = html_report(hostile_verdict());
  const json page = parsed_xml(text);
  ASSERT_FALSE(page.is_null());
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("]]>")));
  EXPECT_TRUE(std::all_of(text.begin(), text.end(),
                          [](unsigned char c) { return c == '\n' || c == '\t' || c >= ' '; }));
  EXPECT_THAT(text_of(element_with_id(page, "failures")),
              HasSubstr("]]><!--<script>alert(1)</script>&amp;\"'\t\n␍␀␛[2J␡␁"));
}

TEST_F(HtmlReport, CanDoWithLongIdsAndNothingAtAll) {
  Verdict verdict;
  EXPECT_FALSE(parsed_xml(html_report(verdict)).is_null());
  verdict = good_verdict();
  verdict.topology.nodes[3].id = std::string(64, 'x');
  const json page = parsed_xml(html_report(verdict));
  EXPECT_THAT(text_of(element_with_id(page, "map")), HasSubstr(std::string(64, 'x')));
}

}  // namespace
}  // namespace wirebraid::validate
