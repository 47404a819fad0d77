// Finding out the format, and files that are broken.
#include "twin/topology/import/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/topology/import/imported.h"
#include "twin/topology/random.h"

namespace wirebraid::topology {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kFixtures[] = {
    "village.json",      "meshviewer.json", "nodeinfo.json",   "openwifimap.json",
    "netjson.json",      "jsoninfo.json",   "txtinfo.txt",     "batadv-document.json",
    "batadv-lines.json", "batadv.dot",      "batadv-table.txt"};

std::string error_of(const std::string& text, const std::string& format = "") {
  const ImportResult result = import_topology(text, "map", format);
  EXPECT_FALSE(result.imported);
  EXPECT_FALSE(result.errors.empty());
  return result.errors.empty() ? "" : result.errors.front().to_string();
}

TEST(Importer, ReadsOurOwnFormat) {
  const Imported own = imported(village_text(), "wirebraid's own format");
  EXPECT_EQ(own.topology, *read_topology(village_text(), "").topology);
  EXPECT_THAT(error_of(replaced(village_text(), "\"wan\"", "\"van\"")),
              HasSubstr("/links/2/kind: \"van\" is not a kind"));
}

TEST(Importer, TellsWhenItKnowsNoFormat) {
  const std::string formats =
      "wirebraid, netjson, meshviewer-nested, meshviewer, openwifimap, olsrd-jsoninfo, batadv-vis, "
      "batadv-vis-text or olsrd-txtinfo";
  EXPECT_EQ(error_of("{\"a\": 1}"),
            "map: none of the known formats: " + formats + " expected; --format forces one");
  EXPECT_EQ(error_of("hello"),
            "map: none of the known formats: " + formats + " expected; --format forces one");
  EXPECT_EQ(error_of("{}", "gexf"), "map: \"gexf\" is not a format: " + formats + " expected");
  EXPECT_EQ(error_of(""), "map:1: the file is empty");
  EXPECT_THAT(error_of("{\n\"nodes\": [}"), StartsWith("map:2: not JSON: "));
}

TEST(Importer, TakesTheFormatItIsTold) {
  const Imported empty =
      imported(R"({"nodes": [{"node_id": "x"}], "links": []})", "meshviewer.json", "meshviewer");
  EXPECT_EQ(empty.topology.nodes.size(), 1U);
  EXPECT_EQ(error_of(contents_of(fixtures() + "meshviewer.json"), "olsrd-jsoninfo"),
            "map:1: /topology: an array expected");
  EXPECT_EQ(error_of("[]", "meshviewer"), "map:1: /nodes: an array expected");
  EXPECT_EQ(error_of("[]", "meshviewer-nested"),
            "map:1: neither \"nodes\" nor \"batadv\" is there; one of them expected");
  EXPECT_EQ(error_of("[]", "openwifimap"), "map:1: /rows: an array expected");
  EXPECT_EQ(error_of("hello", "olsrd-txtinfo"),
            "map: the table Topology is not there or has no row");
  EXPECT_EQ(error_of("hello", "batadv-vis-text"),
            "map: neither a graph nor a table with rows is in it");
  EXPECT_THAT(error_of("hello", "meshviewer"), StartsWith("map:1: not JSON: "));
  EXPECT_THAT(error_of("hello", "wirebraid"), StartsWith("map:1: not JSON: "));
}

TEST(Importer, AMapWithoutNodesIsNoTopology) {
  EXPECT_EQ(error_of(R"({"nodes": [], "links": []})", "meshviewer"),
            "map: read as meshviewer.json, it has no node");
}

TEST(Importer, IdsAreMadeToFitAndStayDifferent) {
  const std::string longest(80, 'x');
  const Imported map = imported(
      R"({"nodes": [{"node_id": "a b"}, {"node_id": "a_b"}, {"node_id": "-é"}, {"node_id": ")" +
          longest + R"(1"}, {"node_id": ")" + longest + R"(2"}],
          "links": [{"source": "a b", "target": "a_b"}, {"source": "a_b", "target": "a b"}]})",
      "meshviewer.json");
  const std::string cut(56, 'x');
  EXPECT_THAT(node_ids(map),
              ::testing::ElementsAre("a_b", "a_b_2", "___", std::string(64, 'x'), cut + "_2"));
  EXPECT_EQ(map.topology.nodes[0].name, "a b");
  EXPECT_EQ(map.topology.nodes[2].name, "-é");
  EXPECT_THAT(link_ids(map), ::testing::ElementsAre("a_b~a_b_2", "a_b_2~a_b#2"));
}

