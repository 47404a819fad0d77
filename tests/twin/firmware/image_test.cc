#include "twin/firmware/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/twin/firmware/image_files.h"
#include "twin/firmware/digest.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::firmware {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ImageError& error) {
    return error.what();
  }
  return "no error";
}

class ImageTest : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return directory_.path() / name; }

  /// What verify() says of "image" after `change` of its bytes.
  std::string error_after(const std::function<void(std::string&)>& change) {
    std::string bytes = read_text(path("image"));
    change(bytes);
    write_text(path("bad"), bytes);
    return failure_of([&] { verify(path("bad")); });
  }
  /// The same, with a header of these lines and the checksum that belongs to them.
  std::string error_with_header(std::string lines) {
    lines += "header-sha256 " + digest_of(lines) + "\n";
    lines.resize(kBlockBytes, '\n');
    return error_after([&](std::string& bytes) { bytes.replace(0, kBlockBytes, lines); });
  }

  lab::ScratchDirectory directory_{"firmware-image"};
  Header made_ = make_image(directory_.path(), "image", "1.0", 5000);
};

constexpr const char* kWords =
    "wirebraid-firmware 1\nname n\nversion 1\nmachine x86_64\nkernel-release 6\n";

std::string section_line(const std::string& name, const std::string& numbers) {
  return "section " + name + " " + numbers + " " + std::string(64, '0') + "\n";
}

TEST_F(ImageTest, IsReadAsItWasWritten) {
  const Header read = verify(path("image"));
  EXPECT_EQ(read.info.name, "default");
  EXPECT_EQ(read.info.version, "1.0");
  EXPECT_EQ(read.info.machine, "x86_64");
  EXPECT_EQ(read.info.kernel_release, "6.1.0-1-amd64");
  EXPECT_EQ(read.sha256, made_.sha256);
  EXPECT_EQ(read.section("kernel").offset, 4096U);
  EXPECT_EQ(read.section("initrd").offset, 12288U);
  EXPECT_EQ(read.section("rootfs").offset, 20480U);
  EXPECT_EQ(read.image_bytes(), 29480U);
  EXPECT_EQ(fs::file_size(path("image")), read.image_bytes());
  EXPECT_THROW(read.section("root"), std::out_of_range);
}

TEST_F(ImageTest, GivesItsSectionsBack) {
  extract(path("image"), "initrd", path("out"));
  EXPECT_EQ(read_text(path("out")), std::string(5000, '0'));
  EXPECT_THAT(failure_of([&] { extract(path("image"), "root", path("none")); }),
              HasSubstr("no section root"));
  EXPECT_FALSE(fs::exists(path("none")));
}

TEST_F(ImageTest, IsFoundAtTheStartOfALongerSlot) {
  fs::resize_file(path("image"), 1 << 20);
  EXPECT_EQ(verify(path("image")).sha256, made_.sha256);
}

TEST_F(ImageTest, TheSameContentsGiveTheSameBytes) {
  make_image(directory_.path(), "again", "1.0", 5000);
  EXPECT_EQ(read_text(path("again")), read_text(path("image")));
}

TEST_F(ImageTest, NamesTheSectionThatIsDamaged) {
  for (const Section& section : made_.sections) {
    const std::string error =
        error_after([&](std::string& bytes) { bytes[section.offset + section.size - 1] ^= 1; });
    EXPECT_THAT(error, HasSubstr("/bad: section " + section.name + " is damaged"));
  }
  std::string bytes = read_text(path("image"));
  bytes[made_.section("rootfs").offset] ^= 1;
  write_text(path("bad"), bytes);
  EXPECT_THAT(failure_of([&] { extract(path("bad"), "rootfs", path("out")); }),
              HasSubstr("section rootfs is damaged"));
  EXPECT_FALSE(fs::exists(path("out")));
  EXPECT_FALSE(fs::exists(path("out.partial")));
}

TEST_F(ImageTest, ReadingTheHeaderAloneDoesNotLookAtSections) {
  std::string bytes = read_text(path("image"));
  bytes[made_.section("kernel").offset] ^= 1;
  write_text(path("bad"), bytes);
  EXPECT_EQ(read_header(path("bad")).sha256, made_.sha256);
}

TEST_F(ImageTest, IsCutShort) {
  EXPECT_THAT(error_after([](std::string& bytes) { bytes.pop_back(); }),
              HasSubstr("section rootfs ends at 29480, but the file has only 29479 bytes"));
  EXPECT_THAT(error_after([](std::string& bytes) { bytes.resize(4095); }), HasSubstr("too short"));
  EXPECT_THAT(error_after([](std::string& bytes) { bytes.clear(); }),
              HasSubstr("not a firmware image"));
}

