#include "twin/machine/accelerator.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "twin/lab/process.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::machine {
namespace {

/// A boot sector: mov $0x10, %al; out %al, $0xf4; hlt; jmp -3.
constexpr std::array<uint8_t, 7> kProgram{0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd};
/// QEMU's isa-debug-exit ends with twice the byte, and one.
constexpr int kExitStatus = 0x10 * 2 + 1;
constexpr size_t kSector = 512;

void write_boot_sector(const std::string& path) {
  std::array<char, kSector> sector{};
  std::copy(kProgram.begin(), kProgram.end(), sector.begin());
  sector[kSector - 2] = 0x55;
  sector[kSector - 1] = static_cast<char>(0xaa);
  std::ofstream(path, std::ios::binary).write(sector.data(), sector.size());
}

}  // namespace

bool runs(Accelerator accelerator, std::chrono::milliseconds limit) {
  const lab::ScratchDirectory scratch("wirebraid-accelerator");
  const std::string disk = scratch.path() / "boot";
  write_boot_sector(disk);
  const bool kvm = accelerator == Accelerator::kvm;
  lab::Process qemu({"qemu-system-x86_64", "-machine", "pc", "-accel", kvm ? "kvm" : "tcg", "-cpu",
                     kvm ? "host" : "max", "-m", "8", "-nodefaults", "-no-user-config", "-display",
                     "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
                     "-drive", "file=" + disk + ",format=raw,if=ide"});
  const auto status = qemu.wait(limit);
  if (!status) qemu.signal(SIGKILL);  // what hangs in the kernel does not hear SIGTERM
  return status == kExitStatus;
}

bool boots(Accelerator accelerator, const std::filesystem::path& kernel,
           const std::filesystem::path& initrd, std::chrono::milliseconds limit) {
  Machine machine({.name = "trial",
                   .accelerator = accelerator,
                   .kernel = kernel,
                   .initrd = initrd,
                   .command_line = "panic=-1"});
  return machine.wait(limit) && machine.end() == 0;
}

AcceleratorChoice find_accelerator(std::chrono::milliseconds limit) {
  if (::access("/dev/kvm", R_OK | W_OK) != 0) {
    return {Accelerator::tcg, ::access("/dev/kvm", F_OK) != 0 ? "there is no /dev/kvm"
                                                              : "/dev/kvm is not for this user"};
  }
  if (runs(Accelerator::kvm, limit)) return {Accelerator::kvm, "KVM works"};
  return {Accelerator::tcg, "/dev/kvm is there, but no machine runs with it"};
}

}  // namespace wirebraid::machine
