// The formats of maps: meshviewer, its older form, OpenWifiMap, NetJSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/topology/import/imported.h"
#include "twin/topology/import/map_words.h"

namespace wirebraid::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ImportMeshviewer, ReadsNodes) {
  const Imported map = imported_fixture("meshviewer.json", "meshviewer.json");
  EXPECT_THAT(node_ids(map),
              ElementsAre("02aa00000001", "02aa00000002", "02aa00000003", "02_aa_4"));
  const Node& bakery = map.topology.nodes[0];
  EXPECT_EQ(bakery.name, "bakery");
  EXPECT_EQ(bakery.model, "Router One");
  EXPECT_EQ(bakery.firmware, "1.2");
  EXPECT_EQ(bakery.village, "upper");
  EXPECT_EQ(bakery.role, Role::gateway);
  EXPECT_EQ(bakery.location, (Location{50.1, 9.2}));
  EXPECT_THAT(bakery.addresses, ElementsAre(*IpAddress::parse("fd00::1")));
  EXPECT_THAT(bakery.routing, ElementsAre("batman-adv"));
  EXPECT_EQ(map.topology.nodes[1].role, Role::household);
  EXPECT_EQ(map.topology.nodes[1].village, "lower");
  EXPECT_EQ(map.topology.nodes[1].location, std::nullopt);
  EXPECT_EQ(map.topology.nodes[2].role, Role::gateway) << "a VPN server";
  EXPECT_EQ(map.topology.nodes[2].location, std::nullopt) << "not on the globe";
  EXPECT_EQ(map.topology.nodes[3].name, "line break");
}

TEST(ImportMeshviewer, ReadsLinks) {
  const Imported map = imported_fixture("meshviewer.json", "meshviewer.json");
  EXPECT_THAT(link_ids(map), ElementsAre("02aa00000001~02aa00000002", "02aa00000003~02aa00000001",
                                         "02aa00000002~02aa00000001#2", "02aa00000002~02_aa_4"));
  const Link& radio = map.topology.links[0];
  EXPECT_EQ(radio.kind, LinkKind::radio);
  EXPECT_EQ(radio.band_ghz, 5);
  // p (1 - (1 - p)^3) = 0.875 has the solution 0.876645; of 150 Mbit/s.
  EXPECT_NEAR(radio.a_to_b.rate_mbit, 131.497, 0.001);
  EXPECT_EQ(radio.b_to_a, radio.a_to_b);
  const Link& wan = map.topology.links[1];
  EXPECT_EQ(wan.kind, LinkKind::wan);
  EXPECT_EQ(wan.a_to_b.loss, 0);
  EXPECT_EQ(wan.b_to_a.loss, 0.9);
  EXPECT_EQ(map.topology.links[2].kind, LinkKind::ethernet);
  EXPECT_EQ(map.topology.links[3].kind, LinkKind::radio);
}

TEST(ImportMeshviewer, NamesWhatItSkipsAndTakesForGranted) {
  const Imported map = imported_fixture("meshviewer.json", "meshviewer.json");
  EXPECT_THAT(
      skipped_of(map),
      ElementsAre("5: address \"fd00::zz\" of \"02aa00000001\": it is neither IPv4 nor IPv6",
                  "9: node \"02aa00000003\": there is one of that id already",
                  "10: node: it has no id",
                  "18: link \"02aa00000002\" to \"02aa00000009\": there is no node "
                  "\"02aa00000009\" in the file",
                  "19: link \"02aa00000002\" to \"02aa00000002\": a link to itself"));
  EXPECT_THAT(map.notes, ElementsAre("1 direction: a loss above 0.9, so 0.9 is taken",
                                     "1 link: of unknown quality, so without loss",
                                     "1 node: offline by the map, kept all the same"));
}