TEST_F(ImageTest, AnyChangedByteOfTheHeaderIsNoticed) {
  // All of the text; some of the padding.
  for (size_t i = 0; i < kBlockBytes; i += i < 500 ? 1 : 97) {
    EXPECT_THAT(error_after([i](std::string& bytes) { bytes[i] ^= 2; }),
                StartsWith(path("bad").string() + ": "))
        << "byte " << i;
  }
}

TEST_F(ImageTest, IsNoImage) {
  EXPECT_THAT(failure_of([&] { read_header(path("none")); }), HasSubstr("none: cannot be read"));
  EXPECT_THAT(failure_of([&] { read_header(directory_.path()); }), HasSubstr("a directory"));
  EXPECT_THAT(error_after([](std::string& bytes) { bytes.replace(0, 4, "hsqs"); }),
              HasSubstr("not a firmware image"));
  EXPECT_THAT(error_after([](std::string& bytes) { bytes[19] = '2'; }),
              HasSubstr("of another format than 1"));
}

TEST_F(ImageTest, PlacesThatCannotBeAreRefusedThoughTheChecksumHolds) {
  const std::string initrd = section_line("initrd", "8192 1");
  const std::string rootfs = section_line("rootfs", "12288 1");
  const auto error = [&](const std::string& kernel) {
    return error_with_header(kWords + section_line("kernel", kernel) + initrd + rootfs);
  };
  EXPECT_THAT(error("0 10"), HasSubstr("section kernel starts at 0, where it cannot be"));
  EXPECT_THAT(error("4097 10"), HasSubstr("starts at 4097"));
  EXPECT_THAT(error("4096 5000"), HasSubstr("section initrd starts at 8192, where it cannot be"));
  EXPECT_THAT(error("4096 0"), HasSubstr("section kernel is empty"));
  EXPECT_THAT(error("4096 18446744073709551615"), HasSubstr("ends beyond"));
  EXPECT_THAT(error("18446744073709547520 4096"), HasSubstr("ends beyond"));
  EXPECT_THAT(error("4096 18446744073709551616"), HasSubstr("the size of section kernel"));
  EXPECT_THAT(error("4096 -1"), HasSubstr("is not a number"));
  EXPECT_THAT(error("4096 "), HasSubstr("is not a number"));
  EXPECT_THAT(error("4096"), HasSubstr("no \"section kernel OFFSET SIZE SHA256\""));
  EXPECT_THAT(error("4096 10"), HasSubstr("section kernel is damaged"));
}

TEST_F(ImageTest, LinesThatAreMissingOrOutOfPlaceAreNamed) {
  EXPECT_THAT(error_with_header(kWords), HasSubstr("no line \"section ...\""));
  EXPECT_THAT(error_with_header("wirebraid-firmware 1\nversion 1\n"),
              HasSubstr("no line \"name ...\""));
  EXPECT_THAT(error_with_header("wirebraid-firmware 1\nname a b\n"),
              HasSubstr("the name in its header is not a plain word"));
  EXPECT_THAT(error_with_header("wirebraid-firmware 1\nname $(reboot)\n"),
              HasSubstr("not a plain word"));
  EXPECT_THAT(error_with_header(kWords + section_line("initrd", "4096 1")),
              HasSubstr("no \"section kernel"));
}

TEST_F(ImageTest, WhatCannotBeWrittenLeavesNothing) {
  const SectionFiles files{path("kernel"), path("initrd"), path("rootfs")};
  const ImageInfo info{"default", "1 0", "x86_64", "6"};
  EXPECT_THAT(failure_of([&] { write_image(path("new"), info, files); }),
              HasSubstr("new: \"1 0\" is not a plain word"));
  EXPECT_THAT(failure_of([&] { write_image(path("no/new"), made_.info, files); }),
              HasSubstr("cannot be written"));
  const SectionFiles missing{path("kernel"), path("none"), path("rootfs")};
  EXPECT_THAT(failure_of([&] { write_image(path("new"), made_.info, missing); }),
              HasSubstr("none: cannot be read"));
  fs::resize_file(path("rootfs"), kMostImageBytes);
  EXPECT_THAT(failure_of([&] { write_image(path("new"), made_.info, files); }),
              HasSubstr("section rootfs ends beyond"));
  EXPECT_FALSE(fs::exists(path("new")));
  EXPECT_FALSE(fs::exists(path("new.partial")));
}

}  // namespace
}  // namespace wirebraid::firmware
