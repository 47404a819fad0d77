// Makes the twin's own firmware out of Debian's packages, wirebraid, and the files in guest/.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "twin/firmware/image.h"
#include "twin/firmware/packages.h"

namespace wirebraid::firmware {

struct BuildOptions {
  std::string kernel;                        ///< how its release begins: "6.1", "6.12.90"
  std::string name = "default";              ///< of the firmware
  std::string version = "1.0";               ///< of the firmware
  std::string suite = "bookworm";            ///< Debian's release; its backports are used too
  std::filesystem::path wirebraid;           ///< directory with own_program()s
  std::filesystem::path cache;               ///< where packages are kept
  std::filesystem::path output;              ///< the image
  std::filesystem::path files{};             ///< put over the root file system; empty: none
  std::vector<std::string> without_modules;  ///< left out, for firmwares that are to fail
};

/// Says in `log` what it does. Needs apt-get, dpkg-deb, mksquashfs, gzip and xz, and no root. The
/// same packages and options give the same bytes. Throws BuildError and ImageError.
Header build_firmware(const BuildOptions& options, std::ostream& log);

/// Where guest/ is: in the source tree, else where it has been installed. Throws BuildError.
std::filesystem::path guest_files();

/// `name` (wirebraidd or wirebraid) in `directory`, or, as packages have it, in sbin beside that.
std::filesystem::path own_program(const std::filesystem::path& directory, const std::string& name);

}  // namespace wirebraid::firmware
