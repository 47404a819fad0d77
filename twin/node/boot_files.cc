#include "twin/node/boot_files.h"

namespace wirebraid::node {
namespace fs = std::filesystem;

BootPair BootFiles::of(const fs::path& file) {
  const std::lock_guard lock(mutex_);
  fs::create_directories(directory_);
  const firmware::Header header = firmware::read_header(file);
  const auto section = [&](const char* name) {
    // By its own checksum: builds that differ in their root alone share the rest.
    fs::path path = directory_ / (std::string(name) + "-" + header.section(name).sha256);
    if (!fs::exists(path)) firmware::extract(file, name, path);
    return path;
  };
  return {section("kernel"), section("initrd")};
}

}  // namespace wirebraid::node
