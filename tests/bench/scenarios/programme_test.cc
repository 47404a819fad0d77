#include "bench/scenarios/programme.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/scenarios/catalogue.h"
#include "twin/lab/topology.h"

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const fabric::WireOptions kBase = lab::symmetric(20'000'000, milliseconds(50));

TEST(Programme, RatesMoveWithinTheirBoundsAndComeBackWithTheSeed) {
  const auto steps = moving_rate(kBase, 5'000'000, 40'000'000, seconds(1), seconds(200), 1);
  ASSERT_EQ(steps.size(), 200u);
  std::set<uint64_t> rates;
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].at, seconds(i));
    EXPECT_GE(steps[i].wire.from_a.rate, 5'000'000u);
    EXPECT_LE(steps[i].wire.from_a.rate, 40'000'000u);
    EXPECT_EQ(steps[i].wire.from_a.rate, steps[i].wire.from_b.rate);
    EXPECT_EQ(steps[i].wire.from_a.delay, milliseconds(25));
    rates.insert(steps[i].wire.from_a.rate);
  }
  EXPECT_GT(rates.size(), 190u);
  EXPECT_LT(*rates.begin(), 8'000'000u);
  EXPECT_GT(*rates.rbegin(), 37'000'000u);
  const auto again = moving_rate(kBase, 5'000'000, 40'000'000, seconds(1), seconds(200), 1);
  EXPECT_EQ(again[17].wire.from_a.rate, steps[17].wire.from_a.rate);
  const auto other = moving_rate(kBase, 5'000'000, 40'000'000, seconds(1), seconds(200), 2);
  EXPECT_NE(other[17].wire.from_a.rate, steps[17].wire.from_a.rate);
}

TEST(Programme, DelaysJumpAboveAndBelow) {
  UplinkSpec uplink{"leo", kBase, jumping_delay(kBase, milliseconds(20), seconds(3), seconds(10))};
  const auto round_trip = [&](Duration at) {
    const fabric::WireOptions& wire = uplink.wire_at(at);
    return wire.from_a.delay + wire.from_b.delay;
  };
  EXPECT_EQ(round_trip(seconds(0)), milliseconds(50));
  EXPECT_EQ(round_trip(milliseconds(2999)), milliseconds(50));
  EXPECT_EQ(round_trip(seconds(3)), milliseconds(70));
  EXPECT_EQ(round_trip(seconds(6)), milliseconds(30));
  EXPECT_EQ(round_trip(seconds(9)), milliseconds(70));
  EXPECT_EQ(round_trip(seconds(99)), milliseconds(70));
}

TEST(Catalogue, NamesAreUniqueAndUplinksFitTheLab) {
  std::set<std::string> names;
  for (const Scenario& each : catalogue()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_GE(each.uplinks.size(), 2u);
    std::set<std::string> uplinks;
    for (const UplinkSpec& uplink : each.uplinks) {
      EXPECT_TRUE(uplinks.insert(uplink.name).second) << each.name;
      EXPECT_LE(uplink.name.size(), 14u);
      EXPECT_GT(uplink.wire.from_b.rate, 0u);
    }
  }
}

TEST(Catalogue, SelectsByPatternInItsOwnOrder) {
  const auto chosen = select({"fail-*", "50@20+50@20"});
  ASSERT_GE(chosen.size(), 2u);
  EXPECT_EQ(chosen.front().name, "50@20+50@20");
  for (size_t i = 1; i < chosen.size(); ++i) EXPECT_TRUE(chosen[i].fault.has_value());
  EXPECT_EQ(select({}).size(), catalogue().size());
  EXPECT_THROW(select({"no-such"}), std::runtime_error);
}

}  // namespace
}  // namespace wirebraid::scenarios
