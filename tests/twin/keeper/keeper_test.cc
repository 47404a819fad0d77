// A twin whose nodes are all off, as far as it can be asked and changed.
#include "twin/keeper/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/twin/firmware/image_files.h"
#include "tests/twin/mesh/villages.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::keeper {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kDsl = 4;  // the link "gw-dsl"

class KeeperTest : public ::testing::Test {
 protected:
  static mesh::TwinOptions options(const fs::path& directory) {
    fs::create_directories(directory);
    firmware::make_image(directory, "image", "1.0");
    mesh::TwinOptions options;
    options.directory = directory / "twin";
    options.image = directory / "image";
    options.data_bytes = 8 << 20;
    return options;
  }
  /// What is said of a request that is refused.
  std::string error_of(const Json& request) {
    try {
      keeper_.answer(request);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }
  fabric::WireOptions dsl() { return twin_.wires().options(kDsl); }

  lab::ScratchDirectory scratch_{"keeper"};
  wirebraid::testing::FakePlatform platform_;
  mesh::Twin twin_{mesh::two_villages(), options(scratch_.path()), platform_};
  Keeper keeper_{twin_, scratch_.path()};
};

TEST_F(KeeperTest, TellsTheStateOfNodesAndLinks) {
  const Json status = keeper_.answer({{"command", "status"}});
  EXPECT_EQ(status["version"], 1);
  EXPECT_EQ(status["name"], "Two villages");
  ASSERT_EQ(status["nodes"].size(), 6U);
  EXPECT_EQ(
      status["nodes"][1],
      (Json{{"node", "gw"}, {"role", "gateway"}, {"state", "off"}, {"boots", 0}, {"slot", "a"}}));
  ASSERT_EQ(status["links"].size(), 7U);
  EXPECT_EQ(status["links"][kDsl], (Json{{"link", "gw-dsl"},
                                         {"a", "gw"},
                                         {"b", "core"},
                                         {"kind", "wan"},
                                         {"state", "up"},
                                         {"frames_from_a", 0},
                                         {"frames_from_b", 0}}));
}

TEST_F(KeeperTest, CutsALinkAndJoinsItAgain) {
  keeper_.answer({{"command", "cut"}, {"link", "gw-dsl"}});
  EXPECT_EQ(dsl().from_a.state, fabric::LinkState::blackhole);
  EXPECT_EQ(dsl().from_b.state, fabric::LinkState::blackhole);
  EXPECT_EQ(twin_.wires().options(kDsl + 1).from_a.state, fabric::LinkState::up);
  EXPECT_EQ(keeper_.answer({{"command", "status"}})["links"][kDsl]["state"], "blackhole");
  keeper_.answer({{"command", "cut"}, {"link", "gw-dsl"}, {"back", true}});
  EXPECT_EQ(dsl().from_a.state, fabric::LinkState::up);
}

TEST_F(KeeperTest, SetsBothDirectionsOfALink) {
  keeper_.answer(
      {{"command", "set"}, {"link", "gw-dsl"}, {"both", {{"rate_mbit", 0.5}, {"delay_ms", 7.5}}}});
  for (const fabric::LinkOptions& each : {dsl().from_a, dsl().from_b}) {
    EXPECT_EQ(each.rate, 500'000U);
    EXPECT_EQ(each.delay, std::chrono::microseconds(7500));
    EXPECT_EQ(each.jitter, Duration(0)) << "as it was";
  }
}

TEST_F(KeeperTest, SetsOneDirectionOfALink) {
  const fabric::WireOptions before = dsl();
  keeper_.answer({{"command", "set"},
                  {"link", "gw-dsl"},
                  {"both", {{"jitter_ms", 2}}},
                  {"a_to_b", {{"loss", 0.25}, {"rate_mbit", 1}}},
                  {"b_to_a", {{"delay_ms", 30}}}});
  EXPECT_EQ(dsl().from_a.loss, 0.25);
  EXPECT_EQ(dsl().from_a.rate, 1'000'000U);
  EXPECT_EQ(dsl().from_a.delay, before.from_a.delay);
  EXPECT_EQ(dsl().from_b.loss, 0);
  EXPECT_EQ(dsl().from_b.rate, before.from_b.rate);
  EXPECT_EQ(dsl().from_b.delay, std::chrono::milliseconds(30));
  EXPECT_EQ(dsl().from_b.jitter, std::chrono::milliseconds(2));
}

TEST_F(KeeperTest, ACutLinkStaysCutWhenItIsChanged) {
  keeper_.answer({{"command", "cut"}, {"link", "gw-dsl"}});
  keeper_.answer({{"command", "set"}, {"link", "gw-dsl"}, {"both", {{"loss", 0.5}}}});
  EXPECT_EQ(dsl().from_a.state, fabric::LinkState::blackhole);
}

TEST_F(KeeperTest, ABadNumberChangesNothing) {
  const fabric::WireOptions before = dsl();
  const auto said = [&](const char* key, const Json& value) {
    return error_of({{"command", "set"},
                     {"link", "gw-dsl"},
                     {"both", {{"delay_ms", 1}}},
                     {"b_to_a", {{key, value}}}});
  };
  EXPECT_THAT(said("loss", 1.5), StartsWith("loss: a number from 0 to 1"));
  EXPECT_THAT(said("loss", -0.1), StartsWith("loss: a number from 0 to 1"));
  EXPECT_THAT(said("delay_ms", 10'001), StartsWith("delay_ms: a number from 0 to 10000"));
  EXPECT_THAT(said("jitter_ms", "7"), StartsWith("jitter_ms: a number from 0 to 10000"));
  EXPECT_THAT(said("rate_mbit", 400'001), StartsWith("rate_mbit: a number from 0.001 to 400000"));
  EXPECT_EQ(said("rate", 5), "\"rate\" is nothing that a link has");
  EXPECT_THAT(error_of({{"command", "set"}, {"link", "gw-dsl"}, {"both", 5}}),
              HasSubstr("has to be an object"));
  EXPECT_EQ(dsl().from_a.delay, before.from_a.delay);
  EXPECT_EQ(dsl().from_b.delay, before.from_b.delay);
}

TEST_F(KeeperTest, ATopologyWithoutLinksHasAStatus) {
  topology::Topology topology;
  mesh::add_node(topology, "alone", {});
  mesh::Twin twin(topology, options(scratch_.path() / "alone"), platform_);
  fs::create_directories(scratch_.path() / "alone/socket");
  Keeper keeper(twin, scratch_.path() / "alone/socket");
  EXPECT_EQ(keeper.answer({{"command", "status"}})["links"], Json::array());
}

TEST_F(KeeperTest, ANodeThatIsTurnedOffAtOnceIsOff) {
  for (int i = 0; i < 50; ++i) {
    twin_.node(0).power_on();
    twin_.node(0).power_off();
    EXPECT_EQ(twin_.node(0).state(), node::NodeState::off);
  }
}

TEST_F(KeeperTest, CapturesALink) {
  const fs::path file = scratch_.path() / "dsl.pcap";
  keeper_.answer({{"command", "capture"}, {"link", "gw-dsl"}, {"file", file.string()}});
  EXPECT_TRUE(fs::exists(file));
  keeper_.answer({{"command", "capture"}, {"link", "gw-dsl"}, {"file", ""}});
  EXPECT_EQ(fs::file_size(file), 24U) << "the header of a capture, and no frame";
  EXPECT_THAT(error_of({{"command", "capture"}, {"link", "gw-dsl"}, {"file", "/no/such/file"}}),
              HasSubstr("/no/such/file"));
}

TEST_F(KeeperTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(error_of({{"command", "frob"}}), "unknown command \"frob\"");
  EXPECT_EQ(error_of(Json::object()), "the request has no \"command\"");
  EXPECT_EQ(error_of({{"command", 7}}), "the request has no \"command\"");
  EXPECT_EQ(error_of({{"command", "exec"}, {"node", "none"}, {"line", "ls"}}),
            "there is no node \"none\"");
  EXPECT_EQ(error_of({{"command", "power"}}), "the request has no \"node\"");
  for (const char* command : {"set", "cut", "capture"}) {
    EXPECT_EQ(error_of({{"command", command}, {"link", "none"}}), "there is no link \"none\"");
    EXPECT_EQ(error_of({{"command", command}}), "the request has no \"link\"");
  }
}

TEST_F(KeeperTest, ANodeThatIsOffRunsNothingAndStaysOff) {
  EXPECT_EQ(error_of({{"command", "exec"}, {"node", "gw"}, {"line", "ls"}}),
            "gw: not running (off)");
  EXPECT_EQ(error_of({{"command", "exec"}, {"node", "gw"}}), "the request has no \"line\"");
  EXPECT_EQ(keeper_.answer({{"command", "power"}, {"node", "gw"}, {"on", false}}), Json::object());
  EXPECT_EQ(twin_.find("gw")->state(), node::NodeState::off);
}

TEST_F(KeeperTest, HearsThatItIsToEnd) {
  EXPECT_FALSE(keeper_.down());
  keeper_.answer({{"command", "down"}});
  EXPECT_TRUE(keeper_.down());
}

TEST_F(KeeperTest, AnswersOverItsSocketOneRequestAfterTheOther) {
  EXPECT_EQ(ask(scratch_.path(), {{"command", "status"}})["nodes"].size(), 6U);
  const io::Descriptor fd = connect_to(scratch_.path());
  send_line(fd.get(), {{"command", "frob"}});
  EXPECT_EQ(*receive_line(fd.get()), (Json{{"ok", false}, {"error", "unknown command \"frob\""}}));
  send_line(fd.get(), {{"command", "cut"}, {"link", "gw-lte"}});
  EXPECT_EQ(*receive_line(fd.get()), (Json{{"ok", true}}));
  send_line(fd.get(), {{"command", "shell"}, {"node", "gw"}});
  EXPECT_EQ(*receive_line(fd.get()), (Json{{"ok", false}, {"error", "gw: not running (off)"}}));
}

TEST_F(KeeperTest, AClientThatTalksNonsenseOrGoesHarmsNobodyElse) {
  {
    const io::Descriptor fd = connect_to(scratch_.path());
    ASSERT_EQ(::write(fd.get(), "hello\n", 6), 6);
    EXPECT_EQ(receive_line(fd.get()), std::nullopt);
  }
  const io::Descriptor silent = connect_to(scratch_.path());
  EXPECT_EQ(ask(scratch_.path(), {{"command", "status"}})["ok"], true);
}

TEST_F(KeeperTest, ASecondKeeperIsRefused) {
  EXPECT_THROW(Keeper(twin_, scratch_.path()), KeeperError);
  EXPECT_EQ(ask(scratch_.path(), {{"command", "status"}})["ok"], true);
}

}  // namespace
}  // namespace wirebraid::keeper