/// Whatever it is: a topology that our own reader takes, or errors that can be printed.
void expect_sound(const std::string& text, const std::string& format) {
  const ImportResult result = import_topology(text, "map", format);
  if (result.imported) {
    EXPECT_TRUE(result.errors.empty());
    const std::string written = write_topology(result.imported->topology);
    const ReadResult read = read_topology(written, "written");
    ASSERT_TRUE(read.topology) << read.errors.front().to_string() << "\n" << written;
    return;
  }
  ASSERT_FALSE(result.errors.empty());
  for (const Finding& error : result.errors) {
    const std::string line = error.to_string();
    EXPECT_THAT(line, StartsWith("map:"));
    EXPECT_FALSE(error.message.empty());
    for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ') << line;
  }
}

TEST(Importer, TruncatedFilesAreToldAsSuchOrStillGood) {
  for (const char* name : kFixtures) {
    const std::string whole = contents_of(fixtures() + name);
    for (size_t length = 0; length < whole.size(); ++length) {
      expect_sound(whole.substr(0, length), "");
    }
    if (std::string(name).ends_with(".json") && std::string(name) != "batadv-lines.json") {
      EXPECT_THAT(error_of(whole.substr(0, whole.size() / 2)), HasSubstr("not JSON")) << name;
    }
  }
}

TEST(Importer, MutatedFilesNeverHurt) {
  constexpr std::string_view kBytes = "{}[]\",:01-.9eE \n\tx~/\\\xff\xc3";
  Random random(5);
  for (const char* name : kFixtures) {
    const std::string whole = contents_of(fixtures() + name);
    for (int round = 0; round < 400; ++round) {
      std::string text = whole;
      for (size_t change = 0; change <= random.below(3); ++change) {
        const size_t at = random.below(text.size());
        const char byte = kBytes[random.below(kBytes.size())];
        switch (random.below(3)) {
          case 0:
            text[at] = byte;
            break;
          case 1:
            text.insert(at, 1, byte);
            break;
          default:
            text.erase(at, 1 + random.below(20));
        }
        if (text.empty()) break;
      }
      expect_sound(text, "");
    }
  }
}

TEST(Importer, EveryFormatSurvivesEveryFile) {
  for (const std::string& format : import_formats()) {
    for (const char* name : kFixtures) expect_sound(contents_of(fixtures() + name), format);
    for (const char* text :
         {"", "[]", "{}", "null", "7", "\"x\"", "[[[", "{\"nodes\": 7}",
          "{\"nodes\": [7, null, []], \"links\": [7, null, {}]}",
          "{\"nodes\": {\"a\": 7}, \"batadv\": {\"nodes\": 7, \"links\": [3]}}",
          R"({"batadv": {"nodes": [7], "links": [{"source": 0, "target": -1e300}]}})",
          "{\"rows\": [7, {\"value\": {\"links\": [7]}}]}",
          "{\"topology\": [7, {\"lastHopIP\": 7}], \"mid\": [7], \"hna\": 7}",
          "{\"vis\": [7, {\"primary\": 7, \"neighbors\": [7]}]}",
          "Table: Topology\nx\n\xff\xfe \xff\xfd 1 1 1\n", "\xff\xfe"}) {
      expect_sound(text, format);
    }
  }
}

}  // namespace
}  // namespace wirebraid::topology
