#include "twin/firmware/packages.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <ostream>
#include <sstream>

#include "twin/lab/process.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

using lab::CommandFailed;
using lab::milliseconds;
using lab::run_command;

constexpr milliseconds kFetchLimit = std::chrono::minutes(20);
constexpr std::chrono::hours kListsLast{24};
constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// This machine's Debian: "bookworm".
std::string own_codename() {
  std::ifstream file("/etc/os-release");
  constexpr std::string_view kKey = "VERSION_CODENAME=";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kKey)) return line.substr(kKey.size());
  }
  return "";
}

/// The mirror that apt uses for Debian's own suite; nothing is fetched from anywhere else.
std::string own_mirror() {
  const auto found = lines_of(
      run_command({"apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                   "Release: " + own_codename(), "Component: main"}));
  if (found.empty()) {
    throw BuildError("apt is configured for no mirror of Debian on this machine");
  }
  return found.front();
}

/// `archive` as apt names it: "iproute2_6.1.0-3_amd64.deb".
std::string package_of(const std::string& archive) { return archive.substr(0, archive.find('_')); }

/// What the program said, without the long command before it.
std::string complaint_of(const CommandFailed& error) {
  const std::string text = error.what();
  const size_t line_end = text.find('\n');
  const std::string said = line_end == std::string::npos ? "" : text.substr(line_end + 1);
  return said.empty() ? text : said;
}

}  // namespace

Packages::Packages(std::string suite, const fs::path& cache, std::ostream& log)
    : suite_(std::move(suite)), cache_(fs::absolute(cache) / suite_), log_(log) {
  try {
    if (run_command({"dpkg", "--print-architecture"}) != "amd64\n") {
      throw BuildError("a firmware can be built on amd64 only, since its programs run there");
    }
    mirror_ = own_mirror();
    for (const char* each : {"lists/partial", "apt/archives/partial", "archives", "unpacked"}) {
      fs::create_directories(cache_ / each);
    }
    std::ofstream(cache_ / "status").close();
    std::error_code none;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(cache_ / "fresh", none);
    if (none || age > kListsLast) update();
  } catch (const BuildError&) {
    throw;
  } catch (const std::exception& error) {
    throw BuildError(error.what());
  }
}

void Packages::write_sources(bool with_backports) const {
  std::ofstream sources(cache_ / "sources.list", std::ios::trunc);
  const std::string source = std::string("deb [signed-by=") + kKeyring + "] " + mirror_ + " ";
  sources << source << suite_ << " main\n";
  if (with_backports) sources << source << suite_ << "-backports main\n";
}

// What there is has to do if the mirror is not reached.
void Packages::update() {
  log_ << "fetching the lists of packages of " << suite_ << "\n" << std::flush;
  const fs::path fresh = cache_ / "fresh";
  std::string complaint;
  for (const bool with_backports : {true, false}) {
    try {
      write_sources(with_backports);
      apt("apt-get", {"update", "-qq", "-o", "APT::Update::Error-Mode=any"});
      if (!with_backports) {
        log_ << "no " << suite_ << "-backports here, so only kernels of " << suite_
             << " itself: " << complaint << "\n";
      }
      std::ofstream(fresh).close();
      return;
    } catch (const BuildError& error) {
      complaint = error.what();
    }
  }
  if (!fs::exists(fresh)) {
    throw BuildError("the lists of packages of " + suite_ + " cannot be fetched: " + complaint);
  }
  write_sources(true);
  log_ << "using older lists of packages: " << complaint << "\n";
}

std::string Packages::apt(const std::string& program, const std::vector<std::string>& arguments,
                          const fs::path& directory) const {
  std::vector<std::string> command{"env"};
  if (!directory.empty()) command.push_back("--chdir=" + directory.string());
  command.insert(command.end(), {"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", program});
  // An empty status file: nothing counts as installed, so closures are whole.
  for (const std::string& option :
       {"Dir::Etc::SourceList=" + (cache_ / "sources.list").string(),
        std::string("Dir::Etc::SourceParts=/dev/null"),
        "Dir::State::Lists=" + (cache_ / "lists").string(),
        "Dir::State::Status=" + (cache_ / "status").string(),
        "Dir::Cache=" + (cache_ / "apt").string(), std::string("APT::Sandbox::User=root"),
        std::string("Debug::NoLocking=1")}) {
    command.insert(command.end(), {"-o", option});
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  try {
    return run_command(command, {}, kFetchLimit);
  } catch (const CommandFailed& error) {
    throw BuildError(program + ": " + complaint_of(error));
  }
}

std::vector<std::string> Packages::names(std::string_view prefix) {
  // Unlike "pkgnames" it leaves out what is only mentioned by others. NAME - WHAT IT IS
  std::vector<std::string> found =
      lines_of(apt("apt-cache", {"search", "--names-only", "^" + std::string(prefix)}));
  for (std::string& line : found) line = line.substr(0, line.find(' '));
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> Packages::unpacked(const std::vector<std::string>& names, bool closure) {
  std::vector<std::string> arguments{closure ? "install" : "download", "--print-uris", "-qq", "-y",
                                     "--no-install-recommends"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  std::vector<std::string> archives;
  std::vector<std::string> fetch{"download", "-qq"};
  for (const std::string& line : lines_of(apt("apt-get", arguments))) {
    // 'URI' ARCHIVE BYTES HASH
    std::istringstream words(line);
    std::string uri;
    std::string archive;
    if (!line.starts_with('\'') || !(words >> uri >> archive)) continue;
    archives.push_back(archive);
    if (!fs::exists(cache_ / "archives" / archive)) fetch.push_back(package_of(archive));
  }
  if (archives.empty()) throw BuildError("apt names no archive for " + names.front());
  if (fetch.size() > 2) {
    log_ << "fetching " << fetch.size() - 2 << " packages\n" << std::flush;
    apt("apt-get", fetch, cache_ / "archives");
  }
  std::vector<fs::path> directories;
  directories.reserve(archives.size());
  for (const std::string& archive : archives) directories.push_back(unpack(archive));
  return directories;
}

fs::path Packages::unpack(const std::string& archive) const {
  fs::path directory = cache_ / "unpacked" / fs::path(archive).stem();
  if (fs::exists(directory)) return directory;
  const fs::path partial = directory.string() + ".partial";
  try {
    fs::remove_all(partial);
    run_command({"dpkg-deb", "-x", (cache_ / "archives" / archive).string(), partial.string()}, {},
                kFetchLimit);
    fs::rename(partial, directory);
  } catch (const std::exception& error) {
    // It may be what is wrong, and is fetched again.
    std::error_code ignored;
    fs::remove(cache_ / "archives" / archive, ignored);
    throw BuildError(error.what());
  }
  return directory;
}

}  // namespace wirebraid::firmware
