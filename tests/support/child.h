// Runs a piece of a test in a child process, for what cannot be undone: seccomp filters, dropped
// capabilities, private mounts.
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>

namespace wirebraid::testing {

/// What `body` returned in the child; "" if the child died.
inline std::string in_child(const std::function<std::string()>& body) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const std::string result = body();
    const ssize_t written = write(ends[1], result.data(), result.size());
    _exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string result;
  std::array<char, 512> piece{};
  ssize_t size = 0;
  while ((size = read(ends[0], piece.data(), piece.size())) > 0) {
    result.append(piece.data(), static_cast<size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? result : "";
}

/// For use in a child: still root, but without any right beyond owning files.
inline bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  return syscall(SYS_capset, &header, none.data()) == 0;
}

}  // namespace wirebraid::testing
