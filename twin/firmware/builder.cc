#include "twin/firmware/builder.h"

#include <sys/stat.h>

#include <fstream>
#include <ostream>
#include <sstream>

#include "twin/firmware/cpio.h"
#include "twin/firmware/kernel.h"
#include "twin/firmware/modules.h"
#include "twin/firmware/programs.h"
#include "twin/firmware/tree.h"
#include "twin/lab/process.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

using lab::milliseconds;
using lab::run_command;
using lab::shell_quoted;

constexpr milliseconds kPackLimit = std::chrono::minutes(10);
constexpr const char* kModules = "lib/modules";

/// Each is in a package, and most come with other programs that a node has no use for. Debian's
/// busybox is the node's shell and not busybox-static, whose shell prefers its own ip to
/// iproute2's.
constexpr const char* kPackages =
    "busybox babeld batctl wireguard-tools iproute2 iw nftables iperf3 usr-is-merged";
constexpr const char* kPrograms = "babeld batctl wg ip tc bridge iw nft iperf3";
constexpr const char* kOwnPrograms = "wirebraidd wirebraid";

std::string run(const std::vector<std::string>& command) {
  try {
    return run_command(command, {}, kPackLimit);
  } catch (const std::exception& error) {
    throw BuildError(error.what());
  }
}

/// `applets` are busybox's paths, one a line; what is there already stays.
void make_links_to_busybox(const std::string& applets, const fs::path& root) {
  std::istringstream lines(applets);
  for (std::string applet; std::getline(lines, applet);) {
    const fs::path link = root / applet;
    fs::create_directories(link.parent_path());
    if (!fs::exists(fs::symlink_status(link))) fs::create_symlink("/bin/busybox", link);
  }
}

/// Modes of new files must not depend on who builds.
class UsualUmask {
 public:
  UsualUmask() : before_(::umask(022)) {}
  ~UsualUmask() { ::umask(before_); }
  UsualUmask(const UsualUmask&) = delete;
  UsualUmask& operator=(const UsualUmask&) = delete;

 private:
  mode_t before_;
};

class Build {
 public:
  Build(const BuildOptions& options, std::ostream& log)
      : options_(options),
        log_(log),
        packages_(options.suite, options.cache, log),
        kernel_(fetch_kernel(packages_, options.kernel)),
        static_busybox_(packages_.unpacked({"busybox-static"}, false).front() / "bin/busybox") {}

  Header run_all() {
    log_ << "kernel " << kernel_.release << ", firmware " << options_.name << " "
         << options_.version << "\n"
         << std::flush;
    make_initrd();
    make_root();
    pack();
    Header header =
        write_image(options_.output, {options_.name, options_.version, "x86_64", kernel_.release},
                    {kernel_.image, path("initrd"), path("rootfs")});
    // A slot is never read in part.
    verify(options_.output);
    return header;
  }

 private:
  fs::path path(const char* name) const { return scratch_.path() / name; }

  void install_modules(const std::vector<std::string>& names, const fs::path& root) {
    Modules modules(kernel_.modules);
    std::set<std::string> chosen = modules.closure(names);
    for (const std::string& each : options_.without_modules) chosen.erase(module_name(each));
    modules.copy(chosen, root / kModules / kernel_.release);
    // It finds the modules below its current directory.
    run({"env", "--chdir", root.string(), static_busybox_.string(), "depmod", "-b", root.string(),
         kernel_.release});
  }

  void make_initrd() {
    const fs::path root = path("initrd.d");
    place_tree(guest_files() / "common", root);
    place_tree(guest_files() / "initrd", root);
    place_file(static_busybox_, root / "bin/busybox");
    make_links_to_busybox(run({static_busybox_.string(), "--list-full"}), root);
    for (const char* each : {"dev", "proc", "sys", "data", "rom", "newroot", "run"}) {
      fs::create_directories(root / each);
    }
    install_modules(boot_modules(), root);
  }

  void make_root() {
    const fs::path root = path("root.d");
    const std::vector<fs::path> found = packages_.unpacked(lab::words(kPackages), true);
    Programs programs(found, root);
    for (const std::string& each : lab::words(kPrograms)) programs.install(programs.find(each));
    for (const std::string& each : lab::words(kOwnPrograms)) {
      programs.install(own_program(options_.wirebraid, each));
    }
    programs.install(programs.find("busybox"));
    fs::create_directories(root / "bin");
    fs::rename(root / "usr/sbin/busybox", root / "bin/busybox");
    place_tree(guest_files() / "common", root);
    place_tree(guest_files() / "rootfs", root);
    if (!options_.files.empty()) place_tree(options_.files, root);
    make_links_to_busybox(programs.output(root / "bin/busybox", "--list-full"), root);
    for (const char* each : {"dev", "proc", "sys", "tmp", "data", "rom", "mnt", "var", "root"}) {
      fs::create_directories(root / each);
    }
    std::vector<std::string> modules = boot_modules();
    const std::vector<std::string> more = node_modules();
    modules.insert(modules.end(), more.begin(), more.end());
    install_modules(modules, root);
    write_release(root);
  }

  void write_release(const fs::path& root) const {
    std::ofstream file(root / "etc/wirebraid_release");
    file << "NAME='" << options_.name << "'\nVERSION='" << options_.version << "'\nKERNEL='"
         << kernel_.release << "'\nSUITE='" << options_.suite << "'\n";
    if (!file.flush()) throw BuildError("the release file cannot be written");
  }

  void pack() const {
    write_cpio(path("initrd.d"), path("initrd.cpio"));
    run({"sh", "-c",
         "gzip -9n <" + shell_quoted(path("initrd.cpio").string()) + " >" +
             shell_quoted(path("initrd").string())});
    run({"mksquashfs", path("root.d").string(), path("rootfs").string(), "-comp", "zstd",
         "-all-root", "-all-time", "0", "-mkfs-time", "0", "-noappend", "-no-progress",
         "-no-xattrs", "-quiet", "-processors", "1"});
  }

  const BuildOptions& options_;
  std::ostream& log_;
  UsualUmask umask_;
  lab::ScratchDirectory scratch_{"wirebraid-firmware"};
  Packages packages_;
  Kernel kernel_;
  fs::path static_busybox_;
};

}  // namespace

Header build_firmware(const BuildOptions& options, std::ostream& log) {
  // Found out before anything is fetched.
  for (const std::string& each : lab::words(kOwnPrograms)) {
    if (!fs::is_regular_file(own_program(options.wirebraid, each))) {
      throw BuildError((options.wirebraid / each).string() +
                       ": not there, and the firmware needs it");
    }
  }
  try {
    return Build(options, log).run_all();
  } catch (const fs::filesystem_error& error) {
    throw BuildError(error.what());
  }
}

fs::path own_program(const fs::path& directory, const std::string& name) {
  const fs::path here = directory / name;
  const fs::path beside = directory / "../sbin" / name;
  return !fs::exists(here) && fs::exists(beside) ? beside : here;
}

fs::path guest_files() {
  const fs::path source = WIREBRAID_GUEST_SOURCE;
  if (!source.empty() && fs::exists(source / "initrd/init")) return source;
  // An installed program may have been moved together with its files: to /usr, to /usr/local.
  const fs::path own = fs::read_symlink("/proc/self/exe").parent_path();
  fs::path installed = (own / WIREBRAID_GUEST_INSTALLED).lexically_normal();
  if (fs::exists(installed / "initrd/init")) return installed;
  throw BuildError("the guest's files are not in " + installed.string());
}

}  // namespace wirebraid::firmware
