// Files that are there as a whole or not at all.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace wirebraid::control {

/// Puts `text` in the place of the file at `path`: written beside it, synchronised, renamed, so
/// that whatever happens there is the old file or the new one. Of a file that is there, the mode is
/// kept, owner and group where the process may give them, and links are followed; a new one has
/// mode 0600. Errors: those of open, write, fsync, chown and rename; then nothing has changed.
std::error_code replace_file(const std::string& path, std::string_view text);

}  // namespace wirebraid::control
