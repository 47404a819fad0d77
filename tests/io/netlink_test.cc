#include "io/netlink.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "tests/support/netns.h"

namespace wirebraid::io {
namespace {

using testing::NetNamespace;
using testing::run;

Prefix prefix(const std::string& text) {
  const auto parsed = Prefix::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Prefix{});
}

IpAddress address(const std::string& text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress{});
}

class NetlinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
    name_space = std::make_unique<NetNamespace>();
    scope.emplace(name_space->fd());
    run("ip link add wbtest type veth peer name peer");
    std::error_code error;
    netlink = Netlink::open(error);
    ASSERT_TRUE(netlink) << error.message();
    const auto found = netlink->link("wbtest");
    ASSERT_TRUE(found);
    link = found->index;
  }

  bool has_route(const Route& route) {
    const auto routes = netlink->routes(route.table);
    return std::find(routes.begin(), routes.end(), route) != routes.end();
  }

  /// Waits for a change that `wanted` accepts, up to five seconds.
  template <typename Wanted>
  bool await_change(Wanted wanted) {
    for (;;) {
      for (const auto& change : netlink->read_changes()) {
        if (wanted(change)) return true;
      }
      pollfd ready{netlink->event_fd(), POLLIN, 0};
      if (poll(&ready, 1, 5000) <= 0) return false;
    }
  }

  std::unique_ptr<NetNamespace> name_space;
  std::optional<NetNamespace::Scope> scope;
  std::unique_ptr<Netlink> netlink;
  uint32_t link = 0;
};

TEST_F(NetlinkTest, ShowsAndChangesLinks) {
  EXPECT_FALSE(netlink->link("nosuch"));
  EXPECT_FALSE(netlink->link(""));
  EXPECT_FALSE(netlink->link(std::string(16, 'x')));
  auto state = netlink->link("wbtest");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->name, "wbtest");
  EXPECT_EQ(state->mtu, 1500u);
  EXPECT_FALSE(state->up);
  EXPECT_FALSE(netlink->set_up(link, true));
  EXPECT_FALSE(netlink->set_mtu(link, 1420));
  state = netlink->link("wbtest");
  EXPECT_EQ(state->mtu, 1420u);
  EXPECT_TRUE(state->up);
  EXPECT_FALSE(state->running) << "the other end is down";
  EXPECT_FALSE(netlink->set_up(netlink->link("peer")->index, true));
  EXPECT_TRUE(netlink->link("wbtest")->running);
  EXPECT_FALSE(netlink->set_up(link, false));
  EXPECT_FALSE(netlink->link("wbtest")->up);
  EXPECT_EQ(netlink->links().size(), 3u) << "lo and both ends";
  EXPECT_EQ(netlink->set_up(4711, true).value(), ENODEV);
  EXPECT_EQ(netlink->set_mtu(link, 20).value(), EINVAL);
}

TEST_F(NetlinkTest, AddsAndRemovesAddressesOfBothFamilies) {
  for (const std::string text : {"10.8.0.1/24", "10.8.1.1/32", "fd08::1/64", "fd09::1/128"}) {
    EXPECT_FALSE(netlink->add_address(link, prefix(text))) << text;
    EXPECT_FALSE(netlink->add_address(link, prefix(text))) << text << ": there already is well";
    const auto addresses = netlink->addresses(link);
    EXPECT_TRUE(std::any_of(addresses.begin(), addresses.end(), [&](const auto& a) {
      return a.prefix == prefix(text);
    })) << text;
  }
  EXPECT_EQ(netlink->addresses(link).size(), 4u);
  const auto of_loopback = netlink->addresses(1);
  EXPECT_TRUE(std::none_of(of_loopback.begin(), of_loopback.end(),
                           [&](const auto& a) { return a.link == link; }));
  for (const std::string text : {"10.8.0.1/24", "fd08::1/64"}) {
    EXPECT_FALSE(netlink->remove_address(link, prefix(text))) << text;
    EXPECT_EQ(netlink->remove_address(link, prefix(text)).value(), EADDRNOTAVAIL) << text;
  }
  EXPECT_EQ(netlink->addresses(link).size(), 2u);
}

