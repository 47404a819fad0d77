// Two daemons with configuration files: what they do to the network, and how they take changes of
// the file and of the network.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/e2e/two_lines.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigMode : public TwoLines {
 protected:
  bool both_up() const { return uplink_becomes("zero", "up") && uplink_becomes("one", "up"); }
  lab::TcpFlow flow(const char* to = kBehindServer4) const {
    return lab::TcpFlow(*server, *gateway, {.address = to, .download = false});
  }
  static bool goes_on(const lab::TcpFlow& flow) {
    const uint64_t before = flow.received();
    return lab::wait_until([&] { return flow.received() > before + 500'000; },
                           lab::milliseconds(8000));
  }
};

TEST_F(ConfigMode, BringsAddressesRoutesAndMtu) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  const std::string device = " dev " + gateway_name();
  EXPECT_THAT(in_gateway("ip route show proto 151"),
              AllOf(HasSubstr("10.20.0.0/16" + device), Not(HasSubstr("10.9.0.2"))));
  EXPECT_THAT(in_gateway("ip -6 route show proto 151"),
              AllOf(HasSubstr("fd20::/32" + device), Not(HasSubstr("fd09::2"))));
  EXPECT_THAT(in_gateway("ip address show" + device),
              AllOf(HasSubstr("10.9.0.1/24"), HasSubstr("fd09::1/64"),
                    // 1500 without IPv6 (40), UDP (8), WireGuard (32) and frame (8).
                    HasSubstr("mtu 1412")));
  const nlohmann::json shown = status(gateway_name());
  EXPECT_EQ(shown["mtu"], 1412);
  EXPECT_THAT(shown["addresses"], ::testing::ElementsAre("10.9.0.1/24", "fd09::1/64"));
  EXPECT_THAT(lab::run_command({programs().control, "show", gateway_name()}),
              AllOf(HasSubstr("interface: " + gateway_name()), HasSubstr("zero"),
                    HasSubstr("192.0.0.2:51820"), HasSubstr("[2001:db8:1::2]:51820")));
  for (const char* to : {kBehindServer4, kBehindServer6}) {
    for (const bool download : {false, true}) {
      lab::TcpFlow one(*server, *gateway,
                       {.address = to, .download = download, .bytes = 3'000'000});
      EXPECT_TRUE(one.finish().intact) << to;
    }
  }
  // A smaller uplink is noticed while running.
  gateway->ip("link set up1 mtu 1400");
  EXPECT_TRUE(lab::wait_until([&] { return status(gateway_name())["mtu"] == 1312; },
                              lab::milliseconds(3000)));
  EXPECT_THAT(in_gateway("ip link show" + device), HasSubstr("mtu 1312"));

  EXPECT_EQ(gateway_daemon->stop(), 0);
  EXPECT_EQ(in_gateway("ip route show proto 151"), "");
}

TEST_F(ConfigMode, ReloadTouchesOnlyWhatChanged) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  lab::TcpFlow running = flow();
  ASSERT_TRUE(goes_on(running));
  const nlohmann::json before = uplink("zero");
  ASSERT_TRUE(
      lab::wait_until([&] { return ::time(nullptr) > before["last_handshake_s"].get<long>() + 1; },
                      lab::milliseconds(3000)));

  const std::string file = config_file(gateway_name());
  write(file, gateway_text({.allowed = ", 10.21.0.0/16", .with_uplink1 = false}));
  const Outcome removed = reload(gateway_name());
  EXPECT_EQ(removed.status, 0) << removed.errors;
  EXPECT_TRUE(uplink("one").is_null());
  EXPECT_THAT(in_gateway("ip route show proto 151"),
              AllOf(HasSubstr("10.20.0.0/16"), HasSubstr("10.21.0.0/16")));
  EXPECT_TRUE(goes_on(running));

  write(file, gateway_text({.uplink0 = "PersistentKeepalive = 7\n"}));
  gateway_daemon->signal(SIGHUP);
  EXPECT_TRUE(uplink_becomes("one", "up")) << log(gateway_name());
  EXPECT_THAT(in_gateway("ip route show proto 151"), Not(HasSubstr("10.21.0.0/16")));
  EXPECT_THAT(lab::run_command({"wg", "show", gateway_name(), "persistent-keepalive"}),
              HasSubstr("\t7\n"));
  EXPECT_TRUE(goes_on(running));

  const nlohmann::json after = uplink("zero");
  EXPECT_EQ(after["last_handshake_s"], before["last_handshake_s"]);
  EXPECT_GT(after["tx_bytes"], before["tx_bytes"]);
  EXPECT_TRUE(running.finish().intact);
}

