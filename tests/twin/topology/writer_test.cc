#include "twin/topology/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/topology/samples.h"
#include "twin/lab/scratch_directory.h"
#include "twin/topology/evernet.h"

namespace wirebraid::topology {
namespace {

using ::testing::HasSubstr;

void expect_round_trip(const Topology& topology) {
  const std::string text = write_topology(topology);
  const ReadResult result = read_topology(text, "written.json");
  ASSERT_TRUE(result.topology) << result.errors.front().to_string();
  EXPECT_EQ(*result.topology, topology);
  EXPECT_EQ(write_topology(*result.topology), text);
}

TEST(TopologyWriter, WritesWhatTheReaderReads) {
  const ReadResult village = read_topology(village_text(), "village.json");
  ASSERT_TRUE(village.topology);
  expect_round_trip(*village.topology);
  expect_round_trip(make_evernet({}));
  Topology least;
  least.nodes.emplace_back().id = "alone";
  expect_round_trip(least);
}

TEST(TopologyWriter, WritesOneNodeOrLinkPerLineAndNothingNeedless) {
  const ReadResult village = read_topology(village_text(), "village.json");
  ASSERT_TRUE(village.topology);
  const std::string text = write_topology(*village.topology);
  EXPECT_THAT(text, HasSubstr("\n    {\"id\":\"house-2\",\"role\":\"household\"},\n"));
  EXPECT_THAT(text, HasSubstr("\n    {\"a\":\"house-1\",\"b\":\"tower\",\"kind\":\"ethernet\","
                              "\"a_to_b\":{\"rate_mbit\":1000}},\n"));
}

TEST(TopologyWriter, ReplacesAFileAsAWhole) {
  const lab::ScratchDirectory directory("wirebraid-topology");
  const std::string path = directory.path().string() + "/net.json";
  EXPECT_EQ(save_text("old", path), std::nullopt);
  EXPECT_EQ(save_text("new", path), std::nullopt);
  EXPECT_EQ(contents_of(path), "new");
  EXPECT_EQ(save_text("x", directory.path().string() + "/none/net.json"),
            "cannot be written: No such file or directory");
  EXPECT_EQ(save_text("x", "/dev/full"), "cannot be written: No space left on device");
}

}  // namespace
}  // namespace wirebraid::topology
