// wirebraid-twin firmware, without building one.
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

class FirmwareCommandTest : public testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    Arguments all{"firmware"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_twin(all, {out_, err_});
  }
  std::string path(const char* name) const { return (directory_.path() / name).string(); }

  lab::ScratchDirectory directory_{"firmware-command"};
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(FirmwareCommandTest, LooksAtAnImage) {
  firmware::make_image(directory_.path(), "good", "1.0");
  EXPECT_EQ(run({"check", path("good")}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("good: good\nname default\nversion 1.0\n"));
  EXPECT_EQ(run({"extract", path("good"), "initrd", path("initrd.out")}), 0);
  EXPECT_EQ(firmware::read_text(path("initrd.out")), std::string(5000, '0'));
  EXPECT_EQ(run({"check", path("kernel")}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("kernel: not a firmware image"));
}

TEST_F(FirmwareCommandTest, SaysWhatItNeeds) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"flash"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("\"flash\" is not known"));
  EXPECT_EQ(run({"check"}), 2);
  EXPECT_EQ(run({"build", "--output", path("x")}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("needs --kernel"));
  EXPECT_EQ(run({"build", "--kernel", "6.1"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("needs --output"));
  EXPECT_EQ(run({"build", "--kernl", "6.1"}), 2);
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--without-module"));
}

TEST_F(FirmwareCommandTest, MissesWirebraidBeforeItFetchesAnything) {
  EXPECT_EQ(run({"build", "--kernel", "6.1", "--output", path("x"), "--wirebraid", path("none"),
                 "--cache", path("cache")}),
            1);
  EXPECT_THAT(err_.str(), HasSubstr("none/wirebraidd: not there"));
  EXPECT_FALSE(fs::exists(path("cache")));
}

}  // namespace
}  // namespace wirebraid::twin
