// The packets of exits before a real kernel: what the core rewrites and makes is believed by its
// NAT, its connection tracking and its TCP.
//
//   client ── veth ── gateway, masquerading ── TUN ── this test, in the place of uplink and exit
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "core/exit/flow_table.h"
#include "core/packet/make_ip.h"
#include "core/packet/rewrite.h"
#include "core/packet/tcp_reset.h"
#include "core/packet/tcp_segment.h"
#include "io/tun.h"
#include "io/virtio_header.h"
#include "tests/support/netns.h"

namespace wirebraid {
namespace {

using testing::NetNamespace;
using testing::run;
using Bytes = std::vector<uint8_t>;

constexpr int kPatience = 10'000;  // milliseconds; only a failing test waits as long
constexpr uint16_t kPort = 9000;

class ExitPacketsTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
    gateway.emplace();
    client.emplace();
    {
      const auto scope = gateway->enter();
      std::error_code error;
      std::string what;
      tun = io::TunDevice::open("wbtest", error, what);
      ASSERT_TRUE(tun) << what;
      run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
      run("ip link add lan type veth peer name eth netns " + testing::path_of(*client));
      run("ip addr add 192.168.7.1/24 dev lan && ip addr add fd07::1/64 dev lan nodad");
      run("ip addr add 10.0.0.1/32 dev wbtest && ip addr add fd00::1/128 dev wbtest nodad");
      run("ip link set lan up && ip link set wbtest up");
      run("ip route add default dev wbtest && ip -6 route add default dev wbtest");
      run("nft add table inet exit");
      run("nft 'add chain inet exit out { type nat hook postrouting priority 100; }'");
      run("nft add rule inet exit out oifname wbtest masquerade");
    }
    const auto scope = client->enter();
    run("ip addr add 192.168.7.2/24 dev eth && ip addr add fd07::2/64 dev eth nodad");
    run("ip link set eth up");
    run("ip route add default via 192.168.7.1 && ip -6 route add default via fd07::1");
  }
  void TearDown() override {
    if (socket_fd >= 0) close(socket_fd);
  }

  bool v4() const { return GetParam() == 4; }
  IpAddress inside() const { return *IpAddress::parse(v4() ? "10.0.0.1" : "fd00::1"); }
  IpAddress outside() const { return *IpAddress::parse(v4() ? "10.64.0.2" : "fd64::2"); }
  IpAddress far() const { return *IpAddress::parse(v4() ? "192.0.2.7" : "2001:db8::7"); }

