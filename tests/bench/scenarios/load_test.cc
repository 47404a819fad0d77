#include "bench/scenarios/load.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wirebraid::scenarios {
namespace {

TEST(Load, IsReadAsItIsNamed) {
  for (const char* name : {"cubic", "cubic,up", "bbr,strict", "quic,up,strict"}) {
    EXPECT_EQ(parse_load(name).name(), name);
  }
  const Load load = parse_load("bbr,strict,up");
  EXPECT_EQ(load.sender, "bbr");
  EXPECT_FALSE(load.download);
  EXPECT_TRUE(load.strict);
  for (const char* bad : {"", ",up", "cubic,sideways"}) {
    EXPECT_THROW(parse_load(bad), std::runtime_error) << bad;
  }
}

TEST(Load, BbrRunsWhereTheKernelHasIt) {
  const auto has_bbr = [](const std::string& available) {
    for (const Load& each : all_loads(available)) {
      if (each.sender == "bbr") return true;
    }
    return false;
  };
  EXPECT_TRUE(has_bbr("reno bbr cubic"));
  EXPECT_FALSE(has_bbr("reno cubic"));
  EXPECT_EQ(all_loads("").front().name(), "cubic");
}

}  // namespace
}  // namespace wirebraid::scenarios
