// wirebraid-twin firmware: makes the firmware that nodes run, and looks at it.
#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "twin/app/command.h"
#include "twin/firmware/builder.h"
#include "twin/firmware/image.h"

namespace wirebraid::twin {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using namespace firmware;
namespace {

fs::path default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME")) return fs::path(cache) / "wirebraid-twin";
  if (const char* home = std::getenv("HOME")) return fs::path(home) / ".cache/wirebraid-twin";
  throw UsageError("firmware build: neither XDG_CACHE_HOME nor HOME is set; --cache is needed");
}

/// Beside this program, or where the build puts it, or in PATH.
fs::path default_wirebraid() {
  std::error_code ignored;
  const fs::path own = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::vector<fs::path> places{own, own / "../src/app"};
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    places.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const fs::path& each : places) {
    if (fs::exists(own_program(each, "wirebraidd")) && fs::exists(own_program(each, "wirebraid"))) {
      return each;
    }
  }
  throw UsageError("firmware build: wirebraidd and wirebraid are not found; --wirebraid is needed");
}

void add_build_options(CommandLine& line) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  auto add = line.options().add_options();
  add("kernel", text("VERSION"), "6.1, 6.12 or longer; the newest that begins so");
  add("output,o", text("FILE"), "the image");
  add("name", text("NAME"), "of the firmware (default)");
  add("version", text("V"), "of the firmware (1.0)");
  add("suite", text("SUITE"), "Debian's release (bookworm), with its backports");
  add("wirebraid", text("DIR"), "where wirebraidd and wirebraid are");
  add("cache", text("DIR"), "where packages are kept");
  add("files", text("DIR"), "files to put over the root file system");
  add("without-module", po::value<Arguments>()->value_name("NAME"),
      "a kernel module to leave out; may be given again");
}

int build(const Arguments& arguments, const Streams& streams) {
  CommandLine line("firmware build", {});
  add_build_options(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  if (!line.has("kernel")) throw UsageError("firmware build needs --kernel VERSION");
  if (!line.has("output")) throw UsageError("firmware build needs --output FILE");
  BuildOptions options;
  options.kernel = line.text("kernel");
  options.output = line.text("output");
  options.name = line.text("name", options.name);
  options.version = line.text("version", options.version);
  options.suite = line.text("suite", options.suite);
  options.wirebraid =
      line.has("wirebraid") ? fs::path(line.text("wirebraid")) : default_wirebraid();
  options.cache = line.has("cache") ? fs::path(line.text("cache")) : default_cache();
  options.files = line.text("files");
  options.without_modules = line.texts("without-module");
  const Header header = build_firmware(options, streams.err);
  streams.err << options.output.string() << ": written, " << header.image_bytes() << " bytes\n";
  return kExitDone;
}

int check(const Arguments& arguments, const Streams& streams) {
  CommandLine line("firmware check", {"IMAGE"});
  if (!line.parse(arguments, streams)) return kExitDone;
  const Header header = verify(line.word());
  streams.out << line.word() << ": good\nname " << header.info.name << "\nversion "
              << header.info.version << "\nmachine " << header.info.machine << "\nkernel "
              << header.info.kernel_release << "\n";
  for (const Section& section : header.sections) {
    streams.out << section.name << " " << section.size << " bytes\n";
  }
  streams.out << "identity " << header.sha256 << "\n";
  return kExitDone;
}

int take_out(const Arguments& arguments, const Streams& streams) {
  CommandLine line("firmware extract", {"IMAGE", "SECTION: kernel, initrd or rootfs", "FILE"});
  if (!line.parse(arguments, streams)) return kExitDone;
  extract(line.word(0), line.word(1), line.word(2));
  return kExitDone;
}

struct Action {
  std::string_view name;
  int (*run)(const Arguments&, const Streams&);
};
constexpr std::array<Action, 3> kActions{
    {{"build", build}, {"check", check}, {"extract", take_out}}};

}  // namespace

int run_firmware(const Arguments& arguments, const Streams& streams) {
  if (arguments.empty()) throw UsageError("firmware: build, check or extract expected");
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h") return build({"--help"}, streams);
  for (const Action& action : kActions) {
    if (action.name == name) return action.run({arguments.begin() + 1, arguments.end()}, streams);
  }
  throw UsageError("firmware: " + topology::in_quotes(name) +
                   " is not known; build, check or extract expected");
}

}  // namespace wirebraid::twin
