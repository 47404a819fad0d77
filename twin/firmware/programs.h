// Programs for the root file system, with the shared libraries that they need.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace wirebraid::firmware {

/// Finds programs and libraries in unpacked packages, and puts them into a root file system.
/// Everything throws BuildError.
class Programs {
 public:
  /// `packages` are directories of unpacked packages, among them that of the C library. `root` is
  /// the root file system in the making.
  Programs(std::vector<std::filesystem::path> packages, std::filesystem::path root);

  /// The program of this name in the packages, wherever it is in them.
  std::filesystem::path find(const std::string& name) const;
  /// What `program` of the packages prints, run with their libraries.
  std::string output(const std::filesystem::path& program, const std::string& argument) const;
  /// Copies `program` to /usr/sbin, and its libraries to where the loader looks for them. A
  /// library that no package has is taken from this machine, on which `program` must run then.
  void install(const std::filesystem::path& program);

 private:
  std::filesystem::path loader() const;
  std::string load(const std::vector<std::string>& arguments) const;

  std::vector<std::filesystem::path> packages_;
  std::filesystem::path root_;
  std::string library_path_;
  std::set<std::string> installed_;  ///< names of libraries
};

}  // namespace wirebraid::firmware
