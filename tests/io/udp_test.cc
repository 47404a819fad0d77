#include "io/udp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "tests/io/engine_fixture.h"
#include "tests/support/child.h"

namespace wirebraid::io {
namespace {

using testing::in_child;
using testing::NetNamespace;
using testing::run;

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

class UdpTransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
    name_space = std::make_unique<NetNamespace>();
    scope.emplace(name_space->fd());
  }
  std::unique_ptr<NetNamespace> name_space;
  std::optional<NetNamespace::Scope> scope;
  UdpTransport transport{TransportId{1}};
  UdpOptions options;
  std::string what;
};

TEST_F(UdpTransportTest, OpensBothFamiliesOnOnePort) {
  ASSERT_FALSE(transport.open(options));
  EXPECT_NE(transport.port(), 0);
  ASSERT_GE(transport.fd_v4(), 0);
  ASSERT_GE(transport.fd_v6(), 0);
  for (const std::string address : {"127.0.0.1", "::1"}) {
    PlainSocket peer(address);
    peer.send(endpoint(address, transport.port()), "x");
    char byte = 0;
    EXPECT_EQ(recv(address[0] == ':' ? transport.fd_v6() : transport.fd_v4(), &byte, 1, 0), 1);
  }
  transport.close();
  EXPECT_EQ(transport.port(), 0);
  EXPECT_EQ(transport.fd_v4(), -1);
  EXPECT_EQ(transport.fd_v6(), -1);
}

TEST_F(UdpTransportTest, SocketsAreAsPromised) {
  options.firewall_mark = 0xca6c;
  ASSERT_FALSE(transport.open(options));
  for (const int fd : {transport.fd_v4(), transport.fd_v6()}) {
    EXPECT_NE(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(option(fd, SOL_SOCKET, SO_MARK), 0xca6c);
    EXPECT_GE(option(fd, SOL_SOCKET, SO_RCVBUF), 1 << 20);
    EXPECT_GE(option(fd, SOL_SOCKET, SO_SNDBUF), 1 << 20);
  }
  EXPECT_EQ(option(transport.fd_v4(), IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
  ASSERT_FALSE(transport.set_firewall_mark(7));
  EXPECT_EQ(option(transport.fd_v4(), SOL_SOCKET, SO_MARK), 7);
  EXPECT_EQ(option(transport.fd_v6(), SOL_SOCKET, SO_MARK), 7);
  EXPECT_EQ(transport.options().firewall_mark, 7u);
}

TEST_F(UdpTransportTest, AddressOpensItsFamilyOnly) {
  options.address = *IpAddress::parse("127.0.0.1");
  ASSERT_FALSE(transport.open(options));
  EXPECT_GE(transport.fd_v4(), 0);
  EXPECT_EQ(transport.fd_v6(), -1);
  options.address = *IpAddress::parse("::1");
  ASSERT_FALSE(transport.open(options));
  EXPECT_EQ(transport.fd_v4(), -1);
  EXPECT_GE(transport.fd_v6(), 0);
}

TEST_F(UdpTransportTest, DeviceKeepsOthersOut) {
  run("ip link add near type veth peer name far && ip addr add 10.9.0.1/24 dev near &&"
      "ip link set near up && ip link set far up");
  options.device = "near";
  ASSERT_FALSE(transport.open(options));
  PlainSocket("127.0.0.1").send(endpoint("127.0.0.1", transport.port()), "over lo");
  char byte = 0;
  EXPECT_EQ(recv(transport.fd_v4(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  // Two uplinks share a port as long as their devices differ.
  UdpTransport other(TransportId{2});
  UdpOptions elsewhere;
  elsewhere.device = "far";
  elsewhere.port = transport.port();
  EXPECT_FALSE(other.open(elsewhere));
}

TEST_F(UdpTransportTest, TakenPortIsToldInOneLine) {
  ASSERT_FALSE(transport.open(options));
  UdpTransport second(TransportId{2});
  options.port = transport.port();
  EXPECT_EQ(second.open(options, &what).value(), EADDRINUSE);
  EXPECT_NE(what.find("UDP port " + std::to_string(transport.port())), std::string::npos) << what;
  EXPECT_NE(what.find("another process"), std::string::npos) << what;
  EXPECT_EQ(second.fd_v4(), -1);
  EXPECT_EQ(second.fd_v6(), -1);
}

TEST_F(UdpTransportTest, PortTakenOnIpv6OnlyIsAnErrorToo) {
  PlainSocket squatter("::1");
  options.port = squatter.port();
  EXPECT_EQ(transport.open(options, &what).value(), EADDRINUSE);
  EXPECT_EQ(transport.fd_v4(), -1);
}

TEST_F(UdpTransportTest, MissingDeviceAndAddressAreToldApart) {
  options.device = "nosuch";
  EXPECT_EQ(transport.open(options, &what).value(), ENODEV);
  EXPECT_NE(what.find("nosuch"), std::string::npos) << what;
  options.device.clear();
  options.address = *IpAddress::parse("192.0.2.7");
  EXPECT_EQ(transport.open(options, &what).value(), EADDRNOTAVAIL);
  EXPECT_NE(what.find("192.0.2.7"), std::string::npos) << what;
}

TEST_F(UdpTransportTest, MissingRightNamesTheCapability) {
  options.firewall_mark = 1;
  EXPECT_EQ(in_child([&]() -> std::string {
              if (!testing::drop_capabilities()) return "capset";
              const auto error = transport.open(options, &what);
              return std::to_string(error.value()) + " " + what;
            }),
            std::to_string(EPERM) + " set firewall mark 1: needs root or CAP_NET_ADMIN");
}

TEST_F(UdpTransportTest, WithoutIpv6OnlyIpv4IsOpened) {
  // A kernel without IPv6 altogether is the one with ipv6.disable=1; seen from here it refuses to
  // make the socket, which only a reboot could show. This one still makes it, without an address.
  run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
  EXPECT_FALSE(transport.open(options, &what)) << what;
  EXPECT_GE(transport.fd_v4(), 0);
}

}  // namespace
}  // namespace wirebraid::io
