#include "twin/lab/bond_status.h"

#include <gtest/gtest.h>

namespace wirebraid::lab {
namespace {

TEST(BondStatus, ReadsWhatIsThere) {
  const auto view = parse_interface_view(R"({"version": 1, "engine": "epoll", "bonds": [
      {"name": "home", "resent": 7, "uplinks": [
        {"name": "dsl", "state": "up", "rtt_us": 15200, "loss_ratio": 0.01, "capacity_bps": 5e7},
        {"name": "lte", "state": "suspect", "unused_reason": "report overdue", "new": [1]}]}]})");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->engine, "epoll");
  EXPECT_EQ(view->bonds.at(0).resent, 7u);
  const UplinkView* const dsl = view->uplink("dsl");
  ASSERT_NE(dsl, nullptr);
  EXPECT_TRUE(dsl->up());
  EXPECT_EQ(dsl->rtt_us, 15200u);
  EXPECT_EQ(dsl->capacity_bps, 50'000'000u);
  const UplinkView* const lte = view->uplink("lte");
  ASSERT_NE(lte, nullptr);
  EXPECT_FALSE(lte->up());
  EXPECT_EQ(lte->unused_reason, "report overdue");
  EXPECT_FALSE(lte->rtt_us);
  EXPECT_EQ(view->uplink("wlan"), nullptr);
}

TEST(BondStatus, ReadsTheControlSocketsAnswer) {
  const auto view = parse_show_answer(R"({"ok": true, "status": {"engine": "epoll"}})");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->engine, "epoll");
  EXPECT_FALSE(parse_show_answer(R"({"ok": false, "error": ["x"]})"));
  EXPECT_FALSE(parse_show_answer(""));
}

TEST(BondStatus, ToleratesWhatIsMissingOrOfAnotherType) {
  EXPECT_FALSE(parse_interface_view(""));
  EXPECT_FALSE(parse_interface_view("[]"));
  EXPECT_TRUE(parse_interface_view("{}"));
  EXPECT_TRUE(parse_interface_view(R"({"bonds": 3, "engine": null})"));
  const auto view =
      parse_interface_view(R"({"bonds": [null, {"uplinks": [1, {"state": 2, "rtt_us": "x"}]}]})");
  ASSERT_TRUE(view);
  ASSERT_EQ(view->bonds.size(), 1u);
  ASSERT_EQ(view->bonds[0].uplinks.size(), 1u);
  EXPECT_FALSE(view->bonds[0].uplinks[0].up());
}

}  // namespace
}  // namespace wirebraid::lab
