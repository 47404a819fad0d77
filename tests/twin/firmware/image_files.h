// Small firmware images and files for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "twin/firmware/image.h"

namespace wirebraid::firmware {

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// An image whose sections are `kernel_bytes`, 5000 and 9000 bytes of the version's last character.
inline Header make_image(const std::filesystem::path& directory, const std::string& file,
                         const std::string& version, size_t kernel_bytes = 4096) {
  const auto section = [&](const char* name, size_t bytes) {
    write_text(directory / name, std::string(bytes, version.back()));
    return directory / name;
  };
  const SectionFiles files{section("kernel", kernel_bytes), section("initrd", 5000),
                           section("rootfs", 9000)};
  return write_image(directory / file, {"default", version, "x86_64", "6.1.0-1-amd64"}, files);
}

}  // namespace wirebraid::firmware
