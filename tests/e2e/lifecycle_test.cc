// How the daemon starts, refuses to start, and ends.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/e2e/tunnel.h"
#include "tests/support/seccomp.h"

namespace wirebraid::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Lifecycle : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    host.emplace("host");
    directory = std::filesystem::path(::testing::TempDir()) / unique_name("life");
    std::filesystem::create_directories(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  bool interface_exists(const std::string& name) const {
    return run_to_end({"ip", "link", "show", name}, {.inside = &*host}).status == 0;
  }
  static bool sockets_exist(const std::string& name) {
    return std::filesystem::exists(uapi_socket(name)) ||
           std::filesystem::exists("/run/wirebraid/" + name + ".sock");
  }
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = directory / name;
    std::ofstream(path) << text;
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  }
  /// Runs the daemon in the foreground, which must end by itself.
  Outcome daemon(const std::string& arguments) const {
    std::vector<std::string> command{programs().daemon};
    for (std::string& word : words(arguments)) command.push_back(std::move(word));
    return run_to_end(command, {.inside = &*host});
  }

  std::optional<lab::Namespace> host;
  std::filesystem::path directory;
};

TEST_F(Lifecycle, EndsOnSignalsAndLeavesNothing) {
  for (const int signal : {SIGTERM, SIGINT}) {
    WgInterface running(programs().daemon, *host, "s");
    EXPECT_TRUE(interface_exists(running.name()));
    EXPECT_TRUE(sockets_exist(running.name()));
    running.process().signal(signal);
    EXPECT_EQ(running.process().wait(lab::milliseconds(3000)), 0);
    EXPECT_FALSE(interface_exists(running.name()));
    EXPECT_FALSE(sockets_exist(running.name()));
    EXPECT_THAT(running.process().errors(), HasSubstr("ending"));
  }
}

TEST_F(Lifecycle, EndsWhenItsInterfaceIsDeleted) {
  for (const std::string& engine : engines()) {
    WgInterface running(programs().daemon, *host, "d", {"--engine", engine});
    host->ip("link del " + running.name());
    EXPECT_EQ(running.process().wait(lab::milliseconds(3000)), 0) << engine;
    EXPECT_FALSE(sockets_exist(running.name()));
    EXPECT_THAT(running.process().errors(), HasSubstr("was deleted"));
  }
}

TEST_F(Lifecycle, EndsWhenItsUapiSocketIsRemoved) {
  WgInterface running(programs().daemon, *host, "u");
  std::filesystem::remove(uapi_socket(running.name()));
  EXPECT_EQ(running.process().wait(lab::milliseconds(3000)), 0);
  EXPECT_FALSE(interface_exists(running.name()));
  EXPECT_FALSE(sockets_exist(running.name()));
}

TEST_F(Lifecycle, GoesToTheBackgroundOnceItServes) {
  const std::string name = unique_name("b");
  EXPECT_EQ(daemon(name).status, 0);
  EXPECT_EQ(run_to_end({"wg", "show", name}).status, 0);
  const Outcome second = daemon(name);
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.errors, HasSubstr(name + ": another process already uses it"));
  host->ip("link del " + name);
  EXPECT_TRUE(lab::wait_until([&] { return !sockets_exist(name); }, lab::milliseconds(3000)));
}

TEST_F(Lifecycle, LeavesARunningDaemonAlone) {
  WgInterface running(programs().daemon, *host, "t");
  const Outcome same = daemon("-f " + running.name());
  EXPECT_EQ(same.status, 1);
  EXPECT_THAT(same.errors, HasSubstr("another process already uses it"));
  // In another namespace the interface's name is free, but its sockets' is not.
  const lab::Namespace elsewhere("elsewhere");
  const Outcome other =
      run_to_end({programs().daemon, "-f", running.name()}, {.inside = &elsewhere});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.errors, HasSubstr("another process serves " + uapi_socket(running.name())));
  EXPECT_TRUE(running.process().running());
  EXPECT_EQ(run_to_end({"wg", "show", running.name()}).status, 0);
  EXPECT_TRUE(sockets_exist(running.name()));
}

TEST_F(Lifecycle, TakesOverSocketsOfADeadDaemon) {
  WgInterface killed(programs().daemon, *host, "k");
  killed.process().signal(SIGKILL);
  EXPECT_EQ(killed.process().wait(lab::milliseconds(3000)), 128 + SIGKILL);
  EXPECT_TRUE(sockets_exist(killed.name()));
  const WgInterface next(programs().daemon, *host, "k");
  EXPECT_EQ(run_to_end({"wg", "show", next.name()}).status, 0);
}

