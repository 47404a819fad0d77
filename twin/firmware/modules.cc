#include "twin/firmware/modules.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "twin/firmware/packages.h"
#include "twin/lab/process.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".ko";

template <typename T>
T object_at(std::string_view bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    throw BuildError("cut short");
  }
  T result;
  std::memcpy(&result, bytes.data() + offset, sizeof(T));
  return result;
}

std::string_view section_at(std::string_view object, const Elf64_Shdr& header) {
  if (header.sh_offset > object.size() || object.size() - header.sh_offset < header.sh_size) {
    throw BuildError("cut short");
  }
  return object.substr(header.sh_offset, header.sh_size);
}

/// The contents of ".modinfo": KEY=VALUE, each ended by a zero.
std::string_view modinfo_of(std::string_view object) {
  const auto header = object_at<Elf64_Ehdr>(object, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    throw BuildError("no ELF-64 object");
  }
  const auto section = [&](unsigned index) {
    return object_at<Elf64_Shdr>(object, header.e_shoff + uint64_t{index} * sizeof(Elf64_Shdr));
  };
  const std::string_view names = section_at(object, section(header.e_shstrndx));
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr each = section(i);
    constexpr std::string_view kName(".modinfo\0", 9);
    if (each.sh_name < names.size() && names.substr(each.sh_name).starts_with(kName)) {
      return section_at(object, each);
    }
  }
  throw BuildError("no .modinfo in it");
}

void add_words(std::string text, char separator, const std::string& before,
               std::vector<std::string>& to) {
  std::replace(text.begin(), text.end(), separator, ' ');
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    // "pre: a b post: c": what comes after only makes it complete.
    if (word == "post:") break;
    if (!word.ends_with(':')) to.push_back(before + word);
  }
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw BuildError(path.string() + ": cannot be read");
  return text.str();
}

std::optional<std::string> decompressor_for(const fs::path& path) {
  if (path.extension() == ".xz") return "xz";
  if (path.extension() == ".zst") return "zstd";
  if (path.extension() == ".gz") return "gzip";
  return std::nullopt;
}

}  // namespace

std::string module_name(std::string_view file_or_name) {
  std::string name(file_or_name.substr(file_or_name.rfind('/') + 1));
  name = name.substr(0, name.find(kSuffix));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<std::string> module_dependencies(std::string_view object) {
  std::vector<std::string> found;
  for (std::string_view rest = modinfo_of(object); !rest.empty();) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view entry = rest.substr(0, end);
    const size_t equals = std::min(entry.find('='), entry.size());
    const std::string_view key = entry.substr(0, equals);
    const std::string value(entry.substr(std::min(equals + 1, entry.size())));
    if (key == "depends") add_words(value, ',', "", found);
    if (key == "softdep") add_words(value, ' ', "?", found);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return found;
}

Modules::Modules(fs::path directory) : directory_(std::move(directory)) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(directory_ / "kernel", error)) {
    const std::string file = entry.path().filename();
    if (file.find(kSuffix) == std::string::npos) continue;
    files_[module_name(file)] = fs::relative(entry.path(), directory_);
  }
  if (files_.empty()) throw BuildError(directory_.string() + ": no modules there");
  std::istringstream lines(read_file(directory_ / "modules.builtin"));
  for (std::string line; std::getline(lines, line);) built_in_.insert(module_name(line));
}

std::string Modules::contents(const std::string& name) const {
  const fs::path path = directory_ / files_.at(name);
  const auto decompressor = decompressor_for(path);
  if (!decompressor) return read_file(path);
  try {
    return lab::run_command({*decompressor, "-dc", path.string()});
  } catch (const lab::CommandFailed& failure) {
    throw BuildError(failure.what());
  }
}

std::set<std::string> Modules::closure(const std::vector<std::string>& names) {
  std::set<std::string> result;
  std::vector<std::string> open(names);
  while (!open.empty()) {
    const bool wanted = !open.back().starts_with('?');
    const std::string name = module_name(open.back().substr(wanted ? 0 : 1));
    open.pop_back();
    if (files_.count(name) == 0) {
      if (!wanted || built_in_.count(name) != 0) continue;
      throw BuildError(directory_.filename().string() + " has no module " + name);
    }
    if (!result.insert(name).second) continue;
    const auto [known, is_new] = needs_.try_emplace(name);
    try {
      if (is_new) known->second = module_dependencies(contents(name));
    } catch (const BuildError& error) {
      throw BuildError((directory_ / files_.at(name)).string() + ": " + error.what());
    }
    open.insert(open.end(), known->second.begin(), known->second.end());
  }
  return result;
}

void Modules::copy(const std::set<std::string>& names, const fs::path& to) const {
  for (const std::string& name : names) {
    fs::path file = files_.at(name);
    if (decompressor_for(file)) file.replace_extension();
    fs::create_directories((to / file).parent_path());
    std::ofstream out(to / file, std::ios::binary);
    if (!(out << contents(name)) || !out.flush()) {
      throw BuildError((to / file).string() + ": cannot be written");
    }
  }
  // depmod reads these too, to tell what is built in from what is missing.
  for (const char* list : {"modules.order", "modules.builtin", "modules.builtin.modinfo"}) {
    if (fs::exists(directory_ / list)) fs::copy_file(directory_ / list, to / list);
  }
}

}  // namespace wirebraid::firmware
