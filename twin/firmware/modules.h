// The modules of one kernel: which there are, and what each needs.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::firmware {

/// "virtio-net.ko.xz" and "virtio_net" are the same module: "virtio_net".
std::string module_name(std::string_view file_or_name);

/// The names in a module's "depends" and, with a "?" before them, "softdep" of kind "pre".
/// `object` is the contents of a .ko file (ELF-64, little-endian). Throws BuildError.
std::vector<std::string> module_dependencies(std::string_view object);

class Modules {
 public:
  /// `directory` is lib/modules/RELEASE of an unpacked package. Throws BuildError.
  explicit Modules(std::filesystem::path directory);

  /// These modules and all that they need. One that is built in is left out, and so is one that
  /// does not exist if its name has a "?" before it; else throws BuildError.
  std::set<std::string> closure(const std::vector<std::string>& names);
  /// Copies them, decompressed, to `to`, which is another lib/modules/RELEASE. Throws BuildError.
  void copy(const std::set<std::string>& names, const std::filesystem::path& to) const;

 private:
  std::string contents(const std::string& name) const;

  std::filesystem::path directory_;
  std::map<std::string, std::filesystem::path> files_;  ///< by name, relative to directory_
  std::set<std::string> built_in_;
  std::map<std::string, std::vector<std::string>> needs_;  ///< of those looked at
};

}  // namespace wirebraid::firmware
