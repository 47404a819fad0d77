#include "twin/firmware/image_header.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "twin/firmware/digest.h"

namespace wirebraid::firmware {
namespace {

constexpr std::string_view kMagic = "wirebraid-firmware ";
constexpr std::string_view kFormat = "1";
constexpr size_t kMostWordCharacters = 64;

bool is_word(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-";
  return !text.empty() && text.size() <= kMostWordCharacters &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Takes the lines of a header one by one.
class Lines {
 public:
  explicit Lines(std::string_view block) : block_(block) {}
  size_t position() const { return position_; }

  /// What follows "KEY " in the next line.
  std::string_view value(std::string_view key) {
    const size_t end = block_.find('\n', position_);
    const std::string_view line = block_.substr(position_, end - position_);
    if (end == std::string_view::npos || line.size() <= key.size() || !line.starts_with(key) ||
        line[key.size()] != ' ') {
      throw ImageError("its header has no line \"" + std::string(key) + " ...\" where one must be");
    }
    position_ = end + 1;
    return line.substr(key.size() + 1);
  }

  std::string word(std::string_view key) {
    const std::string_view text = value(key);
    if (!is_word(text)) {
      throw ImageError("the " + std::string(key) + " in its header is not a plain word");
    }
    return std::string(text);
  }

 private:
  std::string_view block_;
  size_t position_ = 0;
};

uint64_t number(std::string_view text, std::string_view what) {
  uint64_t result = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc() || stop != text.data() + text.size()) {
    throw ImageError(std::string(what) + " in its header is not a number");
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find(' ');
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  return parts;
}

Section parse_section(std::string_view text, std::string_view name) {
  const std::vector<std::string_view> parts = split(text);
  const std::string what = "section " + std::string(name);
  if (parts.size() != 4 || parts[0] != name || !is_digest(parts[3])) {
    throw ImageError("its header has no \"" + what + " OFFSET SIZE SHA256\" where one must be");
  }
  return {std::string(name), number(parts[1], "the offset of " + what),
          number(parts[2], "the size of " + what), std::string(parts[3])};
}

/// `from` is where the section before ends.
void check_place(const Section& section, uint64_t from, uint64_t file_bytes) {
  const std::string what = "section " + section.name;
  if (section.size == 0) throw ImageError(what + " is empty");
  if (section.offset % kBlockBytes != 0 || section.offset < from) {
    throw ImageError(what + " starts at " + std::to_string(section.offset) +
                     ", where it cannot be");
  }
  // Said so that no sum can overflow.
  if (section.offset > kMostImageBytes || section.size > kMostImageBytes - section.offset) {
    throw ImageError(what + " ends beyond the " + std::to_string(kMostImageBytes) +
                     " bytes of a slot");
  }
  if (section.offset + section.size > file_bytes) {
    throw ImageError(what + " ends at " + std::to_string(section.offset + section.size) +
                     ", but the file has only " + std::to_string(file_bytes) + " bytes");
  }
}

}  // namespace

std::string write_header(Header& header) {
  const ImageInfo& info = header.info;
  for (const std::string& word : {info.name, info.version, info.machine, info.kernel_release}) {
    if (!is_word(word)) throw ImageError("\"" + word + "\" is not a plain word for its header");
  }
  std::string text(kMagic);
  text.append(kFormat).append("\nname ").append(info.name);
  text.append("\nversion ").append(info.version).append("\nmachine ").append(info.machine);
  text.append("\nkernel-release ").append(info.kernel_release).append("\n");
  uint64_t from = kBlockBytes;
  for (const Section& section : header.sections) {
    check_place(section, from, kMostImageBytes);
    from = section.offset + section.size;
    text += "section " + section.name + " " + std::to_string(section.offset) + " " +
            std::to_string(section.size) + " " + section.sha256 + "\n";
  }
  header.sha256 = digest_of(text);
  text += "header-sha256 " + header.sha256 + "\n";
  text.resize(kBlockBytes, '\n');
  return text;
}

Header parse_header(std::string_view block, uint64_t file_bytes) {
  if (!block.starts_with(kMagic)) throw ImageError("not a firmware image");
  if (block.size() != kBlockBytes) throw ImageError("too short for the header of an image");
  Lines lines(block);
  if (lines.value(kMagic.substr(0, kMagic.size() - 1)) != kFormat) {
    throw ImageError("a firmware image of another format than " + std::string(kFormat));
  }
  Header header;
  header.info.name = lines.word("name");
  header.info.version = lines.word("version");
  header.info.machine = lines.word("machine");
  header.info.kernel_release = lines.word("kernel-release");
  for (size_t i = 0; i < header.sections.size(); ++i) {
    header.sections[i] = parse_section(lines.value("section"), kSectionNames[i]);
  }
  const size_t covered = lines.position();
  header.sha256 = lines.value("header-sha256");
  if (header.sha256 != digest_of(block.substr(0, covered))) {
    throw ImageError("its header does not have the checksum that it says");
  }
  if (block.find_first_not_of('\n', lines.position()) != std::string_view::npos) {
    throw ImageError("something follows the checksum in its header");
  }
  uint64_t from = kBlockBytes;
  for (const Section& section : header.sections) {
    check_place(section, from, file_bytes);
    from = section.offset + section.size;
  }
  return header;
}

}  // namespace wirebraid::firmware