  /// Connects the client's socket to the far end, without waiting.
  void connect_client(int type) {
    const auto scope = client->enter();
    socket_fd = ::socket(v4() ? AF_INET : AF_INET6, type | SOCK_NONBLOCK, 0);
    ASSERT_GE(socket_fd, 0);
    int result = 0;
    if (v4()) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(kPort);
      std::memcpy(&to.sin_addr, far().bytes().data(), 4);
      result = ::connect(socket_fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    } else {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(kPort);
      std::memcpy(&to.sin6_addr, far().bytes().data(), 16);
      result = ::connect(socket_fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    ASSERT_TRUE(result == 0 || errno == EINPROGRESS) << std::strerror(errno);
  }
  static bool ready(int fd, short events) {
    pollfd entry{fd, events, 0};
    return ::poll(&entry, 1, kPatience) == 1;
  }
  int client_error() {
    int error = 0;
    socklen_t size = sizeof error;
    EXPECT_TRUE(ready(socket_fd, POLLIN));
    getsockopt(socket_fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }

  /// What lies ready at the TUN device, if it is the client's: the kernel sends multicast, too.
  std::optional<Bytes> read_once() {
    Bytes read(2000);
    const auto size = ::read(tun->fd(), read.data(), read.size());
    if (size <= 0) return std::nullopt;
    read.resize(static_cast<size_t>(size));
    const auto offload = io::read_virtio_header(read);
    std::vector<Packet> packets;
    split(ConstByteSpan(read).subspan(io::kVirtioHeader), *offload, pool, packets);
    if (packets.size() != 1) return std::nullopt;
    const auto info = read_ip(packets.front().bytes());
    if (!info || info->destination_port != kPort) return std::nullopt;
    return Bytes(packets.front().bytes().begin(), packets.front().bytes().end());
  }
  /// The client's next packet to the far end.
  std::optional<Bytes> read_tun() {
    std::optional<Bytes> packet;
    while (!packet && ready(tun->fd(), POLLIN)) packet = read_once();
    return packet;
  }
  void write_tun(ConstByteSpan packet) {
    Bytes written(io::kVirtioHeader);
    written.insert(written.end(), packet.begin(), packet.end());
    ASSERT_EQ(::write(tun->fd(), written.data(), written.size()),
              static_cast<ssize_t>(written.size()));
  }

  void remember(const Bytes& packet) {
    FlowTable::touch(flows.pin(1, *read_ip(packet), 0, Time{}), packet, Time{});
  }
  /// Reads the client's next packet and lets the flow table see it.
  bool follow() {
    const auto packet = read_tun();
    if (packet) remember(*packet);
    return packet.has_value();
  }
  /// Answers whatever the client sends with a reset, until it believes one.
  bool reset_until_believed() {
    for (;;) {
      pollfd entries[] = {{socket_fd, POLLHUP, 0}, {tun->fd(), POLLIN, 0}};
      if (::poll(entries, 2, kPatience) <= 0) return false;
      if ((entries[0].revents & POLLHUP) != 0) return true;
      if (const auto packet = read_once()) {
        remember(*packet);
        reset();
      }
    }
  }
  void reset() {
    Packet packet = make_tcp_reset(pool, flows.find(1, Time{})->tcp_near_end());
    write_tun(packet.bytes());
  }
  /// A segment of the far end, on which everything of the near end has arrived.
  void answer(uint8_t flags, uint32_t sequence, size_t data = 0) {
    const TcpNearEnd near_end = flows.find(1, Time{})->tcp_near_end();
    Packet packet = make_ip(pool, far(), inside(), Protocol::tcp, 20 + data);
    const ByteSpan tcp = payload_of(packet);
    store_be(&tcp[0], near_end.far_port);
    store_be(&tcp[2], near_end.near_port);
    store_be(&tcp[4], sequence);
    store_be(&tcp[8], near_end.next_sequence);
    tcp[12] = 5 << 4;
    tcp[13] = flags;
    store_be(&tcp[14], uint16_t{65000});
    store_be(&tcp[16], transport_checksum(far().bytes(), inside().bytes(), Protocol::tcp, tcp));
    write_tun(packet.bytes());
  }
  /// Opens the client's connection, with the far end's numbers from `sequence` on.
  void establish(uint32_t sequence) {
    connect_client(SOCK_STREAM);
    ASSERT_TRUE(follow());
    answer(kTcpSyn | kTcpAck, sequence);
    ASSERT_TRUE(follow());
    ASSERT_TRUE(flows.find(1, Time{})->established);
    ASSERT_TRUE(ready(socket_fd, POLLOUT));
  }

  std::optional<NetNamespace> gateway;
  std::optional<NetNamespace> client;
  std::unique_ptr<io::TunDevice> tun;
  BufferPool pool{2000, 8};
  FlowTable flows{8};
  int socket_fd = -1;
};
INSTANTIATE_TEST_SUITE_P(Versions, ExitPacketsTest, ::testing::Values(4, 6));

TEST_P(ExitPacketsTest, AnErrorFindsItsWayBackThroughNat) {
  connect_client(SOCK_DGRAM);
  ASSERT_EQ(::send(socket_fd, "question", 8, 0), 8);
  auto packet = read_tun();
  ASSERT_TRUE(packet);
  ASSERT_TRUE(
      std::ranges::equal(inside().bytes(), ConstByteSpan(read_ip(*packet)->source, v4() ? 4 : 16)));
  ASSERT_EQ(rewrite_address(*packet, AddressPlace::source, outside()), RewriteResult::done);
  const auto udp = ConstByteSpan(*packet).subspan(v4() ? 20 : 40);
  ASSERT_EQ(transport_checksum(outside().bytes(), far().bytes(), Protocol::udp, udp), 0);

  // "Port unreachable", as the far end sends it to the exit's address.
  const auto protocol = v4() ? Protocol::icmp : Protocol::icmp_v6;
  Packet error = make_ip(pool, far(), outside(), protocol, 8 + packet->size());
  const ByteSpan icmp = payload_of(error);
  icmp[0] = v4() ? 3 : 1;
  icmp[1] = v4() ? 3 : 4;
  std::ranges::copy(*packet, icmp.begin() + 8);
  store_be(&icmp[2], transport_checksum(far().bytes(), outside().bytes(), protocol, icmp));
  ASSERT_EQ(rewrite_address(error.bytes(), AddressPlace::destination, inside()),
            RewriteResult::done);
  write_tun(error.bytes());
  EXPECT_EQ(client_error(), ECONNREFUSED);
}

TEST_P(ExitPacketsTest, AConnectionBeingOpenedIsRefused) {
  connect_client(SOCK_STREAM);
  ASSERT_TRUE(follow());
  reset();
  EXPECT_EQ(client_error(), ECONNREFUSED);
}

TEST_P(ExitPacketsTest, AnEstablishedConnectionIsReset) {
  establish(0xfffffffe);
  ASSERT_EQ(::send(socket_fd, "question", 8, 0), 8);
  ASSERT_TRUE(follow());
  reset();
  EXPECT_EQ(client_error(), ECONNRESET);
}

TEST_P(ExitPacketsTest, AResetThatIsTooOldIsFollowedByARightOne) {
  establish(5000);
  answer(kTcpAck, 5001, 100);
  reset();  // the acknowledgment of those 100 bytes has not been seen
  ASSERT_TRUE(reset_until_believed());
  Bytes received(1000);
  EXPECT_EQ(::recv(socket_fd, received.data(), received.size(), 0), 100);
  EXPECT_EQ(::recv(socket_fd, received.data(), received.size(), 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

}  // namespace
}  // namespace wirebraid
