// Where a lab keeps the configuration files and logs of its daemons.
#pragma once

#include <filesystem>
#include <string>

namespace wirebraid::lab {

/// A directory in /tmp that is removed with everything in it.
class ScratchDirectory {
 public:
  /// Named PREFIX-XXXXXX. Throws std::system_error.
  explicit ScratchDirectory(const std::string& prefix);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Readable by the owner alone. Throws std::runtime_error.
void write_secret(const std::filesystem::path& path, const std::string& text);

}  // namespace wirebraid::lab
