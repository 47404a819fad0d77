// A handshake between wireguard-go and the core, datagram by datagram: the core's Device is driven
// by the test over a UDP socket, so that everything on the wire can be looked at.
#include <netinet/in.h>
#include <poll.h>

#include <cstdio>
#include <cstring>

#include "core/wireguard/protocol.h"
#include "io/engine.h"
#include "io/message.h"
#include "io/system_platform.h"
#include "tests/e2e/tunnel.h"
#include "twin/lab/socket.h"
#include "wirebraid/bytes.h"
#include "wirebraid/wireguard/device.h"

namespace wirebraid::e2e {
namespace {

struct Entry {
  bool ours = false;
  std::vector<uint8_t> bytes;
  uint32_t word(size_t at) const { return load_le<uint32_t>(bytes.data() + at); }
};

/// IPv4, ICMP echo request.
std::vector<uint8_t> echo_request(uint8_t from, uint8_t to) {
  std::vector<uint8_t> packet = {0x45, 0,    0,  28, 0, 1,  0, 0, 64, 1, 0, 0, 10, 9,
                                 0,    from, 10, 9,  0, to, 8, 0, 0,  0, 0, 7, 0,  1};
  const auto checksum = [&](size_t begin, size_t end) {
    uint32_t sum = 0;
    for (size_t i = begin; i < end; i += 2) sum += packet[i] << 8 | packet[i + 1];
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  };
  store_be<uint16_t>(&packet[10], checksum(0, 20));
  store_be<uint16_t>(&packet[22], checksum(20, 28));
  return packet;
}

class Transcript : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    if (wireguard_go().empty()) GTEST_SKIP() << "wireguard-go is not installed";
    wire.emplace();
    socket.emplace(wire->host(1), AF_INET, SOCK_DGRAM);
    socket->bind(lab::Endpoint(outer4(1), kPort));
    device.set_private_key(ours.secret, io::monotonic_now(), outbox);
    peer = device.add_peer(theirs.open);
    peer_interface.emplace(wireguard_go(), wire->host(2), "g");
  }

  void configure_peer(const std::string& more) {
    peer_interface->wg("setconf", "/dev/stdin",
                       "[Interface]\nPrivateKey = " + theirs.secret.to_base64() +
                           "\nListenPort = 51820\n[Peer]\nPublicKey = " + ours.open.to_base64() +
                           "\nAllowedIPs = 10.9.0.1/32\n" + more);
    wire->host(2).ip("addr add 10.9.0.2/24 dev " + peer_interface->name());
    wire->host(2).ip("link set up dev " + peer_interface->name());
  }

  /// Sends what the device wants sent; keeps payloads.
  void drain() {
    for (Datagram& datagram : outbox.datagrams) {
      const auto to = io::to_socket_address(datagram.remote);
      const auto bytes = datagram.bytes.bytes();
      entries.push_back({true, {bytes.begin(), bytes.end()}});
      ::sendto(socket->fd(), bytes.data(), bytes.size(), 0, &to.any, to.size);
    }
    for (auto& received : outbox.payloads) {
      const auto bytes = received.payload.bytes();
      payloads.emplace_back(bytes.begin(), bytes.end());
    }
    outbox.clear();
  }

  /// Runs the device until `condition` holds, at most five seconds.
  bool run_until(const std::function<bool()>& condition) {
    const Time limit = io::monotonic_now() + std::chrono::seconds(5);
    while (!condition()) {
      if (io::monotonic_now() > limit) return false;
      drain();
      pollfd polled{socket->fd(), POLLIN, 0};
      ::poll(&polled, 1, 10);
      const Time now = io::monotonic_now();
      if ((polled.revents & POLLIN) != 0) receive(now);
      device.handle_deadline(now, outbox);
      drain();
    }
    return true;
  }

