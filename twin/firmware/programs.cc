#include "twin/firmware/programs.h"

#include <sstream>

#include "twin/firmware/packages.h"
#include "twin/firmware/tree.h"
#include "twin/lab/process.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLoader = "ld-linux-x86-64.so.2";
constexpr const char* kLibraries = "lib/x86_64-linux-gnu";

}  // namespace

Programs::Programs(std::vector<fs::path> packages, fs::path root)
    : packages_(std::move(packages)), root_(std::move(root)) {
  for (const fs::path& package : packages_) {
    for (const fs::path& place : {package / kLibraries, package / "usr" / kLibraries}) {
      if (!fs::is_directory(place)) continue;
      library_path_ += (library_path_.empty() ? "" : ":") + place.string();
    }
  }
  place_file(loader(), root_ / "lib64" / kLoader);
}

fs::path Programs::find(const std::string& name) const {
  for (const fs::path& package : packages_) {
    for (const char* place : {"usr/sbin", "usr/bin", "sbin", "bin"}) {
      if (fs::is_regular_file(package / place / name)) return package / place / name;
    }
  }
  throw BuildError("none of the packages has the program " + name);
}

fs::path Programs::loader() const {
  for (const fs::path& package : packages_) {
    // Not lib64, where it is a link that leads out of the package.
    for (const char* place : {"", "usr"}) {
      fs::path path = package / place / kLibraries / kLoader;
      if (fs::exists(path)) return path;
    }
  }
  throw BuildError("none of the packages has the loader " + std::string(kLoader));
}

std::string Programs::load(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{loader().string(), "--library-path", library_path_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  try {
    return lab::run_command(command);
  } catch (const lab::CommandFailed& error) {
    throw BuildError(error.what());
  }
}

std::string Programs::output(const fs::path& program, const std::string& argument) const {
  return load({program.string(), argument});
}

void Programs::install(const fs::path& program) {
  const std::string listed = load({"--list", program.string()});
  // "\tlibm.so.6 => PATH (0x...)"; others are the loader and what the kernel brings.
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string arrow;
    std::string path;
    words >> name >> arrow >> path;
    if (arrow != "=>" || name.find('/') != std::string::npos) continue;
    if (path == "not") throw BuildError(program.string() + " needs " + name + ", not found");
    if (!installed_.insert(name).second) continue;
    place_file(path, root_ / kLibraries / name);
  }
  place_file(program, root_ / "usr/sbin" / program.filename());
  fs::permissions(root_ / "usr/sbin" / program.filename(), fs::perms(0755));
}

}  // namespace wirebraid::firmware