// A system call filter belongs to a thread and what it starts.
Outcome without_io_uring(const std::function<Outcome()>& job) {
  Outcome outcome;
  std::thread([&] {
    if (testing::forbid(SYS_io_uring_setup, EPERM)) outcome = job();
  }).join();
  return outcome;
}

TEST_F(Lifecycle, FallsBackToEpollWhereIoUringIsForbidden) {
  const std::string name = unique_name("i");
  const Outcome automatic = without_io_uring([&] {
    lab::Process running({programs().daemon, "-f", name}, {.inside = &*host});
    lab::wait_until([&] { return sockets_exist(name) || !running.running(); },
                    lab::milliseconds(5000));
    lab::wait_until(
        [&] { return running.errors().find("runs on") != std::string::npos || !running.running(); },
        lab::milliseconds(5000));
    return Outcome{running.stop(), running.output(), running.errors()};
  });
  EXPECT_EQ(automatic.status, 0) << automatic.errors;
  EXPECT_THAT(automatic.errors, HasSubstr("epoll: io_uring is forbidden here"));
  const Outcome forced =
      without_io_uring([&] { return daemon("-f --engine io_uring " + unique_name("i")); });
  EXPECT_EQ(forced.status, 1);
  EXPECT_THAT(forced.errors, HasSubstr("io_uring is forbidden here"));
}

TEST_F(Lifecycle, NeedsRights) {
  // Where everybody may execute it, whatever the rights of the build directory.
  const std::string program = directory / "wirebraidd";
  std::filesystem::copy_file(programs().daemon, program);
  const Outcome outcome = run_to_end({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                      program, "-f", unique_name("n")},
                                     {.inside = &*host});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("root"));
  EXPECT_FALSE(interface_exists(unique_name("n")));
}

TEST_F(Lifecycle, NeedsTheTunDevice) {
  const Outcome outcome = run_to_end(
      {"unshare", "--mount", "sh", "-c",
       "mount -t tmpfs none /dev/net && exec " + programs().daemon + " -f " + unique_name("n")},
      {.inside = &*host});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, AllOf(HasSubstr("/dev/net/tun"), HasSubstr("modprobe tun")));
}

TEST_F(Lifecycle, RefusesABadConfiguration) {
  const std::string name = unique_name("n");
  const std::string file =
      write("bad.conf", "[Interface]\nPrivateKey = x\n\n[Uplink a]\nPublicKye = y\n");
  const Outcome bad = daemon("-f --config " + file + " " + name);
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.errors, AllOf(HasSubstr(file + ":2: [Interface] PrivateKey: "),
                                HasSubstr(file + ":5: [Uplink a]: unknown key 'PublicKye'")));
  const Outcome background = daemon("--config " + file + " " + name);
  EXPECT_EQ(background.status, 1);
  EXPECT_THAT(background.errors, HasSubstr(file + ":2: "));
  const Outcome none = daemon("-f --config " + (directory / "none.conf").string() + " " + name);
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.errors, HasSubstr("none.conf"));
  EXPECT_FALSE(interface_exists(name));
}

TEST_F(Lifecycle, RefusesBadArguments) {
  for (const char* arguments : {"", "-f", "--nonsense wb0", "wb0 wb1", "-f --engine kqueue wb0",
                                "-f a/b", "-f an-interface-name", "--log-level loud wb0"}) {
    const Outcome outcome = daemon(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_THAT(outcome.errors, HasSubstr("wirebraidd: ")) << arguments;
  }
  EXPECT_EQ(daemon("--help").status, 0);
  EXPECT_THAT(daemon("--version").output, HasSubstr("wirebraid "));
}

TEST_F(Lifecycle, SaysWhichPortIsTaken) {
  const WgInterface first(programs().daemon, *host, "p");
  first.wg("set", "listen-port 4717");
  const std::string file =
      write("port.conf",
            "[Interface]\nPrivateKey = " + make_keys().secret.to_base64() +
                "\nListenPort = 4717\n[Peer]\nPublicKey = " + make_keys().open.to_base64() + "\n");
  const Outcome outcome = daemon("-f --config " + file + " " + unique_name("n"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("bind to UDP port 4717: another process has it"));
  EXPECT_FALSE(sockets_exist(unique_name("n")));
}

}  // namespace
}  // namespace wirebraid::e2e
