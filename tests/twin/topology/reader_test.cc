#include "twin/topology/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/topology/samples.h"

namespace wirebraid::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Each mistake without the file's name, which must be there.
std::string said_of(const std::string& text) {
  const ReadResult result = read_topology(text, "net.json");
  EXPECT_EQ(result.topology.has_value(), result.errors.empty());
  std::string said;
  for (const Finding& error : result.errors) {
    const std::string line = error.to_string();
    EXPECT_THAT(line, StartsWith("net.json:"));
    said += (said.empty() ? "" : "\n") + line.substr(line.find(':') + 1);
  }
  return said;
}

TEST(TopologyReader, ReadsEveryKey) {
  const ReadResult result = read_topology(village_text(), "village.json");
  ASSERT_TRUE(result.topology) << result.errors.front().to_string();
  const Topology& topology = *result.topology;
  EXPECT_EQ(topology.name, "Two houses and a tower");
  ASSERT_EQ(topology.nodes.size(), 5U);
  ASSERT_EQ(topology.links.size(), 4U);

  const Node& tower = topology.nodes[0];
  EXPECT_EQ(tower.id, "tower");
  EXPECT_EQ(tower.role, Role::backbone);
  EXPECT_EQ(tower.village, "Oberdorf");
  EXPECT_THAT(tower.routing, ElementsAre("babeld", "batman-adv"));
  EXPECT_EQ(tower.location, (Location{51.5, -0.25}));

  const Node& house = topology.nodes[1];
  EXPECT_EQ(house.name, "Müller's barn");
  EXPECT_EQ(house.role, Role::gateway);
  EXPECT_EQ(house.model, "APU2");
  EXPECT_EQ(house.firmware, "2026.1");
  EXPECT_THAT(house.addresses,
              ElementsAre(*IpAddress::parse("10.1.0.1"), *IpAddress::parse("fd00::1")));
  EXPECT_THAT(house.uplinks,
              ElementsAre(Uplink{"dsl", "house-1~core"}, Uplink{"lte", "lte-of-house-1"}));
}

TEST(TopologyReader, ReadsLinks) {
  const ReadResult result = read_topology(village_text(), "village.json");
  ASSERT_TRUE(result.topology);
  const Link& cable = result.topology->links[0];
  EXPECT_EQ(cable.id, "house-1~tower");
  EXPECT_EQ(cable.kind, LinkKind::ethernet);
  EXPECT_EQ(cable.band_ghz, 0);
  EXPECT_EQ(cable.b_to_a, cable.a_to_b) << "as the other way, if it is not given";

  const Link& radio = result.topology->links[1];
  EXPECT_EQ(radio.kind, LinkKind::radio);
  EXPECT_EQ(radio.band_ghz, 5);
  EXPECT_EQ(radio.a_to_b, (Direction{120.5, 1.5, 1, 0.01}));
  EXPECT_EQ(radio.b_to_a, (Direction{80, 1.5, 2, 0.02}));
  EXPECT_EQ(result.topology->links[3].id, "lte-of-house-1");
}

TEST(TopologyReader, NamesEveryMistakeWithItsPlaceAndWhatWouldBeRight) {
  for (const Mistake& mistake : mistakes()) {
    EXPECT_EQ(said_of(mistake.text()), mistake.said) << mistake.name;
  }
}

TEST(TopologyReader, ReadsTheManualsExample) {
  const std::string manual = contents_of(std::string(WIREBRAID_SOURCE_DIR) + "/docs/twin.md");
  const std::string end = "\n    }\n";
  const size_t from = manual.find("\n    {\n      \"format\"");
  const size_t to = manual.find(end, from);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  EXPECT_EQ(said_of(manual.substr(from, to + end.size() - from)), "");
}

TEST(TopologyReader, TellsAllMistakesTogether) {
  std::string text = village_text();
  text = replaced(text, "\"household\"", "\"houshold\"");
  text = replaced(text, "\"loss\": 0.01", "\"loss\": 2");
  text = replaced(text, "\"b\": \"tower\"", "\"b\": \"house-1\"");
  EXPECT_EQ(said_of(text),
            "28: /nodes/2/role: \"houshold\" is not a role: backbone, household, gateway or "
            "server expected\n"
            "44: /links/0/b: a link to itself; another node's id expected\n"
            "53: /links/1/a_to_b/loss: 2 is out of range: 0 to 1 expected");
}

TEST(TopologyReader, TellsABoundedNumber) {
  std::string text =
      "{\"format\": \"wirebraid-topology\", \"version\": 1, \"links\": [], "
      "\"nodes\": [";
  for (int i = 0; i < 250; ++i) text += std::string(i > 0 ? "," : "") + "\n7";
  const ReadResult result = read_topology(text + "]}", "net.json");
  ASSERT_EQ(result.errors.size(), Findings::kMost + 1);
  EXPECT_EQ(result.errors[99].to_string(),
            "net.json:101: /nodes/99: an object expected, this is a number");
  EXPECT_EQ(result.errors[100].to_string(), "net.json: and 150 more mistakes");
}

TEST(TopologyReader, RefusesWhatIsNoJson) {
  EXPECT_EQ(said_of(""), "1: the file is empty");
  EXPECT_THAT(said_of("{\n\"format\": \"wirebraid-topology\",\n\"version\" 1}"),
              StartsWith("3: not JSON: "));
  EXPECT_THAT(said_of("[]"), EndsWith("1: an object expected, this is an array"));
  EXPECT_THAT(said_of("{}"), HasSubstr("a topology needs \"format\", which is missing"));
}

TEST(TopologyReader, NamesAFileThatCannotBeRead) {
  const ReadResult missing = load_topology(fixtures() + "missing.json");
  ASSERT_EQ(missing.errors.size(), 1U);
  EXPECT_THAT(missing.errors[0].to_string(),
              EndsWith("missing.json: cannot be opened: No such file or directory"));
  const ReadResult directory = load_topology(fixtures());
  ASSERT_EQ(directory.errors.size(), 1U);
  EXPECT_THAT(directory.errors[0].to_string(), EndsWith(": is a directory"));
}

}  // namespace
}  // namespace wirebraid::topology
