// The formats of routing daemons: OLSRd and batadv-vis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/topology/import/imported.h"

namespace wirebraid::topology {
namespace {

using ::testing::ElementsAre;

TEST(ImportJsonInfo, PutsTheTablesTogether) {
  const Imported map = imported_fixture("jsoninfo.json", "OLSRd jsoninfo");
  EXPECT_THAT(node_ids(map), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
  EXPECT_EQ(map.topology.nodes[0].role, Role::household);
  EXPECT_EQ(map.topology.nodes[1].role, Role::gateway) << "announces 0.0.0.0/0";
  EXPECT_THAT(map.topology.nodes[2].addresses, ElementsAre(*IpAddress::parse("10.0.0.3")));
  EXPECT_THAT(map.topology.nodes[2].routing, ElementsAre("olsrd"));

  ASSERT_THAT(link_ids(map), ElementsAre("10.0.0.1~10.0.0.2", "10.0.0.2~10.0.0.3"));
  const Link& link = map.topology.links[0];
  EXPECT_EQ(link.a_to_b.rate_mbit, 12.5) << "NLQ of the one who announced it, of 50 Mbit/s";
  EXPECT_EQ(link.b_to_a.rate_mbit, 25) << "LQ";
  EXPECT_EQ(map.topology.links[1].a_to_b.rate_mbit, 25) << "ETX 4 by its cost";
  EXPECT_THAT(skipped_of(map),
              ElementsAre("6: link \"10.0.0.2\" to \"\": there is no node \"\" in the file",
                          "14: own link \"10.0.0.1\" to \"10.0.0.77\": the table Topology does not "
                          "have it",
                          "16: neighbour \"10.0.0.78\": the table Topology does not have it",
                          "20: gateway \"10.0.0.79\": the table Topology does not have it"));
}

TEST(ImportTxtInfo, ReadsTheTables) {
  const Imported map = imported_fixture("txtinfo.txt", "OLSRd txtinfo");
  EXPECT_THAT(node_ids(map), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
  EXPECT_EQ(map.topology.nodes[1].role, Role::gateway);
  ASSERT_THAT(link_ids(map), ElementsAre("10.0.0.1~10.0.0.2", "10.0.0.2~10.0.0.3"));
  EXPECT_EQ(map.topology.links[0].a_to_b.rate_mbit, 12.5);
  EXPECT_EQ(map.topology.links[0].b_to_a.rate_mbit, 25);
  EXPECT_EQ(map.topology.links[1].b_to_a.rate_mbit, 25) << "by its cost";
  EXPECT_THAT(skipped_of(map),
              ElementsAre("14: row of the table \"Topology\": it has 2 columns, too few",
                          "4: own link \"10.0.0.1\" to \"10.0.0.77\": the table Topology does not "
                          "have it"));
}

TEST(ImportTxtInfo, CellsMayBeSeparatedByTabsAndLinesEndInCrLf) {
  const Imported map = imported(
      "Table: Topology\r\nDest. IP\tLast hop IP\tLQ\tNLQ\tCost\r\n"
      "10.0.0.2\t10.0.0.1\t1.000\t0.500\t2.000\t\r\n",
      "OLSRd txtinfo");
  ASSERT_THAT(link_ids(map), ElementsAre("10.0.0.1~10.0.0.2"));
  EXPECT_EQ(map.topology.links[0].a_to_b.rate_mbit, 25);
  EXPECT_EQ(map.topology.links[0].b_to_a.rate_mbit, 50);
}

/// All four forms of the same mesh: node 1 with two interfaces, 2, and a, which runs no batadv-vis.
void expect_the_mesh(const Imported& map) {
  EXPECT_THAT(node_ids(map),
              ElementsAre("02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:0a"));
  EXPECT_THAT(map.topology.nodes[0].routing, ElementsAre("batman-adv"));
  EXPECT_THAT(link_ids(map), ElementsAre("02:00:00:00:00:01~02:00:00:00:00:02",
                                         "02:00:00:00:00:01~02:00:00:00:00:0a"));
}

/// Those that tell both directions: TQ 0.8 forth and 1 back.
void expect_both_views(const Imported& map) {
  expect_the_mesh(map);
  const Link& link = map.topology.links.at(0);
  // sqrt(0.8) = p g(p) at p = 0.896, g = 0.99888; 0.8 / g = 0.8009 of 50 Mbit/s.
  EXPECT_NEAR(link.a_to_b.rate_mbit, 40.045, 0.01);
  EXPECT_EQ(link.b_to_a.rate_mbit, 50);
  ASSERT_EQ(map.skipped.size(), 1U);
  EXPECT_EQ(map.skipped[0].entry, "client \"02:00:00:00:99:01\" of \"02:00:00:00:00:01\"");
  EXPECT_EQ(map.skipped[0].reason, "clients are no nodes");
}

TEST(ImportBatadvVis, ReadsTheDocument) {
  const Imported map = imported_fixture("batadv-document.json", "batadv-vis JSON");
  expect_both_views(map);
  EXPECT_EQ(map.skipped[0].line, 6U);
}

TEST(ImportBatadvVis, ReadsLines) {
  const Imported map = imported_fixture("batadv-lines.json", "batadv-vis JSON");
  expect_both_views(map);
  EXPECT_EQ(map.skipped[0].line, 5U);
}

TEST(ImportBatadvVis, ReadsDot) {
  const Imported map = imported_fixture("batadv.dot", "batadv-vis text");
  expect_both_views(map);
  EXPECT_EQ(map.skipped[0].line, 8U);
}

TEST(ImportBatadvVis, ReadsTheTable) {
  const Imported map = imported_fixture("batadv-table.txt", "batadv-vis text");
  expect_the_mesh(map);
  EXPECT_EQ(map.topology.links[0].a_to_b, map.topology.links[0].b_to_a);
  EXPECT_THAT(skipped_of(map),
              ElementsAre("5: row of the table \"Topology\": it has 1 column, too few"));
}

TEST(ImportBatadvVis, NamesABrokenLine) {
  const ImportResult result = import_topology(
      contents_of(fixtures() + "batadv-lines.json") + "{\"router\": \"02:00:00:0", "map");
  EXPECT_FALSE(result.imported);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0].line, 9U);
}

}  // namespace
}  // namespace wirebraid::topology
