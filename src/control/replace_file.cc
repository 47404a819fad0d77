#include "control/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "io/descriptor.h"

namespace wirebraid::control {
namespace {

std::error_code write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno != EINTR) return io::last_error();
    if (wrote > 0) text.remove_prefix(static_cast<size_t>(wrote));
  }
  return ::fsync(fd) == 0 ? std::error_code() : io::last_error();
}

std::error_code write_like(const std::string& fresh, const std::string& path,
                           std::string_view text) {
  const io::Descriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return io::last_error();
  struct stat before {};
  if (::stat(path.c_str(), &before) == 0) {
    struct stat made {};
    if (::fstat(file.get(), &made) != 0) return io::last_error();
    const bool others = made.st_uid != before.st_uid || made.st_gid != before.st_gid;
    if (others && ::fchown(file.get(), before.st_uid, before.st_gid) != 0 && errno != EPERM) {
      return io::last_error();
    }
    if (::fchmod(file.get(), before.st_mode & 07777) != 0) return io::last_error();
  }
  return write_all(file.get(), text);
}

}  // namespace

std::error_code replace_file(const std::string& path, std::string_view text) {
  std::error_code error;
  std::filesystem::path target = std::filesystem::canonical(path, error);
  if (error) target = path;  // not there yet
  const std::string fresh = target.string() + ".new";
  error = write_like(fresh, target.string(), text);
  if (!error) std::filesystem::rename(fresh, target, error);
  if (error) {
    ::unlink(fresh.c_str());
    return error;
  }
  // The rename as well; where a directory cannot be synchronised, the file system does it in its
  // own time.
  const std::string parent = target.has_parent_path() ? target.parent_path().string() : ".";
  const io::Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
  return {};
}

}  // namespace wirebraid::control
