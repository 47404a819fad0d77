#include "twin/firmware/cpio.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "twin/firmware/packages.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

struct Entry {
  std::string name;
  uint32_t mode = 0;
  std::string contents{};
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
};

class Writer {
 public:
  explicit Writer(const fs::path& path) : path_(path), out_(path, std::ios::binary) {}

  void add(const Entry& entry) {
    ++inode_;
    out_ << "070701";
    const size_t name_bytes = entry.name.size() + 1;
    // Inode, mode, owner, group, links, time, size, device of the file, device, name's size, check.
    for (const size_t field :
         {size_t{inode_}, size_t{entry.mode}, size_t{0}, size_t{0}, size_t{1}, size_t{0},
          entry.contents.size(), size_t{0}, size_t{0}, size_t{entry.device_major},
          size_t{entry.device_minor}, name_bytes, size_t{0}}) {
      char text[9];
      std::snprintf(text, sizeof(text), "%08X", static_cast<unsigned>(field));
      out_ << text;
    }
    constexpr size_t kFixedBytes = 110;
    out_ << entry.name << '\0';
    pad(kFixedBytes + name_bytes);
    out_ << entry.contents;
    pad(entry.contents.size());
  }

  void finish() {
    inode_ = UINT32_MAX;
    add({"TRAILER!!!"});
    if (!out_.flush()) throw BuildError(path_.string() + ": cannot be written");
  }

 private:
  void pad(size_t written) {
    for (; written % 4 != 0; ++written) out_ << '\0';
  }

  fs::path path_;
  std::ofstream out_;
  uint32_t inode_ = 0;
};

Entry entry_of(const fs::path& path, const std::string& name) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw BuildError(path.string() + ": cannot be read");
  Entry entry{name, status.st_mode};
  if (S_ISLNK(status.st_mode)) entry.contents = fs::read_symlink(path);
  if (S_ISREG(status.st_mode)) {
    std::ostringstream contents;
    std::ifstream file(path, std::ios::binary);
    contents << file.rdbuf();
    entry.contents = contents.str();
    if (!file || entry.contents.size() != static_cast<size_t>(status.st_size)) {
      throw BuildError(path.string() + ": cannot be read");
    }
  }
  return entry;
}

}  // namespace

void write_cpio(const fs::path& directory, const fs::path& archive) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    names.push_back(entry.path().lexically_relative(directory));
  }
  std::sort(names.begin(), names.end());
  Writer writer(archive);
  for (const std::string& name : names) writer.add(entry_of(directory / name, name));
  constexpr uint32_t kConsoleMajor = 5;
  constexpr uint32_t kConsoleMinor = 1;
  writer.add({"dev/console", S_IFCHR | 0600, "", kConsoleMajor, kConsoleMinor});
  writer.finish();
}

}  // namespace wirebraid::firmware
