// sysupgrade on plain files: its options, and what it refuses. Power failures: power_cut_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/firmware/guest_shell.h"

namespace wirebraid::firmware {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* kLan = "config interface 'lan'\n";

class SysupgradeTest : public testing::Test {
 protected:
  std::string image(const char* name) const { return (disk_.path() / name).string(); }
  bool rebooted() const { return fs::exists(disk_.path() / "rebooted"); }
  /// An image that is refused: nothing has been touched.
  void expect_refused(const std::string& name, const std::string& why) {
    const ShellResult result = disk_.sysupgrade({image(name.c_str())});
    EXPECT_NE(result.status, 0);
    EXPECT_THAT(result.errors, HasSubstr(why));
    EXPECT_FALSE(rebooted());
    EXPECT_EQ(boot(disk_.path()), std::string("1.0 ") + kLan);
  }

  GuestDisk disk_;
};

TEST_F(SysupgradeTest, TheNewFirmwareRunsWithTheOldConfiguration) {
  const ShellResult result = disk_.sysupgrade({image("new.img")});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("default 2.1, kernel 6.1.0-1-amd64: good"));
  EXPECT_TRUE(rebooted());
  EXPECT_TRUE(read_text(disk_.path() / "boot") ==
              GuestDisk::boot_sector("b") + std::string(512, '\0'));
  EXPECT_EQ(boot(disk_.path()), std::string("2.1 ") + kLan);
  EXPECT_FALSE(fs::exists(disk_.data() / "sysupgrade"));
  // A second boot changes nothing.
  write_text(disk_.data() / "overlay/b/upper/etc/config/network", "config changed\n");
  EXPECT_EQ(boot(disk_.path()), "2.1 config changed\n");
}

TEST_F(SysupgradeTest, KeepsNothingIfTold) {
  EXPECT_EQ(disk_.sysupgrade({"-n", image("new.img")}).status, 0);
  EXPECT_EQ(boot(disk_.path()), "2.1 ");
}

TEST_F(SysupgradeTest, OnlyTests) {
  EXPECT_EQ(disk_.sysupgrade({"-T", image("new.img")}).status, 0);
  EXPECT_FALSE(rebooted());
  EXPECT_EQ(boot(disk_.path()), std::string("1.0 ") + kLan);
}

TEST_F(SysupgradeTest, IsQuiet) {
  const ShellResult result = disk_.sysupgrade({"-q", image("new.img")});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output, IsEmpty());
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST_F(SysupgradeTest, KeepsWhatTheUserListsAndWhatChangedInEtc) {
  EXPECT_THAT(disk_.sysupgrade({"-l"}).output, HasSubstr("/etc/config/network\n/etc/passwd\n"));
  write_text(disk_.root() / "etc/sysupgrade.conf", "# mine\n/etc/ban*  # a pattern\n/none\n");
  EXPECT_EQ(disk_.sysupgrade({"-l"}).output,
            "/etc/banner\n/etc/config/network\n/etc/passwd\n/etc/sysupgrade.conf\n");
  write_text(disk_.data() / "overlay/a/upper/etc/other", "");
  EXPECT_THAT(disk_.sysupgrade({"-c", "-l"}).output, HasSubstr("/etc/other\n"));
  fs::create_directories(disk_.root() / "etc");
  write_text(disk_.root() / "etc/other", "");
  EXPECT_EQ(disk_.sysupgrade({image("new.img")}).status, 0);
  EXPECT_EQ(boot(disk_.path()), std::string("2.1 ") + kLan + "not kept\n");
}

TEST_F(SysupgradeTest, WritesABackup) {
  const std::string backup = image("backup.tar.gz");
  EXPECT_EQ(disk_.sysupgrade({"-b", backup}).status, 0);
  EXPECT_EQ(lab::run_command({"busybox", "tar", "-tzf", backup}),
            "etc/config/network\netc/passwd\n");
  EXPECT_FALSE(rebooted());
}

TEST_F(SysupgradeTest, RefusesWhatIsNoGoodImage) {
  write_text(disk_.path() / "text", "hello\n");
  expect_refused("text", "text: not a firmware image");
  expect_refused("none", "none: cannot be read");
  const std::string good = read_text(disk_.path() / "new.img");
  write_text(disk_.path() / "short", good.substr(0, good.size() - 1));
  expect_refused("short", "section rootfs ends beyond the end of the file");
  for (const Section& section : disk_.new_image().sections) {
    std::string bad = good;
    bad[section.offset] ^= 1;
    write_text(disk_.path() / "bad", bad);
    expect_refused("bad", "section " + section.name + " is damaged");
  }
  std::string bad = good;
  bad[bad.find("2.1")] = '3';
  write_text(disk_.path() / "bad", bad);
  expect_refused("bad", "does not have the checksum");
}

TEST_F(SysupgradeTest, RefusesAnImageForAnotherMachineAndOneThatIsTooLarge) {
  const SectionFiles files{disk_.path() / "kernel", disk_.path() / "initrd",
                           disk_.path() / "rootfs"};
  write_image(disk_.path() / "mips", {"default", "3", "mips", "6.1"}, files);
  expect_refused("mips", "mips: for mips, and this machine is");
  make_image(disk_.path(), "large", "3.0", GuestDisk::kSlotBytes);
  expect_refused("large", "larger than a slot");
}

TEST_F(SysupgradeTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(disk_.sysupgrade({}).status, 2);
  EXPECT_EQ(disk_.sysupgrade({"-x", image("new.img")}).status, 2);
  EXPECT_EQ(disk_.sysupgrade({image("new.img"), image("old.img")}).status, 2);
  EXPECT_EQ(boot(disk_.path()), std::string("1.0 ") + kLan);
}

TEST_F(SysupgradeTest, OneFirmwareMayComeTwice) {
  EXPECT_EQ(disk_.sysupgrade({image("old.img")}).status, 0);
  EXPECT_EQ(read_text(disk_.path() / "boot").substr(0, 7), "slot b\n");
  EXPECT_EQ(boot(disk_.path()), std::string("1.0 ") + kLan);
}

TEST_F(SysupgradeTest, ASecondOneMayComeBeforeTheReboot) {
  EXPECT_EQ(disk_.sysupgrade({image("new.img")}).status, 0);
  make_image(disk_.path(), "newer.img", "3.2");
  EXPECT_EQ(disk_.sysupgrade({"-n", image("newer.img")}).status, 0);
  EXPECT_EQ(boot(disk_.path()), "3.2 ");
}

}  // namespace
}  // namespace wirebraid::firmware
