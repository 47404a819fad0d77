#include "web/page_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/config.h"

namespace wirebraid::web {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kLargest = 1 << 20;
constexpr size_t kMostFiles = 64;

std::string type_of(const fs::path& file) {
  const std::string end = file.extension().string();
  if (end == ".html") return "text/html; charset=utf-8";
  if (end == ".css") return "text/css; charset=utf-8";
  if (end == ".js") return "text/javascript; charset=utf-8";
  if (end == ".svg") return "image/svg+xml";
  return {};
}

std::string default_directory() {
  std::error_code ignored;
  const fs::path source = WIREBRAID_PAGE_SOURCE;
  if (!source.empty() && fs::exists(source / "index.html", ignored)) return source;
  // An installed program may have been moved together with its page: to /usr, to /usr/local.
  const fs::path own = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  return (own / WIREBRAID_PAGE_INSTALLED).lexically_normal();
}

}  // namespace

PageResult read_page(const std::string& directory) {
  PageResult result;
  const fs::path place = directory.empty() ? default_directory() : directory;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(place, error)) {
    const std::string type = type_of(entry.path());
    if (type.empty() || !entry.is_regular_file(error)) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    if (text.str().size() > kLargest || result.files.size() >= kMostFiles) {
      return {{}, place.string() + " is no page: too much in it"};
    }
    result.files["/" + entry.path().filename().string()] = {
        type, text.str(), "\"" + control::revision_of(text.str()) + "\""};
  }
  const auto index = result.files.find("/index.html");
  if (index == result.files.end()) {
    return {{},
            "no page in " + place.string() + (error ? " (" + error.message() + ")" : "") +
                "; name its directory with --page"};
  }
  result.files["/"] = index->second;
  return result;
}

}  // namespace wirebraid::web
