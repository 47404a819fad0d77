// What a gateway's network may do while traffic runs: carrier, addresses, routes, devices, NAT.
//
//   gateway up0 ─ 192.168.7.0/24 ─ in  router  out ─ 192.0.0.0/24 ─ up0 server     masqueraded
//           up1 ─────────────────── IPv6 ──────────────────────────── up1
#include <gmock/gmock.h>

#include <chrono>

#include "tests/e2e/two_lines.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::e2e {
namespace {

class Network : public TwoLines {
 protected:
  void SetUp() override {
    TwoLines::SetUp();
    if (IsSkipped()) return;
    router.emplace("router");
    gateway->ip("link del up0");
    lab::join_by_veth(*router, "out", *server, "up0");
    router->ip("addr add 192.0.0.1/24 dev out");
    server->ip("addr add 192.0.0.2/24 dev up0");
    router->sysctl("ipv4/ip_forward", "1");
    plug_in();
    masquerade("40000-40999");
  }
  void TearDown() override {
    gateway_daemon.reset();
    server_daemon.reset();
    TwoLines::TearDown();
  }

  /// The gateway's up0, as DHCP would set it up.
  void plug_in() const {
    lab::join_by_veth(*gateway, "up0", *router, "in");
    for (const char* own : {"192.168.7.1", "192.168.7.254"}) {
      router->ip(std::string("addr add ") + own + "/24 dev in");
    }
    gateway->ip("addr add 192.168.7.2/24 dev up0");
    default_route("192.168.7.1");
  }
  void default_route(const std::string& by) const {
    gateway->ip("route replace default via " + by + " dev up0 metric 100");
  }
  /// What was mapped is forgotten, and mapped anew into `ports`.
  void masquerade(const std::string& ports) const {
    lab::run_command({"nft", "-f", "-"},
                     {.inside = &*router,
                      .input = "add table ip nat\ndelete table ip nat\nadd table ip nat\n"
                               "add chain ip nat out { type nat hook postrouting priority 100 ; }\n"
                               "add rule ip nat out oifname out meta l4proto udp masquerade to :" +
                               ports + "\n"});
    run_to_end({"conntrack", "-F"}, {.inside = &*router});
  }

