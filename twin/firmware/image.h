// The firmware image: one file with a kernel, an initrd and a root file system, and what they must
// hash to. docs/twin-firmware.md is the specification; the guest reads it in lib/upgrade/image.sh.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wirebraid::firmware {

inline constexpr uint64_t kBlockBytes = 4096;             ///< of the header; sections start at such
inline constexpr uint64_t kMostImageBytes = 96ULL << 20;  ///< what a slot of a node's disk holds
inline constexpr std::array<std::string_view, 3> kSectionNames{"kernel", "initrd", "rootfs"};

/// A file that is no firmware image, or a damaged one, or one that cannot be written. what() names
/// the file and what is wrong with it, for people.
struct ImageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Each word: 1 to 64 of A-Z a-z 0-9 . _ + ~ -
struct ImageInfo {
  std::string name;            ///< "default"
  std::string version;         ///< "1.0"
  std::string machine;         ///< as uname -m has it: "x86_64"
  std::string kernel_release;  ///< as uname -r has it
};

struct Section {
  std::string name;     ///< one of kSectionNames
  uint64_t offset = 0;  ///< bytes from the start of the image, a multiple of kBlockBytes
  uint64_t size = 0;    ///< bytes, more than 0
  std::string sha256;   ///< 64 lower-case hexadecimal digits
};

struct Header {
  ImageInfo info;
  std::array<Section, kSectionNames.size()> sections;  ///< in the order of kSectionNames
  std::string sha256;  ///< of the header itself: the image's identity

  /// Bytes of the whole image: where its last section ends.
  uint64_t image_bytes() const;
  /// Throws std::out_of_range if there is no section of this name.
  const Section& section(std::string_view name) const;
};

/// Where the contents of the sections come from.
struct SectionFiles {
  std::filesystem::path kernel;
  std::filesystem::path initrd;
  std::filesystem::path rootfs;
};

/// The header of `image`, which may be a slot and so be longer than the image. It is believed only
/// if its own checksum holds and all sections lie inside the file, in order and apart. What is in
/// the sections is not looked at. Throws ImageError.
Header read_header(const std::filesystem::path& image);

/// As read_header(); all sections must hash to what the header says. Throws ImageError, which names
/// the section.
Header verify(const std::filesystem::path& image);

/// Makes an image. The same contents give the same bytes. `image` appears whole or not at all.
/// Throws ImageError.
Header write_image(const std::filesystem::path& image, const ImageInfo& info,
                   const SectionFiles& files);

/// Copies one section to the file `to`, which is removed again if the contents are not what the
/// header says. Throws ImageError, also for a name that is no section's.
void extract(const std::filesystem::path& image, std::string_view section,
             const std::filesystem::path& to);

}  // namespace wirebraid::firmware
