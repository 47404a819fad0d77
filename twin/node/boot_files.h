// Kernels and initrds, taken out of firmware images for QEMU, which wants them as files.
#pragma once

#include <filesystem>
#include <mutex>

#include "twin/firmware/image.h"

namespace wirebraid::node {

struct BootPair {
  std::filesystem::path kernel;
  std::filesystem::path initrd;
};

/// One copy for all nodes with the same firmware. Thread-safe.
class BootFiles {
 public:
  /// `directory` is made if it is not there.
  explicit BootFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}
  /// Of the image in `file`, whose checksums must hold. Throws firmware::ImageError.
  BootPair of(const std::filesystem::path& file);

 private:
  std::filesystem::path directory_;
  std::mutex mutex_;
};

}  // namespace wirebraid::node