  void start() {
    start_both();
    ASSERT_TRUE(uplink_becomes("zero", "up") && uplink_becomes("one", "up")) << log(gateway_name());
  }
  /// Only uplink zero, so that whatever passes, passes there.
  void start_zero() {
    start_server();
    start_gateway({.with_uplink1 = false});
    ASSERT_TRUE(uplink_becomes("zero", "up")) << log(gateway_name());
  }
  /// The same at the server's end.
  bool server_sees(const std::string& uplink, const std::string& state) const {
    return lab::wait_until([&] { return server_uplink(uplink)["state"] == state; },
                           lab::milliseconds(12'000));
  }
  nlohmann::json server_uplink(const std::string& name) const {
    const nlohmann::json all = status(server_name());
    for (const auto& each : all["bonds"][0]["uplinks"]) {
      if (each["name"] == name) return each;
    }
    return nullptr;
  }
  bool server_sends_to(const std::string& endpoint) const {
    return lab::wait_until(
        [&] { return server_uplink("zero").value("endpoint", "").rfind(endpoint, 0) == 0; },
        lab::milliseconds(8000));
  }
  /// So many more packets have come out of the tunnel there.
  bool server_gets(uint64_t packets) const {
    const auto count = [&] {
      return status(server_name())["bonds"][0]["rx_packets"].get<uint64_t>();
    };
    const uint64_t before = count();
    return lab::wait_until([&] { return count() >= before + packets; }, lab::milliseconds(8000));
  }
  lab::UdpProbe numbered(bool down) const {
    return lab::UdpProbe(down ? *server : *gateway, down ? *gateway : *server,
                         {.address = down ? "10.9.0.1" : kBehindServer4,
                          .port = static_cast<uint16_t>(down ? 7000 : 7010),
                          .packets_per_second = 500});
  }
  static void show(const char* what, const lab::UdpProbeReport& report) {
    std::cout << what << ": " << report.lost() << " of " << report.sent << " lost, longest gap "
              << report.longest_gap.count() / 1000 << " ms\n";
  }
  /// Both directions lose at most `most` packets, none if not said otherwise, while `change` is
  /// made and `settled` becomes true.
  void lose_nothing(const char* what, const std::function<void()>& change,
                    const std::function<bool()>& settled, uint64_t most = 0) const {
    lab::UdpProbe up = numbered(false);
    lab::UdpProbe down = numbered(true);
    EXPECT_TRUE(server_gets(100)) << what;
    change();
    EXPECT_TRUE(settled()) << what << "\n" << log(gateway_name()) << log(server_name());
    EXPECT_TRUE(server_gets(300)) << what;
    const lab::UdpProbeReport went = up.finish();
    const lab::UdpProbeReport came = down.finish();
    show((std::string(what) + ", up").c_str(), went);
    show((std::string(what) + ", down").c_str(), came);
    EXPECT_LE(went.lost(), most) << what;
    EXPECT_LE(came.lost(), most) << what;
  }

  std::optional<lab::Namespace> router;
};

TEST_F(Network, CarrierIsLostAndComesBack) {
  start();
  lose_nothing(
      "carrier lost", [&] { router->ip("link set in down"); },
      [&] { return uplink_becomes("zero", "down") && server_sees("zero", "suspect"); });
  EXPECT_EQ(uplink("zero")["unused_reason"], "device up0 has no carrier");
  lose_nothing(
      "carrier back", [&] { router->ip("link set in up"); },
      [&] { return uplink_becomes("zero", "up") && server_sees("zero", "up"); });
}

// Now and then a packet or two towards the gateway are missing; the server cannot see its link
// flap.
TEST_F(Network, ADeviceFlaps) {
  start();
  lose_nothing(
      "flapping",
      [&] {
        for (int i = 0; i < 20; ++i) {
          router->ip("link set in down");
          router->ip("link set in up");
        }
      },
      [&] { return uplink_becomes("zero", "up") && server_sees("zero", "up"); }, 5);
}

TEST_F(Network, ADeviceIsUnpluggedAndComesBackAsAnother) {
  start();
  lose_nothing(
      "unplugged", [&] { gateway->ip("link del up0"); },
      [&] { return uplink_becomes("zero", "down"); });
  EXPECT_EQ(uplink("zero")["unused_reason"], "device up0 does not exist");
  lose_nothing(
      "plugged in", [&] { plug_in(); },
      [&] { return uplink_becomes("zero", "up") && server_sees("zero", "up"); });
}

TEST_F(Network, ADeviceIsRenamed) {
  start();
  gateway->ip("link set up0 down");
  gateway->ip("link set up0 name wan7");
  ASSERT_TRUE(uplink_becomes("zero", "down"));
  EXPECT_TRUE(lab::wait_until(
      [&] { return uplink("zero")["unused_reason"] == "device up0 does not exist"; },
      lab::milliseconds(3000)));
  lose_nothing(
      "renamed",
      [&] {
        gateway->ip("link set wan7 name up0");
        gateway->ip("link set up0 up");
        default_route("192.168.7.1");  // gone with the device's going down
      },
      [&] { return uplink_becomes("zero", "up") && server_sees("zero", "up"); });
}

TEST_F(Network, TheDefaultRouteGoesAndComesBack) {
  start();
  lose_nothing(
      "route gone", [&] { gateway->ip("route del default dev up0"); },
      [&] { return uplink_becomes("zero", "down"); });
  EXPECT_EQ(uplink("zero")["unused_reason"], "no route to 192.0.0.2 through device up0");
  lose_nothing(
      "route back", [&] { default_route("192.168.7.1"); },
      [&] { return uplink_becomes("zero", "up") && server_sees("zero", "up"); });
}

TEST_F(Network, AnotherGatewayTakesOver) {
  start_zero();
  lab::TcpFlow flow(*server, *gateway, {.address = kBehindServer4, .download = false});
  default_route("192.168.7.254");
  EXPECT_TRUE(lab::wait_until(
      [&] {
        return log(gateway_name()).find("leaves from 192.168.7.2 now via 192.168.7.254") !=
               std::string::npos;
      },
      lab::milliseconds(3000)))
      << log(gateway_name());
  const uint64_t before = flow.received();
  EXPECT_TRUE(
      lab::wait_until([&] { return flow.received() > before + 500'000; }, lab::milliseconds(8000)));
  EXPECT_TRUE(flow.finish().intact);
}

// A new lease with another address, as dhclient sets it: the old one goes first.
TEST_F(Network, DhcpGivesAnotherAddress) {
  start();
  lose_nothing(
      "new address",
      [&] {
        gateway->ip("addr del 192.168.7.2/24 dev up0");
        gateway->ip("addr add 192.168.7.77/24 dev up0");
        default_route("192.168.7.1");
      },
      [&] {
        return lab::wait_until(
                   [&] {
                     return log(gateway_name()).find("network is back") != std::string::npos ||
                            log(gateway_name()).find("leaves from 192.168.7.77") !=
                                std::string::npos;
                   },
                   lab::milliseconds(3000)) &&
               uplink_becomes("zero", "up") && server_sees("zero", "up");
      });
}

// The server learns without any traffic where its client is now, so the way back works at once.
TEST_F(Network, AnIdleServerLearnsTheNewAddress) {
  // Without the router's mapping, so that the server sees the address itself.
  lab::run_command({"nft", "delete table ip nat"}, {.inside = &*router});
  server->ip("route add 192.168.7.0/24 via 192.0.0.1");
  start_zero();
  ASSERT_TRUE(server_sends_to("192.168.7.2:"));
  gateway->ip("addr del 192.168.7.2/24 dev up0");
  gateway->ip("addr add 192.168.7.77/24 dev up0");
  default_route("192.168.7.1");
  EXPECT_TRUE(server_sends_to("192.168.7.77:")) << log(gateway_name());
  EXPECT_EQ(run_to_end({"ping", "-c1", "-W2", "10.9.0.1"}, {.inside = &*server}).status, 0);
}

TEST_F(Network, ItsOwnAddressGoesAndComesBack) {
  start_server();
  start_gateway({.uplink0 = "Address = 192.168.7.2\n"});
  ASSERT_TRUE(uplink_becomes("zero", "up") && uplink_becomes("one", "up")) << log(gateway_name());
  gateway->sysctl("ipv4/conf/up0/promote_secondaries", "1");
  gateway->ip("addr add 192.168.7.77/24 dev up0");
  lose_nothing(
      "own address gone", [&] { gateway->ip("addr del 192.168.7.2/24 dev up0"); },
      [&] { return uplink_becomes("zero", "down"); });
  EXPECT_EQ(uplink("zero")["unused_reason"], "address 192.168.7.2 does not exist");
  lose_nothing(
      "own address back", [&] { gateway->ip("addr add 192.168.7.2/24 dev up0"); },
      [&] { return uplink_becomes("zero", "up") && server_sees("zero", "up"); });
}

// As after a new prefix of the provider: the old address is not to be used any longer.
TEST_F(Network, AnIPv6AddressIsDeprecatedAndThenRemoved) {
  start();
  const auto server_sends_one_to = [&](const std::string& endpoint) {
    return lab::wait_until(
        [&] { return server_uplink("one").value("endpoint", "").rfind(endpoint, 0) == 0; },
        lab::milliseconds(8000));
  };
  lose_nothing(
      "deprecated",
      [&] {
        gateway->ip("addr add 2001:db8:1::77/64 dev up1 nodad");
        gateway->ip("addr change 2001:db8:1::1/64 dev up1 preferred_lft 0");
      },
      [&] { return server_sends_one_to("[2001:db8:1::77]"); });
  lose_nothing(
      "removed", [&] { gateway->ip("addr del 2001:db8:1::1/64 dev up1"); },
      [&] { return uplink_becomes("one", "up") && server_sees("one", "up"); });
}

TEST_F(Network, NatMapsToAnotherPort) {
  start();
  ASSERT_TRUE(server_sends_to("192.0.0.1:40"));
  lose_nothing(
      "NAT rebinding", [&] { masquerade("50000-50999"); },
      [&] { return server_sends_to("192.0.0.1:50") && server_sees("zero", "up"); });
  EXPECT_TRUE(uplink_becomes("zero", "up")) << log(gateway_name());
}

TEST_F(Network, NatMapsToAnotherAddress) {
  router->ip("addr add 192.0.0.9/24 dev out");
  start();
  ASSERT_TRUE(server_sends_to("192.0.0.1:40"));
  lose_nothing(
      "NAT with another address",
      [&] {
        router->sysctl("ipv4/conf/out/promote_secondaries", "1");
        router->ip("addr del 192.0.0.1/24 dev out");
        masquerade("50000-50999");
      },
      [&] { return server_sends_to("192.0.0.9:50") && server_sees("zero", "up"); });
}

}  // namespace
}  // namespace wirebraid::e2e
