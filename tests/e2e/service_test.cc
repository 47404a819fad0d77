// What the daemon tells a service manager: a real one in a real unit's place is a socket here.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "io/descriptor.h"
#include "tests/e2e/two_lines.h"

namespace wirebraid::e2e {
namespace {

class Service : public TwoLines {
 protected:
  void SetUp() override {
    TwoLines::SetUp();
    if (IsSkipped()) return;
    const std::string path = directory / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    manager = io::Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ASSERT_EQ(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    start_server();
    const std::string file = config_file(gateway_name());
    write(file, gateway_text({}));
    gateway_daemon.emplace(
        std::vector<std::string>{programs().daemon, "-f", "--config", file, gateway_name()},
        lab::ProcessOptions{.inside = &*gateway,
                            .log_file = directory / (gateway_name() + ".log"),
                            .environment = {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=1000000"}});
  }

  /// Waits for a line of this kind, and leaves out others before it.
  bool hears(const std::string& line) {
    return lab::wait_until(
        [&] {
          std::array<char, 512> text;
          const ssize_t got = ::recv(manager.get(), text.data(), text.size(), 0);
          if (got <= 0) return false;
          return std::string(text.data(), static_cast<size_t>(got)).starts_with(line);
        },
        lab::milliseconds(12'000));
  }

  io::Descriptor manager;
};

TEST_F(Service, HearsOfTheDaemonsLife) {
  EXPECT_TRUE(hears("READY=1")) << log(gateway_name());
  EXPECT_TRUE(status(gateway_name()).is_object());
  EXPECT_TRUE(hears("STATUS=2 of 2 uplinks up"));
  gateway->ip("link set up0 down");
  EXPECT_TRUE(hears("STATUS=1 of 2 uplinks up"));
  EXPECT_EQ(reload(gateway_name()).status, 0);
  EXPECT_TRUE(hears("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_TRUE(hears("READY=1"));
  gateway_daemon->signal(SIGHUP);
  EXPECT_TRUE(hears("RELOADING=1"));
  EXPECT_TRUE(hears("READY=1"));
  EXPECT_TRUE(hears("WATCHDOG=1"));
  EXPECT_EQ(gateway_daemon->stop(), 0);
  EXPECT_TRUE(hears("STOPPING=1"));
}

TEST_F(Service, HearsNothingOfADaemonThatHangs) {
  ASSERT_TRUE(hears("WATCHDOG=1")) << log(gateway_name());
  gateway_daemon->signal(SIGSTOP);
  // What it has said before is read away; then there is silence for longer than the watchdog's
  // time.
  std::array<char, 512> text;
  while (::recv(manager.get(), text.data(), text.size(), 0) > 0) {
  }
  EXPECT_FALSE(
      lab::wait_until([&] { return ::recv(manager.get(), text.data(), text.size(), 0) > 0; },
                      lab::milliseconds(1200)));
  gateway_daemon->signal(SIGCONT);
  EXPECT_TRUE(hears("WATCHDOG=1"));
}

}  // namespace
}  // namespace wirebraid::e2e
