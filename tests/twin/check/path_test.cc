// Ways through the mesh as the routing tables have them, and which gateway they end at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/check/good_village.h"
#include "twin/check/mesh_checks.h"

namespace wirebraid::check {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string said(const Result& result) {
  return std::string(name_of(result.outcome)) + ": " + result.message;
}

TEST(Path, GoesFromNodeToNode) {
  const Village village;
  EXPECT_THAT(path_to(village.view(), kTower2, "10.77.0.5"), ElementsAre(kTower2, kTower1, kExit));
  EXPECT_THAT(path_to(village.view(), kTower1, "10.77.0.3"), ElementsAre(kTower1)) << "itself";
}

TEST(Path, CrossesBetweenBothWorlds) {
  const Village village;
  EXPECT_THAT(path_to(village.view(), kHouse, "10.77.0.2"),
              ElementsAre(kHouse, kTower2, kTower1, kGateway));
  EXPECT_THAT(path_to(village.view(), kGateway, "10.78.0.6"),
              ElementsAre(kGateway, kTower1, kTower2, kHouse));
}

TEST(Path, EndsAtItsTargetWhateverThatOnesRoutesSay) {
  Village village;
  // Without a route to itself its default route would lead back.
  EXPECT_THAT(path_to(village.view(), kGateway, "10.77.0.5"),
              ElementsAre(kGateway, kTower1, kExit));
  village.facts[kTower1].routes4 = parse_routes("default via 10.77.0.2 dev eth0\n");
  EXPECT_THAT(path_to(village.view(), kTower2, "10.77.0.3"), ElementsAre(kTower2, kTower1));
}

TEST(Path, EndsWhereItLeavesTheMeshOrNobodyKnowsFurther) {
  Village village;
  EXPECT_THAT(path_to(village.view(), kHouse, mesh::kInternet4),
              ElementsAre(kHouse, kTower2, kTower1, kGateway));
  village.facts[kTower1].routes4.clear();
  EXPECT_THAT(path_to(village.view(), kHouse, mesh::kInternet4),
              ElementsAre(kHouse, kTower2, kTower1));
}

TEST(Path, EndsThoughItIsALoop) {
  Village village;
  village.facts[kTower1].routes4 = parse_routes("default via 10.77.0.4 dev eth1 proto babel\n");
  EXPECT_THAT(path_to(village.view(), kHouse, mesh::kInternet4), SizeIs(7));
  EXPECT_EQ(gateway_of(village.view(), kHouse), std::nullopt);
  EXPECT_EQ(said(check_gateway(village.view(), kHouse)),
            "failed: its way to the internet leads to no gateway");
}

TEST(Gateway, IsTheOneWhoseBondIsUsed) {
  const Village village;
  EXPECT_EQ(gateway_of(village.view(), kHouse), kGateway);
  EXPECT_EQ(said(check_gateway(village.view(), kHouse)), "passed: goes through gw");
  EXPECT_EQ(said(check_gateway(village.view(), kGateway)),
            "passed: it is one, and uses its own bond");
  EXPECT_EQ(said(check_gateway(village.view(), kCore)), "skipped: there is no gateway in its mesh");
}

TEST(Gateway, AlsoUsesItsExits) {
  Village village;
  village.facts[kGateway].routes4 = parse_routes("default dev wbx proto 151 metric 1000\n");
  EXPECT_EQ(gateway_of(village.view(), kTower1), kGateway);
}

TEST(Gateway, ThatUsesABareLineIsNone) {
  Village village;
  village.facts[kGateway].routes4 = parse_routes("default via 198.18.0.2 dev eth1 metric 10\n");
  EXPECT_EQ(gateway_of(village.view(), kTower1), std::nullopt);
  EXPECT_EQ(said(check_gateway(village.view(), kGateway)),
            "failed: its way to the internet leads to no gateway");
}

TEST(Gateway, IsMissedWithoutADefaultRoute) {
  Village village;
  village.forget_route(kTower2, "128.0.0.0/1");
  EXPECT_EQ(gateway_of(village.view(), kHouse), std::nullopt);
  EXPECT_EQ(gateway_of(village.view(), kTower1), kGateway);
  EXPECT_EQ(said(check_gateway(village.view(), kTower2)),
            "failed: its way to the internet leads to no gateway");
}

TEST(Joined, IsByLinksOfTheMeshAlone) {
  const Village village;
  EXPECT_TRUE(joined(village.view(), kGateway, kHouse));
  EXPECT_TRUE(joined(village.view(), kHouse, kExit));
  EXPECT_FALSE(joined(village.view(), kGateway, kCore));
  EXPECT_TRUE(joined(village.view(), kCore, kCore));
}

}  // namespace
}  // namespace wirebraid::check
