#include "twin/node/boot_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

#include "tests/twin/firmware/image_files.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::node {
namespace {

namespace fs = std::filesystem;

class BootFilesTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return scratch_.path() / name; }
  size_t kept() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(path("boot")), fs::directory_iterator()));
  }

  lab::ScratchDirectory scratch_{"boot-files"};
  BootFiles files_{path("boot")};
};

TEST_F(BootFilesTest, AreTheImagesKernelAndInitrd) {
  firmware::make_image(scratch_.path(), "image", "1.7");
  const BootPair pair = files_.of(path("image"));
  EXPECT_EQ(firmware::read_text(pair.kernel), std::string(4096, '7'));
  EXPECT_EQ(firmware::read_text(pair.initrd), std::string(5000, '7'));
}

TEST_F(BootFilesTest, AreSharedByImagesThatHaveTheSame) {
  // Versions that end alike have the same sections, and another header.
  const auto one = firmware::make_image(scratch_.path(), "one", "1.7");
  const auto other = firmware::make_image(scratch_.path(), "other", "2.7");
  ASSERT_NE(one.sha256, other.sha256);
  const BootPair first = files_.of(path("one"));
  const BootPair second = files_.of(path("other"));
  EXPECT_EQ(first.kernel, second.kernel);
  EXPECT_EQ(first.initrd, second.initrd);
  EXPECT_EQ(kept(), 2U);
}

TEST_F(BootFilesTest, AreSharedSectionBySection) {
  firmware::make_image(scratch_.path(), "one", "1.7");
  firmware::make_image(scratch_.path(), "other", "1.7", 8192);
  const BootPair first = files_.of(path("one"));
  const BootPair second = files_.of(path("other"));
  EXPECT_NE(first.kernel, second.kernel);
  EXPECT_EQ(first.initrd, second.initrd);
  EXPECT_EQ(fs::file_size(second.kernel), 8192U);
  EXPECT_EQ(kept(), 3U);
}

TEST_F(BootFilesTest, AreFoundInASlotThatIsLongerThanTheImage) {
  firmware::make_image(scratch_.path(), "image", "1.7");
  fs::resize_file(path("image"), 1 << 20);
  EXPECT_EQ(fs::file_size(files_.of(path("image")).kernel), 4096U);
}

TEST_F(BootFilesTest, ADamagedKernelLeavesNothing) {
  const auto header = firmware::make_image(scratch_.path(), "image", "1.7");
  std::string bytes = firmware::read_text(path("image"));
  bytes[header.section("kernel").offset] ^= 1;
  firmware::write_text(path("image"), bytes);
  EXPECT_THROW(files_.of(path("image")), firmware::ImageError);
  EXPECT_EQ(kept(), 0U);
  EXPECT_THROW(files_.of(path("none")), firmware::ImageError);
}

}  // namespace
}  // namespace wirebraid::node
