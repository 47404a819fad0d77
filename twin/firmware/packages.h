// Debian packages for the firmware: fetched by apt with a configuration, lists and a cache of its
// own, so that the machine's stay as they are, and unpacked without being installed.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::firmware {

/// The firmware cannot be built; what() says why, for people.
struct BuildError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The packages of one Debian suite and its backports, from the mirror that the machine's own apt
/// configuration names for Debian. Everything throws BuildError.
class Packages {
 public:
  /// What it makes and fetches is kept below `cache`; it says in `log` what takes long.
  Packages(std::string suite, const std::filesystem::path& cache, std::ostream& log);

  /// All names that begin with `prefix`, sorted.
  std::vector<std::string> names(std::string_view prefix);
  /// Fetches and unpacks these packages, with all that they depend on if `closure`. Returns the
  /// directory of each, in apt's order; one that is in the cache is not fetched again.
  std::vector<std::filesystem::path> unpacked(const std::vector<std::string>& names, bool closure);

 private:
  void write_sources(bool with_backports) const;
  void update();
  std::string apt(const std::string& program, const std::vector<std::string>& arguments,
                  const std::filesystem::path& directory = {}) const;
  std::filesystem::path unpack(const std::string& archive) const;

  std::string suite_;
  std::filesystem::path cache_;
  std::ostream& log_;
  std::string mirror_;
};

}  // namespace wirebraid::firmware
