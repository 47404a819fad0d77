// What programs in the nodes print, as they print it.
#include "twin/check/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::check {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kLinks =
    "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group "
    "default qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
    "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP mode DEFAULT "
    "group default qlen 1000\\    link/ether 02:77:00:01:00:00 brd ff:ff:ff:ff:ff:ff\n"
    "3: eth1@if9: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default "
    "qlen 1000\\    link/ether 02:77:00:01:00:01 brd ff:ff:ff:ff:ff:ff\n"
    "4: wb0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1420 qdisc fq_codel state UNKNOWN mode "
    "DEFAULT group default qlen 500\\    link/none \n";

constexpr const char* kAddresses =
    "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n"
    "1: lo    inet 10.77.0.2/32 scope global lo\\       valid_lft forever preferred_lft forever\n"
    "2: eth0    inet 10.77.0.2/32 scope global eth0\\       valid_lft forever preferred_lft "
    "forever\n"
    "2: eth0    inet6 fe80::77:ff:fe01:0/64 scope link \\       valid_lft forever preferred_lft "
    "forever\n"
    "9: gone    inet 192.0.2.1/32 scope global gone\\       valid_lft forever\n";

TEST(Facts, InterfacesWithTheirAddresses) {
  const std::vector<Interface> interfaces = parse_interfaces(kLinks, kAddresses);
  ASSERT_THAT(interfaces, SizeIs(4));
  EXPECT_EQ(interfaces[0].name, "lo");
  EXPECT_EQ(interfaces[0].mac, "");
  EXPECT_THAT(interfaces[0].addresses, ElementsAre("127.0.0.1/8", "10.77.0.2/32"));
  EXPECT_EQ(interfaces[1].name, "eth0");
  EXPECT_EQ(interfaces[1].mac, "02:77:00:01:00:00");
  EXPECT_TRUE(interfaces[1].up);
  EXPECT_THAT(interfaces[1].addresses, ElementsAre("10.77.0.2/32", "fe80::77:ff:fe01:0/64"));
  EXPECT_EQ(interfaces[2].name, "eth1");
  EXPECT_FALSE(interfaces[2].up);
  EXPECT_THAT(interfaces[2].addresses, IsEmpty());
  EXPECT_TRUE(interfaces[3].up);
}

TEST(Facts, OfAProgramThatIsNotThereThereIsNothing) {
  const std::string complaint = "sh: ip: not found\n";
  EXPECT_THAT(parse_interfaces("", complaint), IsEmpty());
  EXPECT_THAT(parse_babel(""), IsEmpty());
  EXPECT_THAT(parse_batman("sh: batctl: not found\nError - mesh has not been enabled yet\n"),
              IsEmpty());
}

constexpr const char* kRoutes =
    "0.0.0.0/1 dev wb0 proto 151 scope link \n"
    "default via 198.18.0.2 dev eth1 proto static metric 10 \n"
    "default via 198.18.0.6 dev eth2 proto static metric 11 \n"
    "10.77.0.3 via 10.77.0.3 dev eth0 proto babel onlink \n"
    "unreachable 10.77.0.9 proto babel metric 4294967295 \n"
    "10.78.0.0/16 via 10.77.0.3 dev eth0 proto babel metric 20 onlink \n"
    "10.78.0.0/16 dev bat0 proto kernel scope link src 10.78.0.2 \n"
    "128.0.0.0/1 dev wb0 proto 151 scope link \n"
    "198.18.0.0/30 dev eth1 proto kernel scope link src 198.18.0.1 \n";

TEST(Facts, RoutesWithWhatTheyHave) {
  const std::vector<Route> routes = parse_routes(kRoutes);
  ASSERT_THAT(routes, SizeIs(8)) << "one is no way";
  EXPECT_EQ(routes[0].target, "0.0.0.0/1");
  EXPECT_EQ(routes[0].gateway, "");
  EXPECT_EQ(routes[0].device, "wb0");
  EXPECT_EQ(routes[0].protocol, "151");
  EXPECT_EQ(routes[0].metric, 0U);
  EXPECT_EQ(routes[2].target, "default");
  EXPECT_EQ(routes[2].gateway, "198.18.0.6");
  EXPECT_EQ(routes[2].metric, 11U);
  EXPECT_EQ(routes[3].protocol, "babel");
}

TEST(Facts, TheLongestPrefixWinsThenTheLeastMetric) {
  const std::vector<Route> routes = parse_routes(kRoutes);
  const auto device = [&](const char* address) {
    const Route* route = find_route(routes, address);
    return route == nullptr ? "none" : route->device + " " + route->gateway;
  };
  EXPECT_EQ(device("10.77.0.3"), "eth0 10.77.0.3");
  EXPECT_EQ(device("10.78.4.5"), "bat0 ") << "metric 0 before 20";
  EXPECT_EQ(device("198.18.0.2"), "eth1 ");
  EXPECT_EQ(device("1.2.3.4"), "wb0 ") << "half a default is longer than a default";
  EXPECT_EQ(device("203.0.113.1"), "wb0 ");
}

TEST(Facts, WithoutARouteThereIsNone) {
  std::vector<Route> routes = parse_routes("10.77.0.3 dev eth0\n10.78.0.0/16 dev bat0\n");
  EXPECT_EQ(find_route(routes, "10.79.0.1"), nullptr);
  EXPECT_EQ(find_route(routes, "nonsense"), nullptr);
  EXPECT_EQ(find_route({}, "10.77.0.3"), nullptr);
  routes = parse_routes("default via 198.18.0.6 metric 11\ndefault via 198.18.0.2 metric 10\n");
  EXPECT_EQ(find_route(routes, "10.77.0.3"), &routes[1]);
}

