#include "twin/check/prediction.h"

#include <gtest/gtest.h>

#include "tests/twin/check/good_village.h"

namespace wirebraid::check {
namespace {

using topology::Direction;

TEST(Prediction, AddsUpTheLinksOfTheWay) {
  const Village village;
  const auto way = predict(village.view(), {kHouse, kTower2, kTower1, kGateway});
  ASSERT_TRUE(way);
  EXPECT_DOUBLE_EQ(way->delay_ms, 1.5 + 0.5 + 0.2);
  EXPECT_DOUBLE_EQ(way->jitter_ms, 1.0 + 0.2);
  EXPECT_DOUBLE_EQ(way->arrival, 1);
  EXPECT_DOUBLE_EQ(way->rate_mbit, 6) << "the slowest";
  EXPECT_EQ(way->hops, 3U);
  EXPECT_DOUBLE_EQ(predict(village.view(), {kGateway, kTower1, kExit})->arrival, 0.999);
}

TEST(Prediction, TakesEachLinksDirection) {
  Village village;
  village.topology.links[1].a_to_b = Direction{50, 7, 3, 0.5};
  village.topology.links[1].b_to_a = Direction{20, 1, 2, 0};
  const auto there = predict(village.view(), {kTower1, kTower2});
  const auto back = predict(village.view(), {kTower2, kTower1});
  EXPECT_DOUBLE_EQ(there->delay_ms, 7);
  EXPECT_DOUBLE_EQ(there->arrival, 0.5);
  EXPECT_DOUBLE_EQ(back->rate_mbit, 20);
  EXPECT_DOUBLE_EQ(back->jitter_ms, 2);
}

TEST(Prediction, OfNoWayIsNothingToWaitFor) {
  const Village village;
  const auto way = predict(village.view(), {kHouse});
  ASSERT_TRUE(way);
  EXPECT_EQ(way->hops, 0U);
  EXPECT_EQ(way->delay_ms, 0);
  EXPECT_EQ(way->arrival, 1);
}

TEST(Prediction, LinesAreNotOfTheMesh) {
  const Village village;
  EXPECT_FALSE(predict(village.view(), {kGateway, kCore}));
  EXPECT_FALSE(predict(village.view(), {kGateway, kExit})) << "no neighbours, and no batman-adv";
  EXPECT_FALSE(predict(village.view(), {kHouse, kTower2, kGateway}));
}

/// a - b - c - d by batman-adv, and a - c as well, which takes 5 ms.
struct Batman {
  Batman() {
    for (const char* id : {"a", "b", "c", "d"}) mesh::add_node(topology, id, {"batman-adv"});
    mesh::add_link(topology, "a", "b");
    mesh::add_link(topology, "b", "c");
    mesh::add_link(topology, "c", "d");
    mesh::add_link(topology, "a", "c");
    topology.links[3].a_to_b = Direction{100, 5, 0, 0};
    plan = mesh::plan_of(topology);
  }
  View view() const { return {topology, plan, facts}; }

  topology::Topology topology;
  mesh::Plan plan;
  std::vector<NodeFacts> facts;
};

TEST(Prediction, BatmanTakesTheWayOfTheLeastDelay) {
  Batman mesh;
  const auto way = predict(mesh.view(), {0, 3});
  ASSERT_TRUE(way);
  EXPECT_EQ(way->hops, 3U);
  EXPECT_DOUBLE_EQ(way->delay_ms, 3);
  EXPECT_DOUBLE_EQ(way->rate_mbit, 10);
  mesh.topology.links[3].a_to_b.delay_ms = 1.5;
  const auto shorter = predict(mesh.view(), {0, 3});
  EXPECT_EQ(shorter->hops, 2U);
  EXPECT_DOUBLE_EQ(shorter->delay_ms, 2.5);
}

TEST(Prediction, OfTwoLinksBetweenNeighboursTheQuickerOneCounts) {
  Batman mesh;
  mesh::add_link(mesh.topology, "a", "b");
  mesh.topology.links.back().a_to_b.delay_ms = 0.25;
  mesh.plan = mesh::plan_of(mesh.topology);
  EXPECT_DOUBLE_EQ(predict(mesh.view(), {0, 1})->delay_ms, 0.25);
  EXPECT_DOUBLE_EQ(predict(mesh.view(), {1, 0})->delay_ms, 1);
}

}  // namespace
}  // namespace wirebraid::check