  void receive(Time now) {
    Datagram datagram;
    datagram.bytes = pool.allocate();
    datagram.bytes.resize(pool.payload_size());
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t length = ::recvfrom(socket->fd(), datagram.bytes.data(), datagram.bytes.size(),
                                      MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
    if (length < 0) return;
    datagram.bytes.resize(static_cast<size_t>(length));
    datagram.remote = io::to_endpoint(&from, size);
    const auto bytes = datagram.bytes.bytes();
    entries.push_back({false, {bytes.begin(), bytes.end()}});
    device.receive({&datagram, 1}, now, outbox);
  }

  void send_echo_request() {
    const std::vector<uint8_t> packet = echo_request(1, 2);
    wireguard::Outgoing outgoing;
    outgoing.payload = pool.allocate();
    outgoing.payload.resize(packet.size());
    std::copy(packet.begin(), packet.end(), outgoing.payload.data());
    device.send(*peer, {&outgoing, 1}, io::monotonic_now(), outbox);
    drain();
  }

  void print() const {
    static constexpr const char* kNames[] = {"?", "initiation", "response", "cookie reply",
                                             "transport"};
    for (const Entry& entry : entries) {
      const uint32_t type = entry.word(0);
      std::printf("  %s %-10s %4zu bytes ", entry.ours ? "->" : "<-", kNames[type < 5 ? type : 0],
                  entry.bytes.size());
      for (size_t i = 0; i < std::min<size_t>(entry.bytes.size(), 24); ++i) {
        std::printf("%s%02x", i % 4 == 0 ? " " : "", entry.bytes[i]);
      }
      std::printf(" ...\n");
    }
  }

  /// The three messages that make a session, and whose each of them is.
  void check_handshake(bool we_begin) const {
    ASSERT_GE(entries.size(), 3u);
    const Entry& initiation = entries[0];
    const Entry& response = entries[1];
    const Entry& confirmation = entries[2];
    EXPECT_EQ(initiation.ours, we_begin);
    EXPECT_EQ(response.ours, !we_begin);
    EXPECT_EQ(confirmation.ours, we_begin);
    ASSERT_EQ(initiation.bytes.size(), sizeof(wireguard::Initiation));
    ASSERT_EQ(response.bytes.size(), sizeof(wireguard::Response));
    ASSERT_GE(confirmation.bytes.size(), 32u);
    EXPECT_EQ(initiation.word(0), 1u);
    EXPECT_EQ(response.word(0), 2u);
    EXPECT_EQ(confirmation.word(0), 4u);
    EXPECT_EQ(response.word(8), initiation.word(4)) << "receiver: the initiator's index";
    EXPECT_EQ(confirmation.word(4), response.word(4)) << "receiver: the responder's index";
    EXPECT_EQ(load_le<uint64_t>(confirmation.bytes.data() + 8), 0u) << "the first counter";
    EXPECT_EQ(confirmation.bytes.size() % 16, 0u) << "padded";
    const std::vector<uint8_t> no_mac2(16);
    EXPECT_TRUE(std::equal(no_mac2.begin(), no_mac2.end(), initiation.bytes.end() - 16));
    EXPECT_TRUE(std::equal(no_mac2.begin(), no_mac2.end(), response.bytes.end() - 16));
    // The static key must not be seen in the clear.
    const auto key = (we_begin ? ours : theirs).open.bytes();
    EXPECT_EQ(std::search(initiation.bytes.begin(), initiation.bytes.end(), key.begin(), key.end()),
              initiation.bytes.end());
  }

  std::optional<Wire> wire;
  std::optional<lab::Socket> socket;
  std::optional<WgInterface> peer_interface;
  KeyPair ours = make_keys();
  KeyPair theirs = make_keys();
  io::SystemPlatform platform;
  BufferPool pool{2048, 1024};
  wireguard::Outbox outbox;
  wireguard::Device device{platform, pool, wireguard::DeviceOptions{}};
  wireguard::Peer* peer = nullptr;
  std::vector<Entry> entries;
  std::vector<std::vector<uint8_t>> payloads;
};

TEST_F(Transcript, AsInitiator) {
  configure_peer("");
  device.set_endpoint(*peer, *Endpoint::parse(outer4(2) + ":51820"));
  send_echo_request();  // staged, and starts the handshake
  ASSERT_TRUE(run_until([&] { return !payloads.empty(); }));
  print();
  check_handshake(true);
  EXPECT_EQ(entries[2].bytes.size(), 16u + 32 + 16) << "28 bytes, padded to 32";
  EXPECT_EQ(entries[3].bytes.size(), 16u + 32 + 16);
  EXPECT_EQ(entries[3].word(4), entries[0].word(4));
  ASSERT_GE(payloads.front().size(), 28u);
  EXPECT_EQ(payloads.front()[20], 0) << "echo reply";
  EXPECT_EQ(payloads.front()[15], 2);
  EXPECT_GT(peer_interface->last_handshake(), 0);
}

TEST_F(Transcript, AsResponder) {
  configure_peer("Endpoint = " + outer4(1) + ":51820\nPersistentKeepalive = 25\n");
  ASSERT_TRUE(run_until([&] { return peer->has_session(io::monotonic_now()); }));
  EXPECT_EQ(peer->endpoint().to_string(), outer4(2) + ":51820") << "learnt from the handshake";
  send_echo_request();
  ASSERT_TRUE(run_until([&] { return !payloads.empty(); }));
  print();
  check_handshake(false);
  EXPECT_EQ(entries[2].bytes.size(), 32u) << "a keepalive confirms the keys";
  EXPECT_EQ(payloads.front()[20], 0) << "echo reply";
}

}  // namespace
}  // namespace wirebraid::e2e