TEST(ImportNodeinfo, ReadsNodesAndTheGraph) {
  const std::string title = "nodes.json and graph.json of the older map";
  const Imported map = imported_fixture("nodeinfo.json", title);
  EXPECT_THAT(node_ids(map), ElementsAre("n1", "n2", "02:00:00:00:00:03"));
  const Node& forge = map.topology.nodes[0];
  EXPECT_EQ(forge.name, "forge");
  EXPECT_EQ(forge.model, "Router Two");
  EXPECT_EQ(forge.firmware, "0.9");
  EXPECT_EQ(forge.village, "hill");
  EXPECT_EQ(forge.role, Role::gateway);
  EXPECT_EQ(forge.location, (Location{50, 8}));
  EXPECT_THAT(forge.addresses, ElementsAre(*IpAddress::parse("fd00::a")));

  EXPECT_THAT(link_ids(map), ElementsAre("n1~n2", "n2~02:00:00:00:00:03"));
  // 1.25 is a TQ of 0.8: p (1 - (1 - p)^3) = 0.8 at 0.808; of 50 Mbit/s.
  EXPECT_NEAR(map.topology.links[0].a_to_b.rate_mbit, 40.3, 0.2);
  EXPECT_EQ(map.topology.links[0].b_to_a, map.topology.links[0].a_to_b);
  EXPECT_EQ(map.topology.links[1].kind, LinkKind::wan);
  EXPECT_THAT(skipped_of(map),
              ElementsAre("15: node of the graph: it has no id",
                          "20: link \"02:00:00:00:00:03\" to \"number 7\": there is no node "
                          "\"number 7\" in the file",
                          "21: link \"\" to \"n1\": there is no node \"\" in the file"));
}

TEST(ImportNodeinfo, ReadsNodesByIdWithLinksBesideThem) {
  const Imported map = imported(
      R"({"nodes": {"x": {"nodeinfo": {"hostname": "ex"}}, "y": {"nodeinfo": {}}},
          "links": [{"source": "x", "target": "y", "source_tq": 1, "target_tq": 1},
                    {"source": "y", "target": "x", "source_tq": 1, "target_tq": 1}]})",
      "nodes.json and graph.json of the older map");
  EXPECT_THAT(node_ids(map), ElementsAre("x", "y"));
  EXPECT_EQ(map.topology.nodes[0].name, "ex");
  EXPECT_THAT(link_ids(map), ElementsAre("x~y"));
  EXPECT_THAT(map.skipped, IsEmpty());
}

TEST(ImportOpenWifiMap, MergesBothEndsViews) {
  const Imported map = imported_fixture("openwifimap.json", "OpenWifiMap rows (HopGlass)");
  EXPECT_THAT(node_ids(map), ElementsAre("pub.olsr", "shop.olsr", "farm.olsr"));
  EXPECT_EQ(map.topology.nodes[0].name, "pub");
  EXPECT_EQ(map.topology.nodes[0].location, (Location{52.5, 13.4}));
  EXPECT_THAT(map.topology.nodes[0].routing, ElementsAre("olsrd"));

  ASSERT_THAT(link_ids(map), ElementsAre("pub.olsr~shop.olsr", "pub.olsr~farm.olsr"));
  const Link& link = map.topology.links[0];
  EXPECT_EQ(link.kind, LinkKind::radio) << "one end knows that it is";
  EXPECT_EQ(link.band_ghz, 5);
  // To the shop: NLQ 0.6 at the pub and LQ 0.4 at the shop. Back: LQ 0.8 and NLQ 0.8. Of 150.
  EXPECT_EQ(link.a_to_b.rate_mbit, 75);
  EXPECT_EQ(link.b_to_a.rate_mbit, 120);
  EXPECT_EQ(map.topology.links[1].kind, LinkKind::ethernet);
  EXPECT_EQ(map.topology.links[1].a_to_b.loss, 0.5);
  EXPECT_THAT(skipped_of(map),
              ElementsAre("6: link \"pub.olsr\" to \"far-away.olsr\": there is no node "
                          "\"far-away.olsr\" in the file",
                          "9: link \"shop.olsr\" to \"shop.olsr\": a link to itself"));
}

