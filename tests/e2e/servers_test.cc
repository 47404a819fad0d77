// A bond with a list of servers: when one dies, the next one takes over.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>

#include "tests/e2e/two_lines.h"

namespace wirebraid::e2e {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSecond4 = "198.51.100.2";
constexpr const char* kSecond6 = "2001:db8:aa::2";

/// Behind the first server's host, which forwards, is a second one with the same keys.
class Servers : public TwoLines {
 protected:
  void SetUp() override {
    TwoLines::SetUp();
    if (IsSkipped()) return;
    second.emplace("second");
    lab::join_by_veth(*server, "next", *second, "eth0");
    server->sysctl("ipv4/ip_forward", "1");
    server->sysctl("ipv6/conf/all/forwarding", "1");
    server->ip("addr add 198.51.100.1/24 dev next");
    server->ip("addr add 2001:db8:aa::1/64 dev next nodad");
    second->ip(std::string("addr add ") + kSecond4 + "/24 dev eth0");
    second->ip(std::string("addr add ") + kSecond6 + "/64 dev eth0 nodad");
    second->ip("route add default via 198.51.100.1");
    second->ip("route add default via 2001:db8:aa::1");
    second->ip("addr add 10.20.0.1/32 dev lo");
    second->ip("addr add fd20::1/128 dev lo nodad");
    gateway->ip("route add 198.51.100.0/24 via 192.0.0.2 dev up0");
    gateway->ip("route add 2001:db8:aa::/64 via 2001:db8:1::2 dev up1");
  }

