#include "tests/support/netns.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>

namespace wirebraid::testing {

namespace {

int open_current() { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

}  // namespace

NetNamespace::Scope::Scope(int fd) : previous_(open_current()) {
  EXPECT_EQ(setns(fd, CLONE_NEWNET), 0);
}

NetNamespace::Scope::~Scope() {
  EXPECT_EQ(setns(previous_, CLONE_NEWNET), 0);
  close(previous_);
}

NetNamespace::NetNamespace() {
  const int previous = open_current();
  if (unshare(CLONE_NEWNET) == 0) {
    fd_ = open_current();
    run("ip link set lo up");
    setns(previous, CLONE_NEWNET);
  }
  close(previous);
}

NetNamespace::~NetNamespace() {
  if (fd_ >= 0) close(fd_);
}

bool NetNamespace::supported() {
  static const bool result = [] {
    const NetNamespace trial;
    return trial.fd_ >= 0;
  }();
  return result;
}

void run(const std::string& command) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe,cert-env33-c): the commands are the tests' own.
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

std::string path_of(const NetNamespace& name_space) {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(name_space.fd());
}

}  // namespace wirebraid::testing
