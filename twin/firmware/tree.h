// Copying files into a root file system in the making, with modes that do not depend on the umask.
#pragma once

#include <filesystem>

namespace wirebraid::firmware {

/// What a link points to is copied, not the link. Runnable if `from` is. Throws BuildError.
void place_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Everything below `from`, over what is there; links stay links. Throws BuildError.
void place_tree(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace wirebraid::firmware