TEST_F(NetlinkTest, AddsReplacesAndRemovesRoutesOfBothFamilies) {
  run("ip link set wbtest up && ip link set peer up");
  run("ip addr add 10.8.0.1/24 dev wbtest && ip -6 addr add fd08::1/64 dev wbtest nodad");
  struct Case {
    std::string destination, gateway;
    uint32_t table, metric;
  };
  const Case cases[] = {{"192.0.2.0/24", "", 254, 0},
                        {"198.51.100.0/24", "10.8.0.2", 254, 5},
                        {"0.0.0.0/0", "", 4711, 0},
                        {"2001:db8::/32", "", 254, 1024},
                        {"2001:db8:1::/48", "fd08::2", 254, 7},
                        {"::/0", "", 4711, 1024}};
  for (const auto& test : cases) {
    Route route;
    route.destination = prefix(test.destination);
    if (!test.gateway.empty()) route.gateway = address(test.gateway);
    route.link = link;
    route.table = test.table;
    route.metric = test.metric;
    EXPECT_FALSE(netlink->add_route(route)) << test.destination;
    EXPECT_FALSE(netlink->add_route(route)) << test.destination << ": there already is well";
    EXPECT_TRUE(has_route(route)) << test.destination;
    const auto all = netlink->routes(0);
    EXPECT_EQ(std::count(all.begin(), all.end(), route), 1) << test.destination;
    EXPECT_FALSE(netlink->remove_route(route)) << test.destination;
    EXPECT_FALSE(has_route(route)) << test.destination;
    EXPECT_EQ(netlink->remove_route(route).value(), ESRCH) << test.destination;
  }
}

TEST_F(NetlinkTest, RoutesCarryOurProtocolNumber) {
  run("ip link set wbtest up && ip link set peer up");
  Route route;
  route.destination = prefix("192.0.2.0/24");
  route.link = link;
  ASSERT_FALSE(netlink->add_route(route));
  run("ip route show proto 151 | grep -q '^192.0.2.0/24 dev wbtest'");
}

TEST_F(NetlinkTest, HostBitsOfADestinationDoNotMatter) {
  run("ip link set wbtest up && ip link set peer up");
  Route route;
  route.destination = prefix("192.0.2.77/24");
  route.link = link;
  ASSERT_FALSE(netlink->add_route(route));
  Route masked = route;
  masked.destination = prefix("192.0.2.0/24");
  EXPECT_TRUE(has_route(masked));
}

TEST_F(NetlinkTest, RemovesOnlyRoutesOfOurOwn) {
  run("ip link set wbtest up && ip link set peer up && ip route add 192.0.2.0/24 dev wbtest");
  Route route;
  route.destination = prefix("192.0.2.0/24");
  route.link = link;
  EXPECT_EQ(netlink->remove_route(route).value(), ESRCH);
  run("ip route show | grep -q 192.0.2.0/24");
}

TEST_F(NetlinkTest, TellsTheWayToAHost) {
  run("ip link set wbtest up && ip link set peer up");
  run("ip link add other type veth peer name peer2 && ip link set other up && ip link set peer2 "
      "up");
  const uint32_t other = netlink->link("other")->index;
  for (const bool v6 : {false, true}) {
    const std::string host = v6 ? "2001:db8:9::9" : "198.51.100.9";
    const std::string own = v6 ? "2001:db8::2" : "192.0.2.2";
    const std::string gateway = v6 ? "2001:db8::1" : "192.0.2.1";
    const std::string ip = v6 ? "ip -6 " : "ip ";
    const WayQuery anywhere{.destination = address(host)};
    const WayQuery bound{.destination = address(host), .link = link};
    EXPECT_FALSE(netlink->way(anywhere)) << host;
    EXPECT_FALSE(netlink->way(bound)) << "no route, whatever the kernel makes of a bound socket";
    EXPECT_FALSE(netlink->has_address(address(own)));
    run(ip + "addr add " + own + (v6 ? "/64 nodad" : "/24") + " dev wbtest");
    EXPECT_TRUE(netlink->has_address(address(own)));
    EXPECT_FALSE(netlink->way(bound)) << host;
    run(ip + "route add default via " + gateway + " dev wbtest metric 50");
    const Way expected{link, address(gateway), address(own)};
    EXPECT_EQ(netlink->way(bound), expected);
    EXPECT_EQ(netlink->way(anywhere), expected);
    EXPECT_FALSE(netlink->way({.destination = address(host), .link = other})) << "not its route";
    EXPECT_EQ(netlink->way({.destination = address(gateway), .link = link}),
              (Way{link, {}, address(own)}));
    // By mark, another table has another gateway.
    const std::string second = v6 ? "2001:db8::7" : "192.0.2.7";
    run(ip + "rule add fwmark 5 table 77");
    run(ip + "route add default via " + second + " dev wbtest table 77");
    EXPECT_EQ(netlink->way({.destination = address(host), .link = link, .firewall_mark = 5}),
              (Way{link, address(second), address(own)}));
    run(ip + "route del default dev wbtest");
    EXPECT_FALSE(netlink->way(bound)) << host;
  }
}

