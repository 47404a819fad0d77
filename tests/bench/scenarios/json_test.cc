#include "bench/scenarios/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/scenarios/catalogue.h"

namespace wirebraid::scenarios {
namespace {

TEST(Json, HasSharesAndSaysWhatWasNotMeasured) {
  ScenarioOutcome outcome{.scenario = select({"50@15+20@60"}).front()};
  ThroughputRow row;
  row.alone = {{.bits_per_second = 40e6}, {.bits_per_second = 10e6}};
  row.bond.bits_per_second = 45e6;
  row.bond.uplink_bps = {45e6, 0.1e6};
  outcome.repeats.push_back(
      {.throughput = ThroughputResult{.raw_bps = {47e6, 19e6}, .rows = {row}}});
  outcome.repeats.push_back({.failure = FailureResult{.uplink = "dsl"}});
  outcome.repeats.push_back({.error = "no luck"});
  const auto json = nlohmann::json::parse(to_json({outcome}));
  EXPECT_EQ(json.at("schema"), "wirebraid-scenarios");
  EXPECT_EQ(json.at("version"), kJsonVersion);
  const auto& repeats = json.at("scenarios").at(0).at("repeats");
  const auto& first = repeats.at(0).at("rows").at(0);
  EXPECT_DOUBLE_EQ(first.at("share_of_sum"), 0.9);
  EXPECT_DOUBLE_EQ(first.at("share_of_best"), 1.125);
  EXPECT_DOUBLE_EQ(first.at("slowest_used_ms"), 15) << "the other one carried next to nothing";
  EXPECT_TRUE(repeats.at(1).at("failure").at("carries_again_ms").is_null());
  EXPECT_EQ(repeats.at(2).at("error"), "no luck");
}

}  // namespace
}  // namespace wirebraid::scenarios
