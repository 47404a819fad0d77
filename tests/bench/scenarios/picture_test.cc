#include "bench/scenarios/picture.h"

#include <gtest/gtest.h>

#include "bench/scenarios/chart.h"
#include "bench/scenarios/svg.h"

namespace wirebraid::scenarios {
namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t number = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

TEST(Svg, EscapesTextAndAttributes) {
  Svg svg(10, 20);
  svg.text({1, 2}, "a < b & \"c\"", Anchor::end, 9);
  const std::string document = svg.finish();
  EXPECT_NE(document.find("a &lt; b &amp; &quot;c&quot;"), std::string::npos);
  EXPECT_NE(document.find("width=\"10\" height=\"20\""), std::string::npos);
  EXPECT_NE(document.find("text-anchor=\"end\""), std::string::npos);
}

TEST(Svg, LeavesOutWhatIsNoLineOrArea) {
  Svg svg(10, 10);
  svg.polyline({{1, 1}}, {});
  svg.area({{1, 1}, {2, 2}}, "#000000", 1);
  EXPECT_EQ(svg.finish().find("points"), std::string::npos);
}

TEST(Chart, MarksAreRound) {
  EXPECT_DOUBLE_EQ(round_step(10, 4), 2);
  EXPECT_DOUBLE_EQ(round_step(70, 4), 10);
  EXPECT_DOUBLE_EQ(round_step(380, 4), 50);
  EXPECT_DOUBLE_EQ(round_step(0.9, 4), 0.2);
  EXPECT_DOUBLE_EQ(round_step(0, 4), 1);
}

TEST(Chart, CutsOffWhatIsOutside) {
  Svg svg(100, 100);
  Chart chart(svg, {.corner = {0, 0}, .width = 100, .height = 100, .seconds = 10, .most = 50});
  chart.line({{0, 0}, {5, 25}, {20, 500}}, {});
  EXPECT_NE(svg.finish().find("points=\"0.0,100.0 50.0,50.0 100.0,0.0\""), std::string::npos);
}

TEST(Picture, HasABandPerUplinkAndBreaksLinesWhereNothingIsKnown) {
  Series series{.uplinks = {"dsl", "l<e"}};
  for (int i = 1; i <= 6; ++i) {
    series.samples.push_back({.at = i * 0.1,
                              .uplink_bps = {5e7, 2e7},
                              .uplink_rtt = {15.0, std::nullopt},
                              .flow_bps = 6e7});
  }
  series.samples[3].uplink_rtt[0].reset();
  series.ping = {{0.1, 17}, {0.2, 18}};
  series.marks = {{0.3, "dsl fails"}};
  const std::string document = draw(series, {.title = "two", .sum_bps = 6.5e7, .warm_up_s = 0.2});
  EXPECT_EQ(count(document, "<polygon"), 2u);
  // The flow, two pieces of one round trip, out of order and sent again.
  EXPECT_EQ(count(document, "<polyline"), 5u);
  EXPECT_NE(document.find("l&lt;e"), std::string::npos);
  EXPECT_NE(document.find("dsl fails"), std::string::npos);
  EXPECT_NE(document.find("Mbit/s"), std::string::npos);
  EXPECT_EQ(draw({}, {.title = "nothing"}).find("nan"), std::string::npos);
}

}  // namespace
}  // namespace wirebraid::scenarios
