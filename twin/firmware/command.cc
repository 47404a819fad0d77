#include "twin/firmware/command.h"

#include <array>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "twin/firmware/builder.h"
#include "twin/firmware/image.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

using Arguments = std::vector<std::string>;

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr const char* kUsage =
    R"(Usage: wirebraid-twin firmware build --kernel VERSION --output FILE [OPTIONS]
       wirebraid-twin firmware check IMAGE
       wirebraid-twin firmware extract IMAGE kernel|initrd|rootfs FILE

)";

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
    if (fs::exists(each / "wirebraidd") && fs::exists(each / "wirebraid")) return each;
  }
  throw UsageError("firmware build: wirebraidd and wirebraid are not found; --wirebraid is needed");
}

po::options_description build_options() {
  const auto text = [] { return po::value<std::string>(); };
  po::options_description options("Options of build");
  options.add_options()("help,h", "this text")  //
      ("kernel", text()->value_name("VERSION"),
       "6.1, 6.12 or longer; the newest that begins so")                                         //
      ("output,o", text()->value_name("FILE"), "the image")                                      //
      ("name", text()->value_name("NAME"), "of the firmware (default)")                          //
      ("version", text()->value_name("V"), "of the firmware (1.0)")                              //
      ("suite", text()->value_name("SUITE"), "Debian's release (bookworm), with its backports")  //
      ("wirebraid", text()->value_name("DIR"), "where wirebraidd and wirebraid are")             //
      ("cache", text()->value_name("DIR"), "where packages are kept")                            //
      ("files", text()->value_name("DIR"), "files to put over the root file system")             //
      ("without-module", po::value<Arguments>()->value_name("NAME"),
       "a kernel module to leave out; may be given again");
  return options;
}

po::variables_map parse(const Arguments& arguments, const po::options_description& options) {
  po::variables_map given;
  try {
    po::store(po::command_line_parser(arguments)
                  .options(options)
                  .positional(po::positional_options_description())
                  .run(),
              given);
  } catch (const po::error& error) {
    throw UsageError(std::string("firmware build: ") + error.what());
  }
  return given;
}

int build(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const po::options_description known = build_options();
  const po::variables_map given = parse(arguments, known);
  if (given.count("help") != 0) {
    out << kUsage << known;
    return kExitDone;
  }
  const auto text = [&](const char* name, const std::string& fallback) {
    return given.count(name) == 0 ? fallback : given[name].as<std::string>();
  };
  BuildOptions options;
  options.kernel = text("kernel", "");
  options.output = text("output", "");
  if (options.kernel.empty()) throw UsageError("firmware build needs --kernel VERSION");
  if (options.output.empty()) throw UsageError("firmware build needs --output FILE");
  options.name = text("name", options.name);
  options.version = text("version", options.version);
  options.suite = text("suite", options.suite);
  options.wirebraid =
      given.count("wirebraid") == 0 ? default_wirebraid() : fs::path(text("wirebraid", ""));
  options.cache = given.count("cache") == 0 ? default_cache() : fs::path(text("cache", ""));
  options.files = text("files", "");
  if (given.count("without-module") != 0) {
    options.without_modules = given["without-module"].as<Arguments>();
  }
  const Header header = build_firmware(options, err);
  err << options.output.string() << ": written, " << header.image_bytes() << " bytes\n";
  return kExitDone;
}

int check(const Arguments& arguments, std::ostream& out, std::ostream&) {
  if (arguments.size() != 1) throw UsageError("firmware check needs an IMAGE, and nothing else");
  const Header header = verify(arguments.front());
  out << arguments.front() << ": good\nname " << header.info.name << "\nversion "
      << header.info.version << "\nmachine " << header.info.machine << "\nkernel "
      << header.info.kernel_release << "\n";
  for (const Section& section : header.sections) {
    out << section.name << " " << section.size << " bytes\n";
  }
  out << "identity " << header.sha256 << "\n";
  return kExitDone;
}

int take_out(const Arguments& arguments, std::ostream&, std::ostream&) {
  if (arguments.size() != 3) throw UsageError("firmware extract needs IMAGE, SECTION and FILE");
  extract(arguments[0], arguments[1], arguments[2]);
  return kExitDone;
}

struct Action {
  std::string_view name;
  int (*run)(const Arguments&, std::ostream&, std::ostream&);
};
constexpr std::array<Action, 3> kActions{
    {{"build", build}, {"check", check}, {"extract", take_out}}};

int dispatch(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  if (arguments.empty()) throw UsageError("firmware: build, check or extract expected");
  if (arguments.front() == "--help" || arguments.front() == "-h") {
    out << kUsage << build_options();
    return kExitDone;
  }
  for (const Action& action : kActions) {
    if (action.name != arguments.front()) continue;
    return action.run({arguments.begin() + 1, arguments.end()}, out, err);
  }
  throw UsageError("firmware: \"" + arguments.front() +
                   "\" is not known; build, check or extract expected");
}

}  // namespace

int run_firmware(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  try {
    return dispatch(arguments, out, err);
  } catch (const UsageError& error) {
    err << "wirebraid-twin: " << error.what()
        << "; `wirebraid-twin firmware --help` tells how to use it\n";
    return kExitUsage;
  } catch (const std::exception& error) {
    err << "wirebraid-twin: " << error.what() << "\n";
    return kExitFailed;
  }
}

}  // namespace wirebraid::firmware
