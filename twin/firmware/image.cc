#include "twin/firmware/image.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <system_error>
#include <vector>

#include "twin/firmware/digest.h"
#include "twin/firmware/image_header.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

constexpr size_t kChunkBytes = 1 << 16;

std::string last_error() { return std::generic_category().message(errno); }

std::ifstream open_to_read(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw ImageError(path.string() + ": a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ImageError(path.string() + ": cannot be read: " + last_error());
  return file;
}

/// Also of a block device, unlike std::filesystem::file_size().
uint64_t bytes_of(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  const auto end = file.tellg();
  file.seekg(0);
  return end < 0 ? 0 : static_cast<uint64_t>(end);
}

/// Gives `bytes` of `file` from `offset` on to `take`; false if there are not as many.
bool for_each_chunk(std::ifstream& file, uint64_t offset, uint64_t bytes,
                    const std::function<void(std::string_view)>& take) {
  std::vector<char> chunk(kChunkBytes);
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  while (bytes > 0) {
    const auto wanted = static_cast<std::streamsize>(std::min<uint64_t>(bytes, chunk.size()));
    if (!file.read(chunk.data(), wanted)) return false;
    take({chunk.data(), static_cast<size_t>(wanted)});
    bytes -= static_cast<uint64_t>(wanted);
  }
  return true;
}

Header header_of(std::ifstream& file, const fs::path& image) {
  const uint64_t bytes = bytes_of(file);
  std::string block;
  for_each_chunk(file, 0, std::min(bytes, kBlockBytes),
                 [&](std::string_view chunk) { block += chunk; });
  try {
    return parse_header(block, bytes);
  } catch (const ImageError& error) {
    throw ImageError(image.string() + ": " + error.what());
  }
}

/// Gives the section to `take`, and throws in the end if it was not what the header says.
void read_section(std::ifstream& file, const fs::path& image, const Section& section,
                  const std::function<void(std::string_view)>& take) {
  Digest digest;
  const bool whole =
      for_each_chunk(file, section.offset, section.size, [&](std::string_view chunk) {
        digest.add(chunk);
        take(chunk);
      });
  const std::string what = image.string() + ": section " + section.name;
  if (!whole) throw ImageError(what + " cannot be read");
  if (digest.hex() != section.sha256) throw ImageError(what + " is damaged: its checksum differs");
}

/// Not there under its name before commit(), and not there at all without it.
class NewFile {
 public:
  explicit NewFile(fs::path path) : path_(std::move(path)), partial_(path_) {
    partial_ += ".partial";
    stream_.open(partial_, std::ios::binary | std::ios::trunc);
    check();
  }
  ~NewFile() {
    stream_.close();
    std::error_code ignored;
    if (!partial_.empty()) fs::remove(partial_, ignored);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(uint64_t offset, std::string_view bytes) {
    stream_.seekp(static_cast<std::streamoff>(offset));
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void commit() {
    stream_.close();
    check();
    std::error_code error;
    fs::rename(partial_, path_, error);
    if (error) throw ImageError(path_.string() + ": cannot be written: " + error.message());
    partial_.clear();
  }

 private:
  void check() const {
    if (!stream_) throw ImageError(path_.string() + ": cannot be written: " + last_error());
  }

  fs::path path_;
  fs::path partial_;
  std::ofstream stream_;
};

Section copy_in(const fs::path& source, std::string_view name, uint64_t offset, NewFile& image) {
  std::ifstream file = open_to_read(source);
  Section section{std::string(name), offset, bytes_of(file), ""};
  Digest digest;
  uint64_t at = offset;
  if (!for_each_chunk(file, 0, section.size, [&](std::string_view chunk) {
        digest.add(chunk);
        image.write(at, chunk);
        at += chunk.size();
      })) {
    throw ImageError(source.string() + ": cannot be read");
  }
  section.sha256 = digest.hex();
  return section;
}

uint64_t rounded_up(uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

}  // namespace

uint64_t Header::image_bytes() const { return sections.back().offset + sections.back().size; }

const Section& Header::section(std::string_view name) const {
  for (const Section& each : sections) {
    if (each.name == name) return each;
  }
  throw std::out_of_range("no section " + std::string(name));
}

Header read_header(const fs::path& image) {
  std::ifstream file = open_to_read(image);
  return header_of(file, image);
}

Header verify(const fs::path& image) {
  std::ifstream file = open_to_read(image);
  Header header = header_of(file, image);
  for (const Section& section : header.sections) {
    read_section(file, image, section, [](std::string_view) {});
  }
  return header;
}

Header write_image(const fs::path& image, const ImageInfo& info, const SectionFiles& files) {
  NewFile out(image);
  Header header{info, {}, ""};
  const std::array<fs::path, kSectionNames.size()> sources{files.kernel, files.initrd,
                                                           files.rootfs};
  uint64_t offset = kBlockBytes;
  for (size_t i = 0; i < sources.size(); ++i) {
    header.sections[i] = copy_in(sources[i], kSectionNames[i], offset, out);
    offset = rounded_up(offset + header.sections[i].size);
  }
  try {
    out.write(0, write_header(header));
  } catch (const ImageError& error) {
    throw ImageError(image.string() + ": " + error.what());
  }
  out.commit();
  return header;
}

void extract(const fs::path& image, std::string_view section, const fs::path& to) {
  std::ifstream file = open_to_read(image);
  const Header header = header_of(file, image);
  if (std::find(kSectionNames.begin(), kSectionNames.end(), section) == kSectionNames.end()) {
    throw ImageError(image.string() + ": no section " + std::string(section));
  }
  NewFile out(to);
  uint64_t at = 0;
  read_section(file, image, header.section(section), [&](std::string_view chunk) {
    out.write(at, chunk);
    at += chunk.size();
  });
  out.commit();
}

}  // namespace wirebraid::firmware
