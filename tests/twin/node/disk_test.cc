#include "twin/node/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/twin/firmware/image_files.h"
#include "twin/lab/process.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::node {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kDataBytes = 16 << 20;

class DiskTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return scratch_.path() / name; }
  Disk make(const Files& files = {}) {
    return Disk::make(path("node"), path("image"), files, kDataBytes);
  }
  /// What debugfs says of the data disk.
  std::string in_data(const std::string& request) const {
    return lab::run_command({"debugfs", "-R", request, path("node/data").string()});
  }

  lab::ScratchDirectory scratch_{"disk"};
  firmware::Header header_ = firmware::make_image(scratch_.path(), "image", "1.0");
};

bool there_is(const std::string& program) {
  return lab::Process({"sh", "-c", "command -v " + program}).wait(lab::milliseconds(5000)) == 0;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const DiskError& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(DiskTest, ANewOneBootsTheImageInSlotA) {
  const Disk disk = make();
  EXPECT_EQ(disk.boot_slot(), Slot::a);
  EXPECT_EQ(disk.firmware(Slot::a).sha256, header_.sha256);
  EXPECT_EQ(firmware::verify(disk.slot_file(Slot::a)).info.version, "1.0");
  EXPECT_THROW(disk.firmware(Slot::b), firmware::ImageError);
}

TEST_F(DiskTest, BothSlotsHoldTheLargestImageAndTakeNoRoomForIt) {
  const Disk disk = make();
  EXPECT_EQ(fs::file_size(disk.slot_file(Slot::a)), firmware::kMostImageBytes);
  EXPECT_EQ(fs::file_size(disk.slot_file(Slot::b)), firmware::kMostImageBytes);
  EXPECT_EQ(fs::file_size(path("node/data")), kDataBytes);
  const std::string used = lab::run_command({"du", "-sk", path("node").string()});
  EXPECT_LT(std::stoul(used), 10'000U);
}

TEST_F(DiskTest, TheMachineTakesAllFour) {
  const Disk disk = make();
  std::vector<std::string> serials;
  for (const machine::Disk& each : disk.machine_disks()) {
    serials.push_back(each.serial);
    EXPECT_TRUE(fs::is_regular_file(each.file)) << each.file;
    EXPECT_EQ(fs::file_size(each.file) % 512, 0U) << each.file;
    EXPECT_FALSE(each.read_only);
  }
  EXPECT_THAT(serials, ElementsAre("boot", "slota", "slotb", "data"));
}

TEST_F(DiskTest, TheBootSlotCanBeSet) {
  Disk disk = make();
  disk.set_boot_slot(other(Slot::a));
  EXPECT_EQ(disk.boot_slot(), Slot::b);
  EXPECT_EQ(Disk(path("node")).boot_slot(), Slot::b) << "it is on the disk";
  EXPECT_EQ(firmware::read_text(path("node/boot")).substr(0, 8), std::string("slot b\n\0", 8));
  disk.set_boot_slot(Slot::a);
  EXPECT_EQ(disk.boot_slot(), Slot::a);
  EXPECT_EQ(fs::file_size(path("node/boot")), 65'536U) << "it stays a disk";
}

TEST_F(DiskTest, ABootFileThatSaysNonsenseIsRefused) {
  const Disk disk = make();
  for (const std::string text : {"", "slot c\n", "slot\n", " slot a\n", "slot ab\n"}) {
    firmware::write_text(path("node/boot"), text);
    EXPECT_THAT(error_of([&] { disk.boot_slot(); }),
                HasSubstr("/boot: it says neither \"slot a\" nor \"slot b\""))
        << text;
  }
  fs::remove(path("node/boot"));
  EXPECT_THAT(error_of([&] { disk.boot_slot(); }), HasSubstr("/boot: "));
  EXPECT_THAT(error_of([&] { Disk(path("node")).set_boot_slot(Slot::a); }),
              HasSubstr("/boot: No such file"));
}

TEST_F(DiskTest, IsMadeInPlaceOfWhatIsThere) {
  make({{"/etc/old", {"old", false}}}).set_boot_slot(Slot::b);
  // As an upgrade leaves it.
  fs::copy_file(path("image"), path("node/slotb"), fs::copy_options::overwrite_existing);
  ASSERT_EQ(Disk(path("node")).firmware(Slot::b).sha256, header_.sha256);
  const firmware::Header newer = firmware::make_image(scratch_.path(), "image", "2.0");
  const Disk disk = make();
  EXPECT_EQ(disk.boot_slot(), Slot::a);
  EXPECT_EQ(disk.firmware(Slot::a).sha256, newer.sha256);
  EXPECT_THROW(disk.firmware(Slot::b), firmware::ImageError);
  EXPECT_FALSE(fs::exists(path("node/scratch")));
}

TEST_F(DiskTest, IsNotMadeOfWhatIsNoImage) {
  firmware::write_text(path("image"), "nonsense");
  EXPECT_THROW(make(), firmware::ImageError);
  fs::remove(path("image"));
  EXPECT_THROW(make(), firmware::ImageError);
}

TEST_F(DiskTest, IsNotMadeWhereNothingCanBe) {
  firmware::write_text(path("node"), "a file");
  EXPECT_THAT(error_of([&] { make(); }), HasSubstr("/node"));
}

TEST_F(DiskTest, TheConfigurationIsForThisFirmwareInSlotA) {
  if (!there_is("debugfs")) GTEST_SKIP() << "no debugfs";
  make({{"/etc/config/system", {"config system\n", false}}});
  EXPECT_EQ(in_data("cat /sysupgrade/for"), "a " + header_.sha256 + "\n");
}

TEST_F(DiskTest, TheConfigurationIsWholeAndRootsAndSecretsAreSecret) {
  if (!there_is("debugfs")) GTEST_SKIP() << "no debugfs";
  make({{"/etc/config/system", {"config system\n", false}},
        {"/etc/wirebraid/dsl.key", {"a key\n", true}}});
  const std::string archive = path("files.tar").string();
  in_data("dump /sysupgrade/files.tar " + archive);
  const std::string list = lab::run_command({"tar", "--numeric-owner", "-tvf", archive});
  EXPECT_THAT(list, ::testing::ContainsRegex("-rw-r--r-- 0/0 +14 .*\\./etc/config/system\n"));
  EXPECT_THAT(list, ::testing::ContainsRegex("-rw------- 0/0 +6 .*\\./etc/wirebraid/dsl.key\n"));
  EXPECT_THAT(list, Not(HasSubstr("sysupgrade")));
  EXPECT_EQ(lab::run_command({"tar", "-xOf", archive, "./etc/wirebraid/dsl.key"}), "a key\n");
  EXPECT_EQ(lab::run_command({"tar", "-xOf", archive, "./etc/config/system"}), "config system\n");
}

}  // namespace
}  // namespace wirebraid::node