TEST(ImportNetJson, ReadsEtx) {
  const Imported map = imported_fixture("netjson.json", "NetJSON NetworkGraph");
  EXPECT_THAT(node_ids(map), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
  EXPECT_EQ(map.topology.nodes[0].name, "one");
  EXPECT_EQ(map.topology.nodes[0].addresses.size(), 2U);
  EXPECT_THAT(map.topology.nodes[0].routing, ElementsAre("olsrd"));
  ASSERT_THAT(link_ids(map), ElementsAre("10.0.0.1~10.0.0.2", "10.0.0.2~10.0.0.3"));
  EXPECT_EQ(map.topology.links[0].a_to_b.rate_mbit, 25) << "ETX 4: a half each way, of 50 Mbit/s";
  EXPECT_EQ(map.topology.links[0].b_to_a.rate_mbit, 50);
  EXPECT_THAT(skipped_of(map),
              ElementsAre("15: link \"10.0.0.2\" to \"10.0.0.4\": there is no node \"10.0.0.4\" "
                          "in the file"));
}

std::string graph(const std::string& head, const std::string& cost) {
  return R"({"type": "NetworkGraph", )" + head +
         R"(, "nodes": [{"id": "a"}, {"id": "b"}], "links": [{"source": "a", "target": "b")" +
         (cost.empty() ? "" : ", \"cost\": " + cost) + "}]}";
}

double rate_of(const std::string& head, const std::string& cost) {
  const Imported map = imported(graph(head, cost), "NetJSON NetworkGraph");
  return map.topology.links.empty() ? 0 : map.topology.links[0].a_to_b.rate_mbit;
}

TEST(ImportNetJson, KnowsMetrics) {
  EXPECT_EQ(rate_of(R"("metric": "ETX", "protocol": "OLSR")", "4096"), 25) << "olsrd's units";
  EXPECT_EQ(rate_of(R"("metric": "ETX")", "4"), 25);
  EXPECT_EQ(rate_of(R"("metric": "BABEL_COST", "protocol": "babel")", "1024"), 25);
  EXPECT_EQ(rate_of(R"("protocol": "babel", "metric": null)", "96"), 1000) << "a cable";
  EXPECT_NEAR(rate_of(R"("protocol": "batman-adv", "metric": "TQ")", "1.25"), 40.3, 0.2);
  EXPECT_EQ(rate_of(R"("protocol": "new", "metric": "hops")", "3"), 50);
  EXPECT_EQ(rate_of(R"("metric": "ETX")", ""), 50);
}

TEST(MapWords, TellWhatALinkIs) {
  EXPECT_EQ(kind_of_link_type("l2tp"), LinkKind::wan);
  EXPECT_EQ(kind_of_link_type("cable"), LinkKind::ethernet);
  EXPECT_EQ(kind_of_link_type(""), LinkKind::radio);
  EXPECT_EQ(band_of_link_type("wifi24"), 2.4);
  EXPECT_EQ(kind_of_interface("tap0"), LinkKind::wan);
  EXPECT_EQ(kind_of_interface("br-lan"), LinkKind::ethernet);
  EXPECT_EQ(kind_of_interface("ath0"), LinkKind::radio);
  EXPECT_EQ(band_of_interface("mesh5"), 5);
  EXPECT_EQ(band_of_interface("wlan0-adhoc-2"), 2.4);
  EXPECT_EQ(band_of_interface("wlan2"), 0);
  EXPECT_EQ(band_of_interface("wlan0-2"), 0);
  EXPECT_EQ(band_of_interface("eth5"), 0);
  EXPECT_EQ(band_of_interface(""), 0);
}

}  // namespace
}  // namespace wirebraid::topology
