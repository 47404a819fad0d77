// The commands about a running twin, where none runs or the command line is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/twin/firmware/image_files.h"
#include "twin/app/command.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::twin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string villages() {
  return std::string(WIREBRAID_SOURCE_DIR) + "/tests/twin/validate/data/two-villages.json";
}

class RunningCommandsTest : public ::testing::Test {
 protected:
  int run(const Arguments& arguments) {
    out_.str("");
    err_.str("");
    return run_twin(arguments, {out_, err_});
  }
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  lab::ScratchDirectory directory_{"running-commands"};
  std::ostringstream out_;
  std::ostringstream err_;
};

using Cases = std::vector<std::pair<Arguments, std::string>>;

TEST_F(RunningCommandsTest, WrongUsageIsToldApart) {
  const Cases cases = {
      {{"up"}, "up needs TOPOLOGY"},
      {{"up", villages()}, "up needs --firmware IMAGE"},
      {{"up", "a", "b"}, "up takes no more words"},
      {{"up", "a", "--frob"}, "up: unrecognised option '--frob'"},
      {{"down", "now"}, "down takes no more words"},
      {{"status", "gw"}, "status takes no more words"},
      {{"exec"}, "exec needs NODE"},
      {{"exec", "gw"}, "exec needs a command after --"},
      {{"exec", "gw", "ls", "--limit", "0"}, "--limit: \"0\" is not a number from 1 to 86400"},
      {{"exec", "gw", "ls", "-l"}, "exec: unrecognised option '-l'"},
      {{"shell"}, "shell needs NODE"},
      {{"console"}, "console needs NODE"},
      {{"power"}, "power needs NODE"},
      {{"power", "gw"}, "power needs off or on"},
      {{"power", "gw", "maybe"}, "power: \"maybe\" is neither off nor on"},
      {{"power", "gw", "on", "off"}, "power takes no more words"},
      {{"set"}, "set needs LINK"},
      {{"set", "gw-dsl"}, "set needs what to change"},
      {{"set", "gw-dsl", "rate=5"}, "set: \"rate=5\" is not understood"},
      {{"set", "gw-dsl", "loss"}, "set: \"loss\" is not understood"},
      {{"set", "gw-dsl", "loss="}, "set: \"loss=\" is not understood"},
      {{"set", "gw-dsl", "loss=much"}, "set: \"loss=much\" is not understood"},
      {{"set", "gw-dsl", "loss=1", "delay_ms=5x"}, "set: \"delay_ms=5x\" is not understood"},
      {{"set", "gw-dsl", "up:loss=1"}, "set: \"up:loss=1\" is not understood"},
      {{"cut"}, "cut needs LINK"},
      {{"capture"}, "capture needs LINK"},
      {{"capture", "gw-dsl"}, "capture needs FILE or off"},
  };
  for (const auto& [arguments, said] : cases) {
    EXPECT_EQ(run(arguments), kExitUsage) << said;
    EXPECT_THAT(err_.str(), StartsWith("wirebraid-twin: " + said));
    EXPECT_THAT(out_.str(), IsEmpty());
  }
}

TEST_F(RunningCommandsTest, ATwinsOptionsAreCheckedBeforeItStarts) {
  firmware::make_image(directory_.path(), "image", "1.0");
  const Cases cases = {
      {{"--accelerator", "x"}, "--accelerator: \"x\" is none of auto, kvm or tcg"},
      {{"--memory", "12"}, "--memory: \"12\" is not a number from 48 to 4096"},
      {{"--boots-at-once", "0"}, "--boots-at-once: \"0\" is not a number from 1 to 1000"},
  };
  for (const auto& [options, said] : cases) {
    for (Arguments all :
         {Arguments{"up", villages(), "--firmware", path("image"), "--directory", path("twin")},
          Arguments{"validate", villages(), "--old", path("image"), "--new", path("image"),
                    "--keep", path("twin")}}) {
      all.insert(all.end(), options.begin(), options.end());
      EXPECT_EQ(run(all), kExitUsage) << said;
      EXPECT_THAT(err_.str(), StartsWith("wirebraid-twin: " + said));
      EXPECT_FALSE(fs::exists(path("twin")));
    }
  }
}

