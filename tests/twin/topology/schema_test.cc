// The schema and the reader must agree: by their keys, and by what a real validator says of every
// fixture and of every mistake that a schema can see.
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/twin/topology/samples.h"
#include "twin/lab/scratch_directory.h"
#include "twin/topology/evernet.h"
#include "twin/topology/writer.h"

namespace wirebraid::topology {
namespace {

using Json = nlohmann::json;

std::string schema_path() {
  return std::string(WIREBRAID_SOURCE_DIR) + "/twin/topology/topology.schema.json";
}

Json schema() { return Json::parse(contents_of(schema_path())); }

TEST(TopologySchema, HasTheReadersKeys) {
  const Json whole = schema();
  for (const ObjectKeys& object : object_keys()) {
    const Json& part =
        object.object == "topology" ? whole : whole["$defs"][std::string(object.object)];
    std::set<std::string> known;
    std::set<std::string> required;
    for (const Key& key : object.keys) {
      known.emplace(key.name);
      if (key.required) required.emplace(key.name);
    }
    std::set<std::string> in_schema;
    for (const auto& [name, value] : part["properties"].items()) in_schema.insert(name);
    EXPECT_EQ(in_schema, known) << object.object;
    EXPECT_EQ(part["required"].get<std::set<std::string>>(), required) << object.object;
    EXPECT_EQ(part["additionalProperties"], false) << object.object;
  }
}

template <typename Names>
Json names_in(const Names& names) {
  Json list = Json::array();
  for (const auto& entry : names) list.push_back(entry.name);
  return list;
}

TEST(TopologySchema, HasTheReadersWordsAndBounds) {
  const Json parts = schema()["$defs"];
  EXPECT_EQ(parts["node"]["properties"]["role"]["enum"], names_in(kRoles));
  EXPECT_EQ(parts["link"]["properties"]["kind"]["enum"], names_in(kLinkKinds));
  EXPECT_EQ(parts["link"]["properties"]["band_ghz"]["enum"], Json(kBandsGhz));
  EXPECT_EQ(parts["node"]["properties"]["routing"]["items"]["enum"], Json(kRoutingDaemons));
  EXPECT_EQ(parts["text"]["maxLength"], kLongestText);
  const Json& direction = parts["direction"]["properties"];
  EXPECT_EQ(direction["rate_mbit"]["minimum"], kLeastRateMbit);
  EXPECT_EQ(direction["rate_mbit"]["maximum"], kMostRateMbit);
  EXPECT_EQ(direction["delay_ms"]["maximum"], kMostDelayMs);
  EXPECT_EQ(direction["jitter_ms"]["maximum"], kMostDelayMs);
}

class Validator {
 public:
  void add(const std::string& name, const std::string& text, bool good) {
    const std::string path =
        directory_.path().string() + "/" + std::to_string(cases_.size()) + ".json";
    EXPECT_EQ(save_text(text, path), std::nullopt);
    cases_.push_back({name, path, good});
  }

  /// False if no validator is installed.
  bool run() {
    std::string command = "python3 '" + std::string(WIREBRAID_SOURCE_DIR) +
                          "/tests/twin/topology/schema_check.py' '" + schema_path() + "'";
    for (const Case& one : cases_) command += " '" + one.path + "'";
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    EXPECT_NE(pipe, nullptr);
    std::string said;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
    const int status = ::pclose(pipe);
    constexpr int kNoValidator = 77;
    constexpr int kNoPython = 127;
    if (WEXITSTATUS(status) == kNoValidator || WEXITSTATUS(status) == kNoPython) return false;
    EXPECT_EQ(status, 0) << said;
    std::istringstream lines(said);
    for (const Case& one : cases_) {
      std::string line;
      std::getline(lines, line);
      EXPECT_EQ(line, std::string(one.good ? "good " : "bad ") + one.path) << one.name;
    }
    return true;
  }

 private:
  struct Case {
    std::string name;
    std::string path;
    bool good;
  };
  lab::ScratchDirectory directory_{"wirebraid-schema"};
  std::vector<Case> cases_;
};

TEST(TopologySchema, AgreesWithTheReaderInARealValidator) {
  Validator validator;
  validator.add("village", village_text(), true);
  const auto village = read_topology(village_text(), "village.json");
  ASSERT_TRUE(village.topology);
  validator.add("village, written", write_topology(*village.topology), true);
  validator.add("Evernet", write_topology(make_evernet({})), true);
  for (const Mistake& mistake : mistakes()) {
    validator.add(mistake.name, mistake.text(), !mistake.schema_sees_it);
  }
  if (!validator.run()) GTEST_SKIP() << "python3-jsonschema is not installed";
}

}  // namespace
}  // namespace wirebraid::topology