// Such as ppp0: what is bound to it leaves without a route, since nobody has to be asked for a link
// address.
TEST_F(NetlinkTest, APointToPointLinkIsAWay) {
  run("ip link set peer up && ip link set wbtest arp off up && ip addr add 192.0.2.5/32 dev "
      "wbtest");
  const auto state = netlink->link(link);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->name, "wbtest");
  EXPECT_TRUE(state->point_to_point);
  EXPECT_EQ(netlink->way({.destination = address("198.51.100.9"), .link = link}),
            (Way{link, {}, address("192.0.2.5")}));
}

TEST_F(NetlinkTest, TellsWhatChanges) {
  run("ip link set wbtest up && ip link set peer up");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::link && change.link.index == link &&
           change.link.name == "wbtest" && change.link.up && change.link.running;
  }));
  run("ip addr add 10.8.0.1/24 dev wbtest");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::address && change.address.link == link &&
           change.address.prefix == prefix("10.8.0.1/24");
  }));
  run("ip route add 192.0.2.0/24 via 10.8.0.2 proto 151");
  const auto is_route = [&](const Change& change) {
    return change.route.destination == prefix("192.0.2.0/24") &&
           change.route.gateway == address("10.8.0.2") && change.route.link == link &&
           change.route.protocol == kRouteProtocol;
  };
  EXPECT_TRUE(await_change(
      [&](const Change& change) { return change.kind == ChangeKind::route && is_route(change); }));
  run("ip route del 192.0.2.0/24");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::route_gone && is_route(change);
  }));
  run("ip addr del 10.8.0.1/24 dev wbtest");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::address_gone &&
           change.address.prefix == prefix("10.8.0.1/24");
  }));
  run("ip link set peer down");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::link && change.link.index == link && !change.link.running;
  }));
  run("ip link del wbtest");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::link_gone && change.link.index == link;
  }));
}

TEST_F(NetlinkTest, OverflowIsToldOnceAndReadingGoesOn) {
  run("ip link set wbtest up && ip link set peer up");
  // Some 200 bytes each and more with bookkeeping: far beyond the buffer.
  run("for i in $(seq 0 19999); do echo \"route add 10.$((i / 256)).$((i % 256)).0/24 dev wbtest\";"
      "done | ip -batch -");
  int lost = 0;
  while (true) {
    const auto changes = netlink->read_changes();
    if (changes.empty()) break;
    lost += static_cast<int>(std::count_if(changes.begin(), changes.end(), [](const auto& change) {
      return change.kind == ChangeKind::lost;
    }));
  }
  EXPECT_EQ(lost, 1);
  EXPECT_GE(netlink->routes(254).size(), 20000u) << "so it is read anew";
  run("ip link del wbtest");
  EXPECT_TRUE(await_change([&](const Change& change) {
    return change.kind == ChangeKind::link_gone && change.link.index == link;
  }));
}

TEST_F(NetlinkTest, BelongsToTheNamespaceInWhichItWasOpened) {
  NetNamespace elsewhere;
  const auto inside = elsewhere.enter();
  EXPECT_TRUE(netlink->link("wbtest"));
  std::error_code error;
  const auto other = Netlink::open(error);
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->link("wbtest"));
}

}  // namespace
}  // namespace wirebraid::io
