// Real files of communities and daemons, where they are present (shared/data beside the tree).
// What is expected was counted in the files by other means (python and jq), not by the importers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "tests/twin/topology/import/imported.h"
#include "twin/topology/selection.h"

namespace wirebraid::topology {
namespace {

struct RealFile {
  const char* name;
  const char* title;
  size_t nodes;
  size_t links;
  size_t skipped;
  const char* entry;  ///< how each skipped entry begins, one of two
  const char* entry2;
};

// Otherwise GoogleTest prints the bytes of the struct.
void PrintTo(const RealFile& file, std::ostream* out) { *out << file.name; }  // NOLINT

constexpr RealFile kFiles[] = {
    {"meshviewer-bielefeld.json", "meshviewer.json", 273, 238, 0, "", ""},
    {"meshviewer-ulm.json", "meshviewer.json", 228, 234, 0, "", ""},
    // 346 entries of links; 237 of them are views of 166 links, 109 lead out of the excerpt.
    {"hopglass-excerpt.json", "OpenWifiMap rows (HopGlass)", 60, 166, 109, "link \"node-", "?"},
    {"netjson-3-links.json", "NetJSON NetworkGraph", 4, 3, 0, "", ""},
    {"olsr-5-links.json", "OLSRd jsoninfo", 5, 5, 0, "", ""},
    {"olsr-2-links-newformat.json", "OLSRd jsoninfo", 3, 2, 0, "", ""},
    {"olsr-5-links.txt", "OLSRd txtinfo", 5, 5, 2, "own link \"", "neighbour \""},
    {"batman.json", "batadv-vis JSON", 5, 4, 26, "client \"", "?"},
    {"batman.txt", "batadv-vis text", 5, 4, 0, "", ""},
};

class SharedData : public ::testing::TestWithParam<RealFile> {
 protected:
  void SetUp() override {
    path_ = std::string(WIREBRAID_SHARED_DATA) + "/topology/" + GetParam().name;
    if (!std::filesystem::exists(path_)) GTEST_SKIP() << path_ << " is not there";
    text_ = contents_of(path_);
  }

  std::string path_;
  std::string text_;
};

TEST_P(SharedData, HasTheFilesNodesAndLinks) {
  const RealFile& file = GetParam();
  const Imported map = imported(text_, file.title);
  EXPECT_EQ(map.topology.nodes.size(), file.nodes);
  EXPECT_EQ(map.topology.links.size(), file.links);
}

TEST_P(SharedData, NamesEverySkippedEntry) {
  const RealFile& file = GetParam();
  const Imported map = imported(text_, file.title);
  EXPECT_EQ(map.skipped.size(), file.skipped);
  std::set<size_t> lines;
  for (const Skipped& one : map.skipped) {
    EXPECT_TRUE(one.entry.starts_with(file.entry) || one.entry.starts_with(file.entry2))
        << one.entry;
    EXPECT_FALSE(one.reason.empty());
    lines.insert(one.line);
  }
  EXPECT_EQ(lines.size(), file.skipped) << "each at its own place";
}

TEST_P(SharedData, GivesPartsThatAreGood) {
  const Imported map = imported(text_, GetParam().title);
  const auto components = components_of(map.topology);
  ASSERT_FALSE(components.empty());
  const Selected largest = select(map.topology, {.component = 1});
  EXPECT_EQ(largest.topology.nodes.size(), components.front().size());
  const Selected few = select(map.topology, {.component = 1, .max_nodes = 3});
  EXPECT_EQ(few.topology.nodes.size(), 3U);
  EXPECT_EQ(components_of(few.topology).size(), 1U);
  EXPECT_TRUE(read_topology(write_topology(few.topology), "part").topology);
}

TEST_P(SharedData, TruncatedItIsNotTakenForWhole) {
  const bool json = std::string(GetParam().name).ends_with(".json");
  for (int part = 1; part < 8; ++part) {
    const ImportResult result =
        import_topology(text_.substr(0, text_.size() * static_cast<size_t>(part) / 8), "map");
    EXPECT_NE(result.imported.has_value(), !result.errors.empty());
    EXPECT_FALSE(json && result.imported) << part;
  }
}

INSTANTIATE_TEST_SUITE_P(Topology, SharedData, ::testing::ValuesIn(kFiles), [](const auto& file) {
  std::string name = file.param.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace wirebraid::topology