TEST(Facts, BabelsNeighboursOutOfItsDump) {
  const std::vector<BabelNeighbour> neighbours = parse_babel(
      "BABEL 1.0\nversion babeld-1.12.1\nhost tower-1\nok\n"
      "add interface eth0 up true ipv6 fe80::77:ff:fe02:0 ipv4 10.77.0.3\n"
      "add neighbour 561f address fe80::77:ff:fe01:0 if eth0 reach ffff ureach 0000 rxcost 256 "
      "txcost 256 rtt 0.000 rttcost 0 cost 256\n"
      "add neighbour 5620 address fe80::77:ff:fe03:0 if eth1 reach 0000 ureach 0000 rxcost 65535 "
      "txcost 65535 rtt 0.000 rttcost 0 cost 65535\n"
      "add route 5630 prefix 10.77.0.2/32 from 0.0.0.0/0 installed yes id 00:11 metric 256 "
      "refmetric 0 via fe80::77:ff:fe01:0 if eth0\nok\n");
  ASSERT_THAT(neighbours, SizeIs(2));
  EXPECT_EQ(neighbours[0].address, "fe80::77:ff:fe01:0");
  EXPECT_EQ(neighbours[0].device, "eth0");
  EXPECT_EQ(neighbours[0].cost, 256U);
  EXPECT_EQ(neighbours[1].cost, 65535U);
}

TEST(Facts, BatmansNeighbours) {
  const std::vector<BatmanNode> nodes = parse_batman(
      "[B.A.T.M.A.N. adv 2022.3, MainIF/MAC: eth1/02:77:00:03:00:01 (bat0/4a:aa:bb:cc:dd:ee "
      "BATMAN_IV)]\nIF             Neighbor              last-seen\n"
      "         eth1\t  02:77:00:05:00:00    0.908s\n");
  ASSERT_THAT(nodes, SizeIs(1));
  EXPECT_EQ(nodes[0].mac, "02:77:00:05:00:00");
  EXPECT_EQ(nodes[0].device, "eth1");
  EXPECT_DOUBLE_EQ(nodes[0].last_seen_s, 0.908);
}

TEST(Facts, BatmansOriginatorsByTheirBestWayOnly) {
  const std::vector<BatmanNode> nodes = parse_batman(
      "[B.A.T.M.A.N. adv 2022.3, MainIF/MAC: eth1/02:77:00:03:00:01 (bat0/4a:aa:bb:cc:dd:ee "
      "BATMAN_IV)]\n   Originator        last-seen (#/255) Nexthop           [outgoingIF]\n"
      " * 02:77:00:05:00:00    0.084s   (255) 02:77:00:05:00:00 [      eth1]\n"
      "   02:77:00:05:00:00    0.084s   (190) 02:77:00:06:00:00 [      eth2]\n"
      " * 02:77:00:06:00:00   12.500s   (200) 02:77:00:05:00:00 [eth1]\n");
  ASSERT_THAT(nodes, SizeIs(2));
  EXPECT_EQ(nodes[0].mac, "02:77:00:05:00:00");
  EXPECT_EQ(nodes[0].device, "eth1");
  EXPECT_DOUBLE_EQ(nodes[0].last_seen_s, 0.084);
  EXPECT_EQ(nodes[1].mac, "02:77:00:06:00:00");
  EXPECT_EQ(nodes[1].device, "eth1");
  EXPECT_DOUBLE_EQ(nodes[1].last_seen_s, 12.5);
}

TEST(Facts, AlarmsAreLinesThatMeanHarm) {
  const std::vector<std::string> harmless{
      "[    0.000000] Linux version 6.1.0-50-amd64", "[    1.0] debug: nothing",
      "[    1.2] EXT4-fs (vdd): recovery complete", "wirebraid-boot: services started"};
  const std::vector<std::string> harmful{
      "[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000008",
      "[   12.345679] Oops: 0002 [#1] PREEMPT SMP NOPTI",
      "[   12.345680] Call Trace:",
      "[   13.000000] Kernel panic - not syncing: Fatal exception in interrupt",
      "[   20.0] babeld[231]: segfault at 0 ip 00005581 sp 00007ffd error 4 in babeld",
      "[   21.0] Out of memory: Killed process 240 (wirebraidd) total-vm:90000kB",
      "[   22.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!",
      "[   23.0] \"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message."};
  std::string log;
  for (size_t i = 0; i < harmful.size(); ++i) {
    log += harmless[i % harmless.size()] + "\r\n" + harmful[i] + "\r\n";
  }
  EXPECT_EQ(find_alarms(log), harmful);
  EXPECT_THAT(find_alarms(""), IsEmpty());
}

TEST(Facts, TheLinkLocalAddressOfAMac) {
  EXPECT_EQ(link_local_of("02:77:00:02:00:00"), "fe80::77:ff:fe02:0");
  EXPECT_EQ(link_local_of("52:54:00:12:34:56"), "fe80::5054:ff:fe12:3456");
  EXPECT_EQ(link_local_of(""), "");
}

}  // namespace
}  // namespace wirebraid::check
