// cpio archives in the format that the kernel unpacks as initrd ("newc": Linux,
// Documentation/driver-api/early-userspace/buffer-format.rst).
#pragma once

#include <filesystem>

namespace wirebraid::firmware {

/// Writes everything below `directory` to `archive`: sorted, owned by root, of time 0, so that the
/// same files give the same bytes; and /dev/console, without which init has no output. Throws
/// BuildError.
void write_cpio(const std::filesystem::path& directory, const std::filesystem::path& archive);

}  // namespace wirebraid::firmware
