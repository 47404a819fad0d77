#include "twin/demo/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "twin/lab/interrupt.h"
#include "twin/lab/process.h"

namespace wirebraid::demo {
namespace {

constexpr const char* kLockFile = "/run/wirebraid-demo.lock";

int open_lock() {
  const int fd = ::open(kLockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), kLockFile);
  return fd;
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// The kernel knows who holds a lock and forgets a dead holder, so there is no stale state.
pid_t lock_holder(int fd) {
  struct flock lock = whole_file();
  if (::fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK) return 0;
  return lock.l_pid;
}

void detach_from_terminal() {
  std::fflush(nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  ::close(null);
}

}  // namespace

pid_t become_the_demo() {
  const int fd = open_lock();  // stays open, and locked, until the process ends
  struct flock lock = whole_file();
  if (::fcntl(fd, F_SETLK, &lock) == 0) return 0;
  const pid_t holder = lock_holder(fd);
  ::close(fd);
  return holder != 0 ? holder : become_the_demo();
}

bool end_running_demo() {
  const int fd = open_lock();
  const pid_t holder = lock_holder(fd);
  bool ended = false;
  if (holder == 0) {
    std::fprintf(stderr, "wirebraid-demo: none is running\n");
  } else {
    ::kill(holder, SIGTERM);
    ended = lab::wait_until([&] { return lock_holder(fd) == 0; }, std::chrono::seconds(15));
    if (!ended) std::fprintf(stderr, "wirebraid-demo: process %d does not end\n", holder);
  }
  ::close(fd);
  return ended;
}

int run_detached(const std::function<int(const std::function<void(int)>& done)>& job) {
  std::array<int, 2> result{};
  if (::pipe2(result.data(), O_CLOEXEC) < 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    ::close(result[0]);
    ::setsid();
    const int status = job([&](int code) {
      [[maybe_unused]] const auto n = ::write(result[1], &code, sizeof code);
      ::close(result[1]);
      detach_from_terminal();
    });
    std::fflush(nullptr);
    ::_exit(status);
  }
  ::close(result[1]);
  int code = 0;
  ssize_t n = 0;
  while ((n = ::read(result[0], &code, sizeof code)) < 0 && errno == EINTR) {
    if (lab::interrupted()) ::kill(child, SIGTERM);
  }
  ::close(result[0]);
  if (n == static_cast<ssize_t>(sizeof code)) return code;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) ::kill(child, SIGTERM);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace wirebraid::demo
