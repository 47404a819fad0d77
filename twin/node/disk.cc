#include "twin/node/disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <system_error>

#include "io/descriptor.h"
#include "twin/lab/process.h"

namespace wirebraid::node {
namespace fs = std::filesystem;
namespace {

constexpr size_t kSector = 512;
constexpr uint64_t kBootBytes = 64 << 10;

std::string reason() { return std::generic_category().message(errno); }

io::Descriptor opened(const fs::path& file, int flags) {
  io::Descriptor fd(::open(file.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd) throw DiskError(file.string() + ": " + reason());
  return fd;
}

void make_sparse(const fs::path& file, uint64_t bytes) {
  const io::Descriptor fd = opened(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) < 0) {
    throw DiskError(file.string() + ": " + reason());
  }
}

/// Shares the blocks where the file system can.
void fill(const fs::path& file, const fs::path& image) {
  const io::Descriptor from = opened(image, O_RDONLY);
  const io::Descriptor to = opened(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
  ssize_t copied = 1;
  while (copied > 0) copied = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, 1 << 26, 0);
  if (copied < 0) throw DiskError(file.string() + ": " + reason());
}

void write_text(const fs::path& file, const File& content) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << content.text;
  if (!out.flush()) throw DiskError(file.string() + ": cannot be written");
  fs::permissions(file, fs::perms(content.secret ? 0600 : 0644));
}

/// What sysupgrade leaves for the firmware in slot a.
void make_configuration(const fs::path& data, const firmware::Header& header, const Files& files) {
  const fs::path root = data / "root";
  fs::create_directories(root);
  for (const auto& [path, content] : files) write_text(root / path.substr(1), content);
  const fs::path saved = data / "data/sysupgrade";
  fs::create_directories(saved);
  lab::run_command({"tar", "--owner=0", "--group=0", "--sort=name", "-C", root.string(), "-cf",
                    (saved / "files.tar").string(), "."});
  std::ofstream(saved / "for") << "a " << header.sha256 << "\n";
}

}  // namespace

Disk Disk::make(const fs::path& directory, const fs::path& image, const Files& files,
                uint64_t data_bytes) try {
  const firmware::Header header = firmware::read_header(image);
  fs::create_directories(directory);
  Disk disk(directory);
  fill(disk.slot_file(Slot::a), image);
  fs::resize_file(disk.slot_file(Slot::a), firmware::kMostImageBytes);
  make_sparse(disk.slot_file(Slot::b), firmware::kMostImageBytes);
  make_sparse(directory / "boot", kBootBytes);
  disk.set_boot_slot(Slot::a);

  const fs::path scratch = directory / "scratch";
  fs::remove_all(scratch);
  make_configuration(scratch, header, files);
  make_sparse(directory / "data", data_bytes);
  lab::run_command({"mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0,lazy_itable_init=1", "-m",
                    "0", "-d", (scratch / "data").string(), (directory / "data").string()});
  fs::remove_all(scratch);
  return disk;
} catch (const lab::CommandFailed& error) {
  throw DiskError(error.what());
} catch (const std::system_error& error) {
  throw DiskError(error.what());
}

fs::path Disk::slot_file(Slot slot) const {
  return directory_ / (std::string("slot") + static_cast<char>(slot));
}

Slot Disk::boot_slot() const {
  std::ifstream file(directory_ / "boot", std::ios::binary);
  std::string line;
  std::getline(file, line);
  if (line == "slot a") return Slot::a;
  if (line == "slot b") return Slot::b;
  throw DiskError((directory_ / "boot").string() + ": it says neither \"slot a\" nor \"slot b\"");
}

void Disk::set_boot_slot(Slot slot) {
  std::array<char, kSector> sector{'s', 'l', 'o', 't', ' ', static_cast<char>(slot), '\n'};
  const fs::path file = directory_ / "boot";
  const io::Descriptor fd = opened(file, O_WRONLY);
  if (::pwrite(fd.get(), sector.data(), sector.size(), 0) != static_cast<ssize_t>(sector.size())) {
    throw DiskError(file.string() + ": " + reason());
  }
}

std::vector<machine::Disk> Disk::machine_disks() const {
  std::vector<machine::Disk> disks;
  for (const char* serial : {"boot", "slota", "slotb", "data"}) {
    disks.push_back({.file = directory_ / serial, .serial = serial});
  }
  return disks;
}

}  // namespace wirebraid::node
