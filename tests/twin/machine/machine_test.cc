// What QEMU is asked for.
#include "twin/machine/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::machine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string joined(const MachineOptions& options) {
  std::string text;
  for (const std::string& each : qemu_command(options, 7)) text += each + " ";
  return text;
}

TEST(QemuCommand, HasDisksAndCardsOfItsBoard) {
  MachineOptions options{
      .name = "gw, the first",
      .kernel = "/k",
      .initrd = "/i",
      .command_line = "console=ttyS0",
      .disks = {{"/disk,1", 4096, 8192, "slota", true}, {"/all", 0, 0, "", false}},
      .cards = {{9, "02:00:00:00:00:01"}}};
  const std::string microvm = joined(options);
  EXPECT_THAT(microvm, HasSubstr("-name gw,, the first,"));
  EXPECT_THAT(microvm, HasSubstr("-machine microvm"));
  EXPECT_THAT(microvm, HasSubstr("-kernel /k -initrd /i -append console=ttyS0 "));
  EXPECT_THAT(microvm, HasSubstr("read-only=on,file.driver=file,file.filename=/disk,,1,"
                                 "offset=4096,size=8192 "));
  EXPECT_THAT(microvm, HasSubstr("virtio-blk-device,drive=disk0,serial=slota "));
  EXPECT_THAT(microvm, HasSubstr("file.filename=/all -device virtio-blk-device,drive=disk1 "));
  EXPECT_THAT(microvm, HasSubstr("dgram,id=net0,local.type=fd,local.str=9 "));
  EXPECT_THAT(microvm, HasSubstr("virtio-net-device,netdev=net0,mac=02:00:00:00:00:01 "));
  EXPECT_THAT(microvm, HasSubstr("socket,id=console,fd=7 "));
  EXPECT_THAT(microvm, Not(HasSubstr("-pci")));

  options.board = Board::pc;
  options.kernel.clear();
  const std::string pc = joined(options);
  EXPECT_THAT(pc, HasSubstr("-machine pc"));
  EXPECT_THAT(pc, HasSubstr("virtio-blk-pci,"));
  EXPECT_THAT(pc, HasSubstr("virtio-net-pci,"));
  EXPECT_THAT(pc, Not(HasSubstr("-append")));
}

TEST(QemuCommand, TakesTheAcceleratorWithItsProcessor) {
  EXPECT_THAT(joined({.name = "n", .translation_mib = 16}),
              HasSubstr("-accel tcg,tb-size=16 -cpu max"));
  EXPECT_THAT(joined({.name = "n", .accelerator = Accelerator::kvm}),
              HasSubstr("-accel kvm -cpu host"));
}

TEST(Machine, SaysWhatQemuRefuses) {
  MachineOptions options{.name = "node-1", .kernel = "/no/such/kernel"};
  Machine machine(options);
  try {
    machine.console().activate(milliseconds(30'000));
    FAIL() << "there is a console";
  } catch (const ConsoleError& error) {
    EXPECT_THAT(error.what(), HasSubstr("node-1: "));
    EXPECT_THAT(machine.errors(), HasSubstr("/no/such/kernel"));
  }
}

}  // namespace
}  // namespace wirebraid::machine
