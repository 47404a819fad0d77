// The firmwares of these tests: an old and a new one, and some that are broken on purpose. Built
// once, and kept in the build directory: what they are made of hardly changes from one test to the
// next.
#pragma once

#include <filesystem>
#include <string>

namespace wirebraid::twin_e2e {

/// Kernel 6.1, "default 1.0".
std::filesystem::path old_firmware();
/// Kernel 6.12, "default 2.0".
std::filesystem::path new_firmware();

/// As the new one, but broken, under a name of its own.
enum class Fault : uint8_t {
  no_batman,     ///< without batman-adv
  oops,          ///< the kernel crashes on boot
  lost_config,   ///< forgets its configuration at its first start
  other_frames,  ///< its wirebraid speaks another version of frames
  slow,          ///< 30 % less throughput
};
std::filesystem::path broken_firmware(Fault fault);

}  // namespace wirebraid::twin_e2e