  void start_second() {
    const std::string file = config_file(second_name());
    write(file, server_text());
    second_daemon.emplace(
        std::vector<std::string>{programs().daemon, "-f", "--config", file, second_name()},
        lab::ProcessOptions{.inside = &*second, .log_file = directory / (second_name() + ".log")});
    lab::wait_until([&] { return status(second_name()).is_object(); }, lab::milliseconds(5000));
  }
  void start_gateway_with_both() {
    start_gateway({.uplink0 = std::string("Endpoint = ") + kSecond4 + ":51820\n",
                   .uplink1 = std::string("Endpoint = [") + kSecond6 + "]:51820\n"});
  }
  std::string second_name() const { return unique_name("t"); }
  bool both_up() const { return uplink_becomes("zero", "up") && uplink_becomes("one", "up"); }
  bool pings() const {
    return run_to_end({"ping", "-c1", "-W1", kBehindServer4}, {.inside = &*gateway}).status == 0;
  }
  /// The gateway's traffic comes through again; tells how long that took.
  bool comes_back(const char* what) const {
    using std::chrono::steady_clock;
    const auto start = steady_clock::now();
    const bool result = lab::wait_until([&] { return pings(); }, lab::milliseconds(20'000));
    const auto took =
        std::chrono::duration_cast<lab::milliseconds>(steady_clock::now() - start).count();
    std::cout << what << ": traffic again after " << took << " ms\n";
    return result;
  }
  /// Whether the server's host lets datagrams to either daemon pass.
  void drop(const std::string& first_port, const std::string& second_port) const {
    const auto rule = [](const std::string& hook, const std::string& ports) {
      return "add chain inet t " + hook + " { type filter hook " + hook + " priority 0 ; }\n" +
             (ports.empty() ? "" : "add rule inet t " + hook + " udp dport " + ports + " drop\n");
    };
    lab::run_command({"nft", "-f", "-"},
                     {.inside = &*server,
                      .input = "add table inet t\ndelete table inet t\nadd table inet t\n" +
                               rule("input", first_port) + rule("forward", second_port)});
  }
  static constexpr const char* kPortOf = "51820";

  std::optional<lab::Namespace> second;
  std::optional<lab::Process> second_daemon;
};

TEST_F(Servers, TheNextTakesOverWhenOneDies) {
  start_server();
  start_second();
  start_gateway_with_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  ASSERT_TRUE(pings());
  EXPECT_EQ(uplink("zero")["endpoint"], "192.0.0.2:51820");

  server_daemon->signal(SIGKILL);
  EXPECT_TRUE(comes_back("daemon killed")) << log(gateway_name());
  EXPECT_TRUE(both_up()) << log(gateway_name());
  EXPECT_EQ(uplink("zero")["endpoint"], std::string(kSecond4) + ":51820");
  EXPECT_EQ(uplink("one")["endpoint"], "[" + std::string(kSecond6) + "]:51820");
  EXPECT_THAT(log(gateway_name()), HasSubstr("bond home: no answer, trying server 2 of 2"));

  // Round robin, and back to a server that is another run than before.
  server_daemon.reset();
  start_server();
  second_daemon->signal(SIGKILL);
  EXPECT_TRUE(comes_back("the other killed")) << log(gateway_name());
  EXPECT_TRUE(both_up()) << log(gateway_name());
  EXPECT_EQ(uplink("zero")["endpoint"], "192.0.0.2:51820");
}

// A server that was only unreachable for a while has not restarted: it still knows us.
TEST_F(Servers, GoesBackToAServerThatHasLivedOn) {
  start_server();
  start_second();
  start_gateway_with_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  ASSERT_TRUE(pings());
  drop(kPortOf, "");
  EXPECT_TRUE(comes_back("unreachable")) << log(gateway_name());
  EXPECT_EQ(uplink("zero")["endpoint"], std::string(kSecond4) + ":51820");
  drop("", kPortOf);
  EXPECT_TRUE(comes_back("and back")) << log(gateway_name());
  EXPECT_TRUE(both_up()) << log(gateway_name());
  EXPECT_EQ(uplink("zero")["endpoint"], "192.0.0.2:51820");
}

// As at home, where the provider gives another address every night.
TEST_F(Servers, ASilentServersNameIsLookedUpAgain) {
  start_second();
  const std::string hosts = directory / "hosts";
  write(hosts, "192.0.0.2 server.test\n");
  std::string text = gateway_text({.with_uplink1 = false});
  const std::string known = "192.0.0.2:51820";
  text.replace(text.find(known), known.size(), "server.test:51820");
  write(config_file(gateway_name()), text);
  gateway_daemon.emplace(
      std::vector<std::string>{"unshare", "--mount", "sh", "-c",
                               "mount --bind " + hosts + " /etc/hosts && exec " +
                                   programs().daemon + " -f --config " +
                                   config_file(gateway_name()) + " " + gateway_name()},
      lab::ProcessOptions{.inside = &*gateway});
  ASSERT_TRUE(lab::wait_until([&] { return uplink("zero").is_object(); }, lab::milliseconds(5000)));
  EXPECT_TRUE(lab::wait_until([&] { return uplink("zero")["endpoint"] == known; },
                              lab::milliseconds(5000)));
  write(hosts, std::string(kSecond4) + " server.test\n");
  EXPECT_TRUE(
      lab::wait_until([&] { return uplink("zero")["state"] == "up"; }, lab::milliseconds(20'000)));
  EXPECT_EQ(uplink("zero")["endpoint"], std::string(kSecond4) + ":51820");
}

TEST_F(Servers, TheFirstMayBeDeadFromTheStart) {
  start_second();
  start_gateway_with_both();
  EXPECT_TRUE(both_up()) << log(gateway_name());
  EXPECT_EQ(uplink("one")["endpoint"], "[" + std::string(kSecond6) + "]:51820");
}

// A longer list is no reason to leave the server that is in use.
TEST_F(Servers, AReloadThatAddsServersTouchesNothing) {
  start_server();
  start_gateway();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  const auto before = uplink("zero")["state_since_s"];
  write(config_file(gateway_name()),
        gateway_text({.uplink0 = std::string("Endpoint = ") + kSecond4 + ":51820\n",
                      .uplink1 = std::string("Endpoint = [") + kSecond6 + "]:51820\n"}));
  EXPECT_EQ(reload(gateway_name()).status, 0);
  EXPECT_EQ(uplink("zero")["state"], "up");
  EXPECT_EQ(uplink("zero")["endpoint"], "192.0.0.2:51820");
  EXPECT_EQ(uplink("zero")["state_since_s"], before);
}

}  // namespace
}  // namespace wirebraid::e2e
