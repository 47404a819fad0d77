// A map is of use only if its nodes are apart, inside of it, and tomorrow where they were today.
#include "twin/validate/report/map_layout.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/twin/validate/report/sample_verdicts.h"
#include "twin/topology/evernet.h"
#include "twin/validate/report/map_labels.h"

namespace wirebraid::validate {
namespace {

using topology::Role;
using topology::Topology;

Topology without_locations(Topology topology) {
  for (topology::Node& node : topology.nodes) node.location.reset();
  return topology;
}

void expect_inside(const Topology& topology, const MapLayout& layout) {
  ASSERT_EQ(layout.nodes.size(), topology.nodes.size());
  for (size_t i = 0; i < layout.nodes.size(); ++i) {
    const Point& at = layout.nodes[i];
    constexpr double kRounding = 1e-6;
    EXPECT_GE(at.x, kMapMargin - kRounding) << topology.nodes[i].id;
    EXPECT_LE(at.x, kMapWidth - kMapMargin + kRounding) << topology.nodes[i].id;
    EXPECT_GE(at.y, kMapMargin - kRounding) << topology.nodes[i].id;
    EXPECT_LE(at.y, layout.height - kMapMargin + kRounding) << topology.nodes[i].id;
  }
}

double distance(const Point& x, const Point& y) { return std::hypot(x.x - y.x, x.y - y.y); }

double least_distance(const MapLayout& layout) {
  double least = 1e9;
  for (size_t i = 0; i < layout.nodes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      least = std::min(least, distance(layout.nodes[i], layout.nodes[j]));
    }
  }
  return least;
}

double mean_length_of_links(const Topology& topology, const MapLayout& layout) {
  double sum = 0;
  for (const Ends& ends : known_ends(topology)) {
    sum += distance(layout.nodes[ends.a], layout.nodes[ends.b]);
  }
  return sum / static_cast<double>(topology.links.size());
}

class MapLayoutOf : public testing::TestWithParam<bool> {
 protected:
  Topology topology() const {
    const Topology evernet = topology::make_evernet({});
    return GetParam() ? evernet : without_locations(evernet);
  }
};

TEST_P(MapLayoutOf, AnEvernetIsInsideAndApart) {
  const MapLayout layout = lay_out(topology());
  EXPECT_EQ(layout.geographic, GetParam());
  expect_inside(topology(), layout);
  EXPECT_GT(least_distance(layout), 20);
}

TEST_P(MapLayoutOf, AnEvernetIsTheSameAgain) {
  const MapLayout once = lay_out(topology());
  const MapLayout again = lay_out(topology());
  EXPECT_EQ(once.height, again.height);
  for (size_t i = 0; i < once.nodes.size(); ++i) {
    EXPECT_EQ(once.nodes[i].x, again.nodes[i].x);
    EXPECT_EQ(once.nodes[i].y, again.nodes[i].y);
  }
}

TEST_P(MapLayoutOf, AnEvernetHasItsServersAbove) {
  const Topology evernet = topology();
  const MapLayout layout = lay_out(evernet);
  for (size_t i = 0; i < layout.nodes.size(); ++i) {
    const bool above = layout.nodes[i].y < layout.mesh_top;
    EXPECT_EQ(above, evernet.nodes[i].role == Role::server) << evernet.nodes[i].id;
  }
}

INSTANTIATE_TEST_SUITE_P(AllEvernets, MapLayoutOf, testing::Bool(), [](const auto& instance) {
  return instance.param ? "WithLocations" : "WithoutLocations";
});

/// Households in a line from north to south and one far in the east.
Topology located() {
  Topology topology;
  for (const auto& [id, latitude, longitude] : {std::tuple{"north", 60.02, 10.0},
                                                {"middle", 60.01, 10.0},
                                                {"south", 60.0, 10.0},
                                                {"east", 60.0, 10.04}}) {
    topology::Node& node = topology.nodes.emplace_back();
    node.id = id;
    node.location = {latitude, longitude};
  }
  return topology;
}

TEST(MapLayoutTest, KeepsDirectionsAndDistances) {
  const MapLayout layout = lay_out(located());
  const auto& [north, middle, south, east] =
      std::tie(layout.nodes[0], layout.nodes[1], layout.nodes[2], layout.nodes[3]);
  EXPECT_LT(north.y, middle.y);
  EXPECT_LT(middle.y, south.y);
  EXPECT_NEAR(north.x, south.x, 0.01);
  EXPECT_NEAR(east.y, south.y, 0.01);
  // At 60 degrees north a degree of longitude is half as long as one of latitude.
  EXPECT_NEAR(distance(south, east), distance(south, north), 1);
}

TEST(MapLayoutTest, SpansThe180thMeridian) {
  Topology topology = located();
  for (topology::Node& node : topology.nodes) node.location->longitude += 169.98;
  topology.nodes[3].location->longitude -= 360;
  const MapLayout layout = lay_out(topology);
  EXPECT_NEAR(distance(layout.nodes[2], layout.nodes[3]),
              distance(layout.nodes[2], layout.nodes[0]), 1);
}

TEST(MapLayoutTest, PutsOneWithoutALocationNearItsNeighbour) {
  Topology topology = topology::make_evernet({});
  const Point before = lay_out(topology).nodes.back();
  topology::Node& last = topology.nodes.back();
  ASSERT_EQ(last.role, Role::household);
  last.location.reset();
  const MapLayout layout = lay_out(topology);
  EXPECT_TRUE(layout.geographic);
  expect_inside(topology, layout);
  EXPECT_LT(distance(before, layout.nodes.back()), 200);
}

TEST(MapLayoutTest, PutsLinkedNodesNearEachOther) {
  const Topology topology = without_locations(topology::make_evernet({}));
  // Anywhere in a rectangle of 920 x 640, two points are 400 apart on average.
  EXPECT_LT(mean_length_of_links(topology, lay_out(topology)), 200);
}

TEST(MapLayoutTest, CanDoWithFewNodesAndOddOnes) {
  Topology topology;
  EXPECT_GT(lay_out(topology).height, 0);
  topology.nodes.emplace_back().id = "alone";
  topology.links.push_back({"alone~gone", "alone", "gone", {}, 0, {}, {}});
  expect_inside(topology, lay_out(topology));
  topology.nodes[0].location = {47, 8};
  expect_inside(topology, lay_out(topology));
  topology.nodes.push_back(topology.nodes[0]);
  topology.nodes[1].id = "at the same place";
  expect_inside(topology, lay_out(topology));
  EXPECT_GT(least_distance(lay_out(topology)), 15);
  for (topology::Node& node : topology.nodes) node.role = Role::server;
  expect_inside(topology, lay_out(topology));
}

TEST(MapLabels, DoNotCoverEachOtherAndShowWhatFailed) {
  const Verdict verdict = evernet_verdict();
  const MapMarks marks = marks_of(verdict);
  const auto labels = place_labels(verdict.topology, lay_out(verdict.topology), marks);
  size_t fitting = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(labels[i].text, verdict.topology.nodes[i].id);
    if (marks.nodes[i].state() == State::failed) {
      EXPECT_TRUE(labels[i].fits) << labels[i].text;
    }
    if (!labels[i].fits) continue;
    ++fitting;
    for (size_t j = 0; j < i; ++j) {
      if (!labels[j].fits || std::fabs(labels[i].at.y - labels[j].at.y) > kLabelSize) continue;
      const double gap = std::fabs(labels[i].at.x - labels[j].at.x);
      const auto letters = static_cast<double>(labels[i].text.size() + labels[j].text.size());
      EXPECT_GT(gap, letters / 2 * kLabelSize * 0.5) << labels[i].text << " " << labels[j].text;
    }
  }
  EXPECT_GT(fitting, labels.size() / 3);
}

