#include "twin/firmware/tree.h"

#include "twin/firmware/packages.h"

namespace wirebraid::firmware {
namespace fs = std::filesystem;
namespace {

void make_directories(const fs::path& directory) {
  if (fs::is_directory(directory)) return;
  make_directories(directory.parent_path());
  fs::create_directory(directory);
  fs::permissions(directory, fs::perms(0755));
}

/// With the one bit that version control keeps; what is for root alone is only so in the guest.
void copy_entry(const fs::path& from, const fs::path& to) {
  make_directories(to.parent_path());
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  const bool runnable = (fs::status(from).permissions() & fs::perms::owner_exec) != fs::perms::none;
  fs::permissions(to, fs::perms(runnable ? 0755 : 0644));
}

}  // namespace

void place_file(const fs::path& from, const fs::path& to) {
  try {
    copy_entry(from, to);
  } catch (const fs::filesystem_error& error) {
    throw BuildError(error.what());
  }
}

void place_tree(const fs::path& from, const fs::path& to) {
  try {
    make_directories(to);
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      const fs::path target = to / entry.path().lexically_relative(from);
      if (entry.is_symlink()) {
        fs::remove(target);
        fs::create_symlink(fs::read_symlink(entry.path()), target);
      } else if (entry.is_directory()) {
        make_directories(target);
      } else {
        copy_entry(entry.path(), target);
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw BuildError(error.what());
  }
}

}  // namespace wirebraid::firmware
