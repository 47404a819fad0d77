// Which kernels Debian has, and the parts of one that a node needs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "twin/firmware/packages.h"

namespace wirebraid::firmware {

/// Of `packages` ("linux-image-6.1.0-50-amd64"), the releases of ordinary kernels for PCs
/// ("6.1.0-50-amd64"), oldest first. Those for clouds have no radios.
std::vector<std::string> kernel_releases(const std::vector<std::string>& packages);

/// The newest of `releases` that `version` begins: "6.1" is 6.1.0-50-amd64, not 6.12. Throws
/// BuildError, which names those that there are.
std::string choose_release(const std::vector<std::string>& releases, std::string_view version);

struct Kernel {
  std::string release;
  std::filesystem::path image;    ///< vmlinuz
  std::filesystem::path modules;  ///< lib/modules/RELEASE
};

/// Fetches what choose_release() chooses. Throws BuildError.
Kernel fetch_kernel(Packages& packages, std::string_view version);

/// What finds the root file system, and what the node does its work with. As for
/// Modules::closure(), a "?" marks those that not every kernel has.
std::vector<std::string> boot_modules();
std::vector<std::string> node_modules();

}  // namespace wirebraid::firmware