TEST_F(RunningCommandsTest, ValidateNeedsBothImagesAndAPlanThatThereIs) {
  EXPECT_EQ(run({"validate"}), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("wirebraid-twin: validate needs TOPOLOGY"));
  EXPECT_EQ(run({"validate", villages(), "--new", "a"}), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("wirebraid-twin: validate needs --old IMAGE"));
  EXPECT_EQ(run({"validate", villages(), "--old", "a"}), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("wirebraid-twin: validate needs --new IMAGE"));
  const Arguments good{"validate", villages(), "--old", "a", "--new", "b"};
  for (const std::string plan : {"some", "canary 0", "nodes"}) {
    Arguments all = good;
    all.insert(all.end(), {"--plan", plan});
    EXPECT_EQ(run(all), kExitUsage) << plan;
    EXPECT_THAT(err_.str(),
                StartsWith("wirebraid-twin: --plan: \"" + plan + "\" is none of leaf-first, "));
  }
  Arguments settle = good;
  settle.insert(settle.end(), {"--settle", "0"});
  EXPECT_EQ(run(settle), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("wirebraid-twin: --settle: \"0\" is not a number"));
}

TEST_F(RunningCommandsTest, WhereNoTwinRunsTheySaySo) {
  const std::vector<Arguments> commands = {{"status"},
                                           {"status", "--json"},
                                           {"exec", "gw", "ls"},
                                           {"exec", "gw", "--", "ls", "-l"},
                                           {"shell", "gw"},
                                           {"power", "gw", "off"},
                                           {"set", "gw-dsl", "a_to_b:loss=0.5"},
                                           {"cut", "gw-dsl", "--back"},
                                           {"capture", "gw-dsl", "off"},
                                           {"down"}};
  for (const Arguments& command : commands) {
    Arguments all{command.front(), "--directory", directory_.path().string()};
    all.insert(all.end(), command.begin() + 1, command.end());
    EXPECT_EQ(run(all), kExitFailed) << command.front();
    EXPECT_EQ(err_.str(), "wirebraid-twin: no twin runs in " + directory_.path().string() +
                              " (No such file or directory); `wirebraid-twin up` starts one\n");
    EXPECT_THAT(out_.str(), IsEmpty());
  }
}

TEST_F(RunningCommandsTest, AConsoleThatIsNotThereIsMissed) {
  EXPECT_EQ(run({"console", "gw", "-d", directory_.path().string()}), kExitFailed);
  EXPECT_THAT(err_.str(), StartsWith(path("nodes/gw/console.log") + ": there is no such log"));
}

TEST_F(RunningCommandsTest, AConsoleIsReadWithoutATwin) {
  fs::create_directories(path("nodes/gw"));
  firmware::write_text(path("nodes/gw/console.log"), "it has booted\r\n");
  EXPECT_EQ(run({"console", "gw", "-d", directory_.path().string()}), kExitDone);
  EXPECT_EQ(out_.str(), "it has booted\r\n");
}

TEST_F(RunningCommandsTest, UpNeedsATopologyAndAFirmwareThatAreGood) {
  EXPECT_EQ(run({"up", path("none"), "--firmware", path("image")}), kExitFailed);
  EXPECT_THAT(err_.str(), StartsWith(path("none") + ": cannot be opened"));
  firmware::write_text(path("image"), "nonsense");
  for (const char* accelerator : {"tcg", "auto"}) {
    EXPECT_EQ(run({"up", villages(), "--firmware", path("image"), "--directory", path("twin"),
                   "--accelerator", accelerator}),
              kExitFailed);
    EXPECT_THAT(err_.str(), HasSubstr("/image: not a firmware image"));
  }
}

TEST_F(RunningCommandsTest, ValidateNeedsImagesThatAreGood) {
  firmware::make_image(directory_.path(), "good", "1.0");
  firmware::write_text(path("bad"), "nonsense");
  EXPECT_EQ(run({"validate", villages(), "--old", path("good"), "--new", path("bad"),
                 "--accelerator", "tcg"}),
            kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("/bad: not a firmware image"));
}

}  // namespace
}  // namespace wirebraid::twin
