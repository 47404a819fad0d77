// What a service manager gets to hear, at a real datagram socket in its place.
#include "control/service_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>

#include "io/descriptor.h"
#include "tests/control/temporary_directory.h"

namespace wirebraid::control {
namespace {

using namespace std::chrono_literals;
using testing::TemporaryDirectory;

/// The manager's end. `name` as in $NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }

  /// What came, or nothing: a datagram to a local socket is there when sendto() returns.
  std::optional<std::string> heard() const {
    std::array<char, 256> text;
    const ssize_t got = ::recv(socket_.get(), text.data(), text.size(), 0);
    if (got < 0) return std::nullopt;
    return std::string(text.data(), static_cast<size_t>(got));
  }

 private:
  io::Descriptor socket_;
};

class ServiceNotifyTest : public ::testing::Test {
 protected:
  std::string path() const { return directory.path() + "/notify"; }

  TemporaryDirectory directory;
};

TEST_F(ServiceNotifyTest, TellsEachState) {
  const Manager manager(path());
  ServiceNotify service(path());
  EXPECT_FALSE(service.ready());
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_FALSE(service.reloading(Time(123456us)));
  EXPECT_EQ(manager.heard(), "RELOADING=1\nMONOTONIC_USEC=123456");
  EXPECT_FALSE(service.stopping());
  EXPECT_EQ(manager.heard(), "STOPPING=1");
  EXPECT_EQ(manager.heard(), std::nullopt);
}

TEST_F(ServiceNotifyTest, TellsBothEndsOfAReload) {
  const Manager manager(path());
  const ServiceNotify service(path());
  {
    const ServiceReload telling(&service, Time(1s));
    EXPECT_EQ(manager.heard(), "RELOADING=1\nMONOTONIC_USEC=1000000");
  }
  EXPECT_EQ(manager.heard(), "READY=1");
  const ServiceReload nobody(nullptr, Time(1s));
  EXPECT_EQ(manager.heard(), std::nullopt);
}

TEST_F(ServiceNotifyTest, TellsAStatusOnce) {
  const Manager manager(path());
  ServiceNotify service(path());
  EXPECT_FALSE(service.status("1 of 2 uplinks up"));
  EXPECT_FALSE(service.status("1 of 2 uplinks up"));
  EXPECT_EQ(manager.heard(), "STATUS=1 of 2 uplinks up");
  EXPECT_EQ(manager.heard(), std::nullopt);
  EXPECT_FALSE(service.status("2 of 2 uplinks up"));
  EXPECT_EQ(manager.heard(), "STATUS=2 of 2 uplinks up");
}

TEST_F(ServiceNotifyTest, IsAliveTwiceInEachWatchdogTime) {
  const Manager manager(path());
  ServiceNotify service(path(), 10s);
  const auto tells_at = [&](Duration at) {
    EXPECT_FALSE(service.alive(Time(at)));
    return manager.heard();
  };
  EXPECT_EQ(tells_at(100s), "WATCHDOG=1");
  EXPECT_EQ(tells_at(104s), std::nullopt);
  EXPECT_EQ(tells_at(105s), "WATCHDOG=1");
  EXPECT_EQ(tells_at(109s), std::nullopt);
  EXPECT_EQ(tells_at(200s), "WATCHDOG=1");
}

TEST_F(ServiceNotifyTest, IsNotAliveForNobody) {
  const Manager manager(path());
  ServiceNotify service(path());
  EXPECT_FALSE(service.alive(Time(100s)));
  EXPECT_EQ(manager.heard(), std::nullopt);
}

TEST_F(ServiceNotifyTest, ReachesAnAbstractSocket) {
  const std::string name = "@wirebraid-test-" + std::to_string(::getpid());
  const Manager manager(name);
  EXPECT_FALSE(ServiceNotify(name).ready());
  EXPECT_EQ(manager.heard(), "READY=1");
}

TEST_F(ServiceNotifyTest, ReportsThatNobodyListens) {
  EXPECT_EQ(ServiceNotify(path()).ready(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(ServiceNotify(std::string(200, 'x')).ready(), std::errc::filename_too_long);
  EXPECT_FALSE(ServiceNotify("").ready());
}

TEST_F(ServiceNotifyTest, DoesNotWaitForAManagerThatDoesNotRead) {
  const Manager manager(path());
  const ServiceNotify service(path());
  std::error_code error;
  // More than any queue of datagrams holds.
  for (int i = 0; i < 100'000 && !error; ++i) error = service.ready();
  EXPECT_EQ(error, std::errc::resource_unavailable_try_again);
}

TEST_F(ServiceNotifyTest, ReadsTheEnvironment) {
  const auto alive_with = [&](const std::string& process) {
    const Manager manager(path());
    ::setenv("NOTIFY_SOCKET", path().c_str(), 1);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    ::setenv("WATCHDOG_PID", process.c_str(), 1);
    ServiceNotify service = ServiceNotify::from_environment();
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    EXPECT_FALSE(service.ready());
    EXPECT_EQ(manager.heard(), "READY=1");
    EXPECT_FALSE(service.alive(Time(100s)));
    ::unlink(path().c_str());
    return manager.heard();
  };
  EXPECT_EQ(alive_with(std::to_string(::getpid())), "WATCHDOG=1");
  EXPECT_EQ(alive_with(std::to_string(::getppid())), std::nullopt);
  EXPECT_FALSE(ServiceNotify::from_environment().ready());
}

}  // namespace
}  // namespace wirebraid::control