TEST(MapLabels, OfWhatFailedAreChosenFirst) {
  Verdict verdict;
  // In a row so close that only one can have its name right below.
  for (const char* id : {"one-of-long-name", "two-of-long-name", "three-of-long-name"}) {
    verdict.topology.nodes.emplace_back().id = id;
  }
  MapLayout layout;
  layout.height = 300;
  layout.nodes = {{480, 150}, {500, 150}, {520, 150}};
  for (size_t failed = 0; failed < 3; ++failed) {
    MapMarks marks = marks_of(verdict);
    marks.nodes[failed].sums.failed = 1;
    const auto labels = place_labels(verdict.topology, layout, marks);
    for (size_t i = 0; i < 3; ++i) {
      const bool right_below =
          labels[i].fits && labels[i].at.x == layout.nodes[i].x && labels[i].at.y > 150;
      EXPECT_EQ(right_below, i == failed) << labels[i].text;
    }
  }
}

TEST(MapLabels, AreShortened) {
  Verdict verdict = good_verdict();
  verdict.topology.nodes[3].id = std::string(32, 'a') + std::string(32, 'b');
  const auto labels = place_labels(verdict.topology, lay_out(verdict.topology), marks_of(verdict));
  EXPECT_EQ(labels[3].text, "aaaaaaaaa…bbbbbbbbb");
}

}  // namespace
}  // namespace wirebraid::validate
