// The parts of the builder that need no package. That what it builds boots is for a machine with
// QEMU.
#include "twin/firmware/builder.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "tests/twin/firmware/image_files.h"
#include "twin/firmware/cpio.h"
#include "twin/firmware/kernel.h"
#include "twin/firmware/modules.h"
#include "twin/lab/process.h"
#include "twin/lab/scratch_directory.h"

namespace wirebraid::firmware {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// An ELF object with nothing but the sections that are looked at.
std::string module_with(const std::string& modinfo) {
  const std::string names(".modinfo\0.names\0", 16);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_shoff = sizeof(header) + modinfo.size() + names.size();
  header.e_shnum = 2;
  header.e_shstrndx = 1;
  Elf64_Shdr sections[2]{};
  sections[0].sh_offset = sizeof(header);
  sections[0].sh_size = modinfo.size();
  sections[1].sh_name = 9;
  sections[1].sh_offset = sizeof(header) + modinfo.size();
  sections[1].sh_size = names.size();
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + modinfo + names +
         std::string(reinterpret_cast<const char*>(sections), sizeof(sections));
}

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const BuildError& error) {
    return error.what();
  }
  return "no error";
}

TEST(KernelTest, TheNewestThatFitsIsChosen) {
  const auto releases =
      kernel_releases({"linux-image-6.12.9+deb12-amd64", "linux-image-6.12.10+deb12-amd64",
                       "linux-image-6.1.0-9-amd64", "linux-image-6.1.0-50-amd64",
                       "linux-image-6.1.0-50-cloud-amd64", "linux-image-6.1.0-51-rt-amd64",
                       "linux-image-6.1.0-52-amd64-unsigned", "linux-image-amd64"});
  EXPECT_THAT(releases, ElementsAre("6.1.0-9-amd64", "6.1.0-50-amd64", "6.12.9+deb12-amd64",
                                    "6.12.10+deb12-amd64"));
  EXPECT_EQ(choose_release(releases, "6.1"), "6.1.0-50-amd64");
  EXPECT_EQ(choose_release(releases, "6.12"), "6.12.10+deb12-amd64");
  EXPECT_EQ(choose_release(releases, "6.12.9"), "6.12.9+deb12-amd64");
  EXPECT_THAT(failure_of([&] { choose_release(releases, "5.10"); }),
              HasSubstr("no kernel 5.10; there are: 6.1.0-9-amd64 6.1.0-50-amd64"));
  EXPECT_THAT(failure_of([&] { choose_release({}, ""); }), HasSubstr("there are: none"));
}

TEST(ModulesTest, DependenciesAreRead) {
  const std::string object =
      module_with(std::string("license=GPL\0depends=udp_tunnel,libcrc32c\0softdep=pre: crc-x\0"
                              "softdep=post: later\0",
                              78));
  EXPECT_THAT(module_dependencies(object), ElementsAre("udp_tunnel", "libcrc32c", "?crc-x"));
  EXPECT_THAT(module_dependencies(module_with(std::string("depends=\0", 9))), ElementsAre());
}

TEST(ModulesTest, AnythingElseThanAModuleIsRefused) {
  const std::string object = module_with(std::string("depends=a\0", 10));
  for (size_t bytes = 0; bytes < object.size(); ++bytes) {
    EXPECT_NE(failure_of([&] { module_dependencies(object.substr(0, bytes)); }), "no error");
  }
  EXPECT_THAT(failure_of([&] { module_dependencies(std::string(4096, 'x')); }),
              HasSubstr("no ELF-64 object"));
}

TEST(ModulesTest, TheClosureIsCopiedDecompressed) {
  const lab::ScratchDirectory directory("modules");
  const fs::path from = directory.path() / "6.1-test";
  fs::create_directories(from / "kernel/net");
  write_text(from / "kernel/net/top-most.ko", module_with(std::string("depends=below\0", 14)));
  write_text(from / "kernel/below.ko",
             module_with(std::string("depends=\0softdep=pre: none\0", 27)));
  lab::run_command({"gzip", (from / "kernel/below.ko").string()});
  write_text(from / "kernel/other.ko", "not looked at");
  write_text(from / "modules.builtin", "kernel/virtio.ko\n");
  Modules modules(from);
  const auto closure = modules.closure({"top_most", "virtio", "?missing"});
  EXPECT_THAT(closure, ElementsAre("below", "top_most"));
  modules.copy(closure, directory.path() / "to");
  EXPECT_THAT(read_text(directory.path() / "to/kernel/below.ko"), HasSubstr("softdep=pre: none"));
  EXPECT_FALSE(fs::exists(directory.path() / "to/kernel/other.ko"));
  EXPECT_THAT(failure_of([&] { modules.closure({"missing"}); }),
              HasSubstr("6.1-test has no module missing"));
  EXPECT_THAT(failure_of([&] { modules.closure({"other"}); }), HasSubstr("other.ko: "));
}

TEST(CpioTest, IsUnpackedAsItWas) {
  const lab::ScratchDirectory directory("cpio");
  const fs::path from = directory.path() / "from";
  fs::create_directories(from / "bin");
  write_text(from / "bin/tool", "twelve bytes");
  fs::permissions(from / "bin/tool", fs::perms(0755));
  fs::create_symlink("bin/tool", from / "init");
  write_cpio(from, directory.path() / "one");
  fs::last_write_time(from / "bin/tool", fs::file_time_type::clock::now());
  write_cpio(from, directory.path() / "two");
  EXPECT_EQ(read_text(directory.path() / "one"), read_text(directory.path() / "two"));
  const std::string listed =
      lab::run_command({"busybox", "cpio", "-tv", "-F", (directory.path() / "one").string()});
  EXPECT_THAT(listed, HasSubstr("-rwxr-xr-x 0/0        12 1970-01-01 00:00:00 bin/tool"));
  EXPECT_THAT(listed, HasSubstr("init -> bin/tool"));
  EXPECT_THAT(listed, HasSubstr("dev/console"));
}

TEST(GuestFilesTest, AreFound) {
  EXPECT_TRUE(fs::exists(guest_files() / "rootfs/sbin/sysupgrade"));
}

}  // namespace
}  // namespace wirebraid::firmware