TEST_F(ConfigMode, ABadFileChangesNothing) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  const std::string file = config_file(gateway_name());
  const std::string good = gateway_text({});
  write(file, good + "Weight = heavy\n");
  const Outcome bad = reload(gateway_name());
  EXPECT_EQ(bad.status, 1);
  const auto line = std::to_string(std::count(good.begin(), good.end(), '\n') + 1);
  EXPECT_THAT(bad.errors, HasSubstr(file + ":" + line + ": [Uplink one] Weight: "));
  EXPECT_THAT(log(gateway_name()), HasSubstr("not reloaded: " + file + ":" + line));
  EXPECT_EQ(uplink("zero")["state"], "up");
  EXPECT_EQ(uplink("one")["state"], "up");
  EXPECT_EQ(run_to_end({"ping", "-c1", "-W2", kBehindServer4}, {.inside = &*gateway}).status, 0);
}

TEST_F(ConfigMode, TheFileHasTheLastWordOverAPeerMadeByHand) {
  start_server();
  const std::string file = config_file(server_name());
  const std::string whole = server_text();
  write(file, whole.substr(0, whole.find("[Uplink one]")));
  ASSERT_EQ(reload(server_name()).status, 0);
  lab::run_command(
      {"wg", "set", server_name(), "peer", keys1.open.to_base64(), "allowed-ips", "10.66.0.0/16"});
  write(file, whole);
  EXPECT_EQ(reload(server_name()).status, 0);
  start_gateway();
  EXPECT_TRUE(both_up()) << log(server_name());
  EXPECT_THAT(lab::run_command({"wg", "show", server_name(), "allowed-ips"}),
              Not(HasSubstr("10.66.0.0/16")));
}

TEST_F(ConfigMode, ReloadRenamesBondsAndMovesUplinks) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  std::string text = gateway_text({});
  text.replace(text.find("[Bond home]"), 11, "[Bond away]");
  write(config_file(gateway_name()), text);
  const Outcome renamed = reload(gateway_name());
  EXPECT_EQ(renamed.status, 0) << renamed.errors;
  EXPECT_TRUE(both_up()) << log(gateway_name());
  const nlohmann::json shown = status(gateway_name());
  ASSERT_EQ(shown["bonds"].size(), 1u);
  EXPECT_EQ(shown["bonds"][0]["name"], "away");
  EXPECT_TRUE(lab::wait_until(
      [&] {
        return run_to_end({"ping", "-c1", "-W1", kBehindServer4}, {.inside = &*gateway}).status ==
               0;
      },
      lab::milliseconds(5000)));
}

TEST_F(ConfigMode, LivesThroughAReplugAndLinkAndAddressChanges) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  lab::TcpFlow running = flow();
  ASSERT_TRUE(goes_on(running));

  gateway->ip("link del up0");
  EXPECT_TRUE(uplink_becomes("zero", "down"));
  EXPECT_EQ(uplink("zero")["unused_reason"], "device up0 does not exist");
  EXPECT_TRUE(goes_on(running)) << "over the other uplink";
  join(0);
  EXPECT_TRUE(uplink_becomes("zero", "up")) << log(gateway_name());

  gateway->ip("link set up1 down");
  EXPECT_TRUE(uplink_becomes("one", "down"));
  EXPECT_EQ(uplink("one")["unused_reason"], "device up1 is down");
  EXPECT_TRUE(goes_on(running));
  gateway->ip("link set up1 up");
  gateway->ip("addr add 2001:db8:1::1/64 dev up1 nodad");  // lost while it was down
  EXPECT_TRUE(uplink_becomes("one", "up")) << log(gateway_name());

  // In this order, lest an address of another device is taken in between, which works here too.
  gateway->sysctl("ipv4/conf/up0/promote_secondaries", "1");
  gateway->ip("addr add 192.0.0.77/24 dev up0");
  gateway->ip("addr del 192.0.0.1/24 dev up0");
  EXPECT_TRUE(lab::wait_until(
      [&] {
        return lab::run_command({"wg", "show", server_name(), "endpoints"}).find("192.0.0.77:") !=
               std::string::npos;
      },
      lab::milliseconds(8000)))
      << lab::run_command({"wg", "show", server_name(), "endpoints"});
  EXPECT_TRUE(uplink_becomes("zero", "up")) << log(gateway_name());
  EXPECT_TRUE(goes_on(running));
  EXPECT_TRUE(running.finish().intact);
}

