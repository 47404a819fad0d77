// Runs the guest's scripts here, under busybox's shell as in the guest, with plain files for its
// disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/twin/firmware/image_files.h"
#include "twin/lab/process.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::firmware {

struct ShellResult {
  int status = 0;
  std::string output;
  std::string errors;
};

inline std::filesystem::path guest_source() {
  return std::filesystem::path(WIREBRAID_SOURCE_DIR) / "twin/firmware/guest";
}

/// `arguments` come after "busybox sh".
inline ShellResult run_shell(const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment = {},
                             const std::string& input = "") {
  std::vector<std::string> command{"busybox", "sh"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  lab::Process process(command, {.input = input, .environment = environment});
  const int status = process.wait(lab::milliseconds(30'000)).value_or(-1);
  return {status, process.output(), process.errors()};
}

/// A node as sysupgrade sees it: slot a runs, and "old.img" is in it.
class GuestDisk {
 public:
  GuestDisk() {
    namespace fs = std::filesystem;
    fs::create_directories(root() / "etc/config");
    fs::create_directories(root() / "lib/upgrade");
    for (const char* library : {"disk.sh", "image.sh", "overlay.sh"}) {
      fs::copy_file(guest_source() / "common/lib/upgrade" / library,
                    root() / "lib/upgrade" / library);
    }
    fs::copy(guest_source() / "rootfs/lib/upgrade", root() / "lib/upgrade",
             fs::copy_options::recursive);
    write_text(root() / "etc/config/network", "config interface 'lan'\n");
    write_text(root() / "etc/passwd", "root\n");
    write_text(root() / "etc/banner", "not kept\n");
    old_ = make_image(path(), "old.img", "1.0");
    new_ = make_image(path(), "new.img", "2.1");
    write_text(path() / "boot", boot_sector("a") + std::string(512, '\0'));
    write_text(path() / "slota", read_text(path() / "old.img"));
    write_text(path() / "slotb", "");
    for (const char* slot : {"slota", "slotb"}) fs::resize_file(path() / slot, kSlotBytes);
    fs::create_directories(data() / "overlay/a/upper/etc/config");
    write_text(data() / "overlay/a/firmware", old_.sha256 + "\n");
    write_text(data() / "overlay/a/upper/etc/config/network", "config interface 'lan'\n");
  }

  static constexpr size_t kSlotBytes = 64 << 10;

  std::filesystem::path path() const { return directory_.path(); }
  std::filesystem::path root() const { return path() / "root"; }
  std::filesystem::path data() const { return path() / "data"; }
  const Header& old_image() const { return old_; }
  const Header& new_image() const { return new_; }

  static std::string boot_sector(const std::string& slot) {
    std::string sector = "slot " + slot + "\n";
    sector.resize(512, '\0');
    return sector;
  }

  std::vector<std::string> environment() const {
    const std::string here = path().string();
    return {"UPGRADE_LIB=" + (root() / "lib/upgrade").string(),
            "UPGRADE_SLOT=a",
            "UPGRADE_BOOT=" + here + "/boot",
            "UPGRADE_TARGET=" + here + "/slotb",
            "UPGRADE_DATA=" + data().string(),
            "UPGRADE_ROOT=" + root().string(),
            "UPGRADE_REBOOT=touch " + here + "/rebooted"};
  }
  std::vector<std::string> command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{(guest_source() / "rootfs/sbin/sysupgrade").string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  ShellResult sysupgrade(const std::vector<std::string>& arguments) const {
    return run_shell(command(arguments), environment());
  }

 private:
  lab::ScratchDirectory directory_{"guest-disk"};
  Header old_;
  Header new_;
};

/// What the boot loader and the initrd do with a node's disk in `disk`. The firmware's version and
/// what is in /etc/config/network, or what went wrong.
inline std::string boot(const std::filesystem::path& disk) {
  const std::string sector = read_text(disk / "boot").substr(0, 512);
  std::string slot;
  for (const char* each : {"a", "b"}) {
    if (sector == GuestDisk::boot_sector(each)) slot = each;
  }
  if (slot.empty()) return "nothing to boot";
  try {
    const Header header = verify(disk / ("slot" + slot));
    const ShellResult prepared =
        run_shell({"-c", ". \"$1\" && prepare_overlay \"$2\" \"$3\" \"$4\"", "sh",
                   (guest_source() / "common/lib/upgrade/overlay.sh").string(),
                   (disk / "data").string(), slot, header.sha256});
    if (prepared.status != 0) return "no overlay: " + prepared.errors;
    const auto upper = disk / "data/overlay" / slot / "upper";
    return header.info.version + " " + read_text(upper / "etc/config/network") +
           read_text(upper / "etc/banner");
  } catch (const ImageError& error) {
    return error.what();
  }
}

}  // namespace wirebraid::firmware
