#include "tests/twin_e2e/firmwares.h"

#include <fstream>
#include <iostream>

#include "twin/firmware/builder.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::twin_e2e {
namespace fs = std::filesystem;
namespace {

const fs::path kBuild = WIREBRAID_BINARY_DIR;

struct Recipe {
  std::string name = "default";
  std::string version;
  std::string kernel;
  fs::path wirebraid = kBuild / "src/app";
  std::vector<std::string> without_modules{};
  /// A service of that name and text, if any: "S15name".
  std::string service{};
  std::string service_text{};
};

fs::path make(const Recipe& recipe) {
  const fs::path image = kBuild / "tests/firmware" / (recipe.name + "-" + recipe.version + ".img");
  fs::create_directories(image.parent_path());
  const lab::ScratchDirectory files("firmware-files");
  if (!recipe.service.empty()) {
    const fs::path service = files.path() / "etc/rc.d" / recipe.service;
    fs::create_directories(service.parent_path());
    std::ofstream(service) << "#!/bin/sh\n[ \"$1\" = start ] || exit 0\n" << recipe.service_text;
    fs::permissions(service, fs::perms(0755));
  }
  firmware::build_firmware({.kernel = recipe.kernel,
                            .name = recipe.name,
                            .version = recipe.version,
                            .wirebraid = recipe.wirebraid,
                            .cache = kBuild / "tests/firmware/packages",
                            .output = image,
                            .files = files.path(),
                            .without_modules = recipe.without_modules},
                           std::clog);
  return image;
}

Recipe recipe_of(Fault fault) {
  Recipe recipe{.version = "3.0", .kernel = "6.12"};
  switch (fault) {
    case Fault::no_batman:
      recipe.name = "no-batman";
      recipe.without_modules = {"batman-adv"};
      break;
    case Fault::oops:
      recipe.name = "oops";
      recipe.service = "S15oops";
      recipe.service_text = "echo c >/proc/sysrq-trigger\n";
      break;
    case Fault::lost_config:
      recipe.name = "lost-config";
      recipe.service = "S05forget";
      recipe.service_text = "cp /rom/etc/config/* /etc/config/\n";
      break;
    case Fault::other_frames:
      recipe.name = "other-frames";
      recipe.wirebraid = kBuild / "tests/other_frames";
      break;
    case Fault::slow:
      recipe.name = "slow";
      recipe.service = "S60slow";
      // Of the 6 Mbit/s that the tests' household has.
      recipe.service_text =
          "nft 'add table inet slow; add chain inet slow out { type filter hook postrouting "
          "priority "
          "0; }; add rule inet slow out limit rate over 450 kbytes/second burst 30 kbytes drop'\n";
      break;
  }
  return recipe;
}

}  // namespace

fs::path old_firmware() { return make({.version = "1.0", .kernel = "6.1"}); }
fs::path new_firmware() { return make({.version = "2.0", .kernel = "6.12"}); }
fs::path broken_firmware(Fault fault) { return make(recipe_of(fault)); }

}  // namespace wirebraid::twin_e2e
