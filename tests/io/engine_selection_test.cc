// Which engine is taken, and what is said about it, where io_uring works and where it is forbidden.
#include <sys/syscall.h>

#include <cerrno>

#include "tests/io/engine_fixture.h"
#include "tests/support/child.h"
#include "tests/support/seccomp.h"

namespace wirebraid::io {
namespace {

using testing::forbid;
using testing::in_child;

std::string choose(EngineKind kind) {
  Recorder handler;
  BufferPool pool(2048, 1024);
  const EngineChoice choice = make_engine(kind, handler, pool);
  return (choice.engine ? std::string(choice.engine->name()) : "none") + "; " + choice.reason;
}

TEST(EngineSelection, EpollIsTakenWhenAskedFor) {
  EXPECT_EQ(choose(EngineKind::epoll), "epoll; epoll: as configured");
}

#ifdef WIREBRAID_HAVE_URING

std::string choose_without(int system_call, int error, EngineKind kind) {
  return in_child(
      [&]() -> std::string { return forbid(system_call, error) ? choose(kind) : "no seccomp"; });
}

TEST(EngineSelection, UringIsTakenWhereItWorks) {
  const std::string automatic = choose(EngineKind::automatic);
  if (automatic.rfind("io_uring; ", 0) != 0) GTEST_SKIP() << automatic;
  EXPECT_EQ(automatic.rfind("io_uring; io_uring: ", 0), 0u) << automatic;
  EXPECT_EQ(choose(EngineKind::io_uring), automatic);
}

TEST(EngineSelection, ForbiddenUringFallsBackToEpollAndSaysWhy) {
  EXPECT_EQ(choose_without(SYS_io_uring_setup, EPERM, EngineKind::automatic),
            "epoll; epoll: io_uring is forbidden here (io_uring_setup: Operation not permitted)");
}

TEST(EngineSelection, MissingUringFallsBackToEpollAndSaysWhy) {
  EXPECT_EQ(choose_without(SYS_io_uring_setup, ENOSYS, EngineKind::automatic),
            "epoll; epoll: this kernel has no io_uring (io_uring_setup: Function not implemented)");
}

TEST(EngineSelection, UringThatCanBeSetUpButNotUsedIsNotTaken) {
  const std::string without_register =
      choose_without(SYS_io_uring_register, EPERM, EngineKind::automatic);
  EXPECT_EQ(without_register.rfind("epoll; epoll: io_uring is forbidden here (", 0), 0u)
      << without_register;
  const std::string without_enter =
      choose_without(SYS_io_uring_enter, EPERM, EngineKind::automatic);
  EXPECT_EQ(without_enter.rfind("epoll; epoll: io_uring is forbidden here (", 0), 0u)
      << without_enter;
}

TEST(EngineSelection, ForcedUringIsNotReplaced) {
  EXPECT_EQ(choose_without(SYS_io_uring_setup, EPERM, EngineKind::io_uring),
            "none; io_uring does not work here: io_uring is forbidden here (io_uring_setup: "
            "Operation not permitted)");
}

#else

TEST(EngineSelection, EpollIsTakenWhereUringWasLeftOutOfTheBuild) {
  EXPECT_EQ(choose(EngineKind::automatic), "epoll; epoll: built without io_uring");
  EXPECT_EQ(choose(EngineKind::io_uring),
            "none; io_uring does not work here: built without io_uring");
}

#endif

#ifdef SYS_epoll_pwait2
TEST(EngineSelection, EpollWaitsPreciselyOnKernelsWithoutEpollPwait2) {
  const std::string result = in_child([]() -> std::string {
    if (!forbid(SYS_epoll_pwait2, ENOSYS)) return "no seccomp";
    Recorder handler;
    BufferPool pool(2048, 64);
    const auto choice = make_engine(EngineKind::epoll, handler, pool);
    for (const int wait : {0, 300, 20'000}) {
      const Time deadline = monotonic_now() + Duration(wait);
      int turns = 0;
      do {
        choice.engine->run_once(deadline);
        ++turns;
      } while (monotonic_now() < deadline);
      if (turns > 3) return "spins";
    }
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1) return "no pipe";
    bool called = false;
    choice.engine->watch(ends[0], 1, [&](uint32_t) { called = true; });
    choice.engine->run_once(kNever);
    return called ? "waits" : "woken by something else";
  });
  EXPECT_EQ(result, "waits");
}
#endif

}  // namespace
}  // namespace wirebraid::io
