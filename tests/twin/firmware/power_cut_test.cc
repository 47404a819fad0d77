// A power failure at any point of an upgrade leaves the old firmware with its configuration or the
// new one with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/firmware/guest_shell.h"
#include "tests/twin/firmware/power_cuts.h"

namespace wirebraid::firmware {
namespace {

using testing::AnyOf;

constexpr const char* kOld = "1.0 config interface 'lan'\n";
constexpr const char* kNew = "2.1 config interface 'lan'\n";
const std::vector<std::string> kParts{"boot", "slota", "slotb", "data"};

class PowerCutTest : public testing::Test {
 protected:
  /// Each state is booted twice: the second boot is after a first that was cut off at its end.
  static std::string boot_twice(const DiskState& state) {
    const lab::ScratchDirectory copy("power-cut");
    write_state(state, copy.path() / "disk");
    const std::string first = boot(copy.path() / "disk");
    const std::string second = boot(copy.path() / "disk");
    return first == second ? first : first + "and then " + second;
  }

  std::vector<std::string> shell(const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{"busybox", "sh"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }
  PowerCuts upgrade(const std::vector<std::string>& arguments, const std::string& fresh) const {
    size_t old_ones = 0;
    size_t new_ones = 0;
    const PowerCuts cuts =
        cut_power_everywhere(shell(disk_.command(arguments)), disk_.environment(), disk_.path(),
                             kParts, [&](const DiskState& state) {
                               const std::string booted = boot_twice(state);
                               ++(booted == kOld ? old_ones : new_ones);
                               EXPECT_THAT(booted, AnyOf(kOld, fresh));
                             });
    EXPECT_EQ(cuts.status, 0);
    EXPECT_GT(old_ones, 1U);
    EXPECT_GT(new_ones, 0U);
    return cuts;
  }

  GuestDisk disk_;
};

TEST_F(PowerCutTest, InSysupgrade) {
  const PowerCuts cuts = upgrade({(disk_.path() / "new.img").string()}, kNew);
  EXPECT_GT(cuts.system_calls, 50U);
  EXPECT_EQ(boot(disk_.path()), kNew);
}

TEST_F(PowerCutTest, InSysupgradeThatKeepsNothing) {
  upgrade({"-n", (disk_.path() / "new.img").string()}, "2.1 ");
  EXPECT_EQ(boot(disk_.path()), "2.1 ");
}

TEST_F(PowerCutTest, InASecondSysupgradeBeforeTheReboot) {
  ASSERT_EQ(disk_.sysupgrade({(disk_.path() / "new.img").string()}).status, 0);
  make_image(disk_.path(), "newer.img", "3.2");
  cut_power_everywhere(shell(disk_.command({(disk_.path() / "newer.img").string()})),
                       disk_.environment(), disk_.path(), kParts, [&](const DiskState& state) {
                         EXPECT_THAT(boot_twice(state),
                                     AnyOf(kOld, kNew, "3.2 config interface 'lan'\n"));
                       });
  EXPECT_EQ(boot(disk_.path()), "3.2 config interface 'lan'\n");
}

TEST_F(PowerCutTest, InTheFirstBootOfANewFirmware) {
  ASSERT_EQ(disk_.sysupgrade({(disk_.path() / "new.img").string()}).status, 0);
  const PowerCuts cuts =
      cut_power_everywhere(shell({"-c", ". \"$1\" && prepare_overlay \"$2\" b \"$3\"", "sh",
                                  (guest_source() / "common/lib/upgrade/overlay.sh").string(),
                                  disk_.data().string(), disk_.new_image().sha256}),
                           {}, disk_.path(), kParts,
                           [&](const DiskState& state) { EXPECT_EQ(boot_twice(state), kNew); });
  EXPECT_EQ(cuts.status, 0);
  EXPECT_GT(cuts.states, 5U);
}

TEST_F(PowerCutTest, IsSeenWhereItDoesHarm) {
  // The test itself: without syncs, in the wrong order, there is something to be seen.
  size_t harmed = 0;
  const std::string here = disk_.path().string();
  const std::string careless =
      "{ echo 'slot b'; dd if=/dev/zero bs=505 count=1; } | dd of=" + here +
      "/boot conv=notrunc iflag=fullblock bs=512; dd if=" + here + "/new.img of=" + here +
      "/slotb conv=notrunc";
  cut_power_everywhere(shell({"-c", careless}), {}, disk_.path(), kParts,
                       [&](const DiskState& state) {
                         const std::string booted = boot_twice(state);
                         if (booted != kOld && booted != kNew) ++harmed;
                       });
  EXPECT_GT(harmed, 1U);
}

}  // namespace
}  // namespace wirebraid::firmware