/// Two looks at the network may see the same name twice and not that its device is another one.
TEST_F(ConfigMode, NoticesADeviceReplacedAtOnce) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  gateway_daemon->signal(SIGSTOP);
  gateway->ip("link del up0");
  join(0);
  gateway_daemon->signal(SIGCONT);
  // The other uplink goes, so whatever passes, passes here.
  gateway->ip("link set up1 down");
  EXPECT_TRUE(uplink_becomes("one", "down"));
  EXPECT_TRUE(lab::wait_until(
      [&] {
        return run_to_end({"ping", "-c1", "-W1", kBehindServer4}, {.inside = &*gateway}).status ==
               0;
      },
      lab::milliseconds(8000)))
      << log(gateway_name());
}

TEST_F(ConfigMode, WarnsOfAnEndpointInsideTheTunnel) {
  std::string text = gateway_text({.allowed = ", 0.0.0.0/0"});
  text.erase(text.find("Device = up0\n"), 13);
  const std::string file = config_file(gateway_name());
  write(file, text);
  lab::Process daemon({programs().daemon, "-f", "--config", file, gateway_name()},
                      {.inside = &*gateway});
  EXPECT_TRUE(lab::wait_until([&] { return daemon.errors().find("runs on") != std::string::npos; },
                              lab::milliseconds(5000)));
  EXPECT_THAT(daemon.errors(),
              AllOf(HasSubstr("uplink zero: its Endpoint 192.0.0.2:51820 is itself "
                              "routed into"),
                    Not(HasSubstr("uplink one: its Endpoint"))));
}

TEST_F(ConfigMode, RoutesWaitForTheEndpointsName) {
  start_server();
  std::string text = gateway_text({.allowed = ", 0.0.0.0/0", .with_uplink1 = false});
  const std::string known = "192.0.0.2:51820";
  std::string unknown = text;
  unknown.replace(text.find(known), known.size(), "server.invalid:51820");
  write(config_file(gateway_name()), unknown);
  gateway_daemon.emplace(std::vector<std::string>{programs().daemon, "-f", "--config",
                                                  config_file(gateway_name()), gateway_name()},
                         lab::ProcessOptions{.inside = &*gateway});
  EXPECT_TRUE(lab::wait_until(
      [&] {
        const nlohmann::json zero = uplink("zero");
        return zero.is_object() &&
               zero["unused_reason"].get<std::string>().find("not resolved") != std::string::npos;
      },
      lab::milliseconds(8000)));
  EXPECT_EQ(in_gateway("ip route show proto 151"), "");
  write(config_file(gateway_name()), text);
  gateway_daemon->signal(SIGHUP);
  EXPECT_TRUE(uplink_becomes("zero", "up"));
  EXPECT_THAT(in_gateway("ip route show proto 151"),
              AllOf(HasSubstr("0.0.0.0/1"), HasSubstr("128.0.0.0/1")));
  // The uplink's own datagrams still find their way beside the tunnel's default route.
  EXPECT_TRUE(lab::TcpFlow(*server, *gateway,
                           {.address = kBehindServer4, .download = true, .bytes = 1'000'000})
                  .finish()
                  .intact);
}

TEST_F(ConfigMode, PutsItsRoutesBackWhenItsInterfaceWasDown) {
  start_both();
  ASSERT_TRUE(both_up()) << log(gateway_name());
  gateway->ip("link set " + gateway_name() + " down");
  EXPECT_EQ(in_gateway("ip route show proto 151"), "");
  gateway->ip("link set " + gateway_name() + " up");
  EXPECT_TRUE(lab::wait_until(
      [&] {
        return in_gateway("ip route show proto 151").find("10.20.0.0/16") != std::string::npos &&
               in_gateway("ip -6 route show proto 151").find("fd20::/32") != std::string::npos &&
               in_gateway("ip -6 address").find("fd09::1/64") != std::string::npos;
      },
      lab::milliseconds(3000)));
}

}  // namespace
}  // namespace wirebraid::e2e
