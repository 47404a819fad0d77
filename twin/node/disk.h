// What a node has while it is off: two slots for firmware, what says which of them boots, and a
// data disk with its configuration. docs/twin-firmware.md is the contract with the firmware.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "twin/firmware/image.h"
#include "twin/machine/machine.h"

namespace wirebraid::node {

enum class Slot : char { a = 'a', b = 'b' };
inline Slot other(Slot slot) { return slot == Slot::a ? Slot::b : Slot::a; }

/// The disk cannot be made, or says what it must not. what() names the file, for people.
struct DiskError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct File {
  std::string text;
  bool secret = false;  ///< for root alone
};
/// By absolute path in the node.
using Files = std::map<std::string, File>;

class Disk {
 public:
  /// Makes the disk in `directory`, in place of what may be there: `image` in slot a, and `files`
  /// as the configuration that it finds at its first start. `data_bytes` is the most that the data
  /// disk takes; it is sparse. Needs mke2fs and tar. Throws DiskError and firmware::ImageError.
  static Disk make(const std::filesystem::path& directory, const std::filesystem::path& image,
                   const Files& files, uint64_t data_bytes);
  /// One that is there.
  explicit Disk(std::filesystem::path directory) : directory_(std::move(directory)) {}

  const std::filesystem::path& directory() const { return directory_; }
  /// What boots next. Throws DiskError.
  Slot boot_slot() const;
  /// Precondition: the node is off. Throws DiskError.
  void set_boot_slot(Slot slot);
  std::filesystem::path slot_file(Slot slot) const;
  /// What is in the slot. Throws firmware::ImageError.
  firmware::Header firmware(Slot slot) const { return firmware::read_header(slot_file(slot)); }
  /// As the machine takes them.
  std::vector<machine::Disk> machine_disks() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace wirebraid::node
