// Datagrams from somebody who means no good, at the port of a running daemon.
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#include <random>

#include "tests/e2e/tunnel.h"
#include "twin/lab/socket.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

using Bytes = std::vector<uint8_t>;

/// UDP payloads that arrive at a namespace for kPort, IPv4 only.
class Capture {
 public:
  explicit Capture(const lab::Namespace& inside)
      : socket_(inside.make<lab::Socket>([] {
          return lab::Socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)));
        })) {}

  std::vector<Bytes> take() const {
    std::vector<Bytes> result;
    Bytes packet(65'536);
    ssize_t size = 0;
    while ((size = ::recv(socket_.fd(), packet.data(), packet.size(), MSG_DONTWAIT)) > 0) {
      const size_t header = (packet[0] & 15u) * 4u;
      if (packet[9] != IPPROTO_UDP || (packet[header + 2] << 8 | packet[header + 3]) != kPort) {
        continue;
      }
      result.emplace_back(packet.begin() + static_cast<ssize_t>(header) + 8, packet.begin() + size);
    }
    return result;
  }

 private:
  lab::Socket socket_;
};

class Hostile : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) return;
    wire.emplace();
    tunnel.emplace(*wire, TunnelOptions{.program1 = programs().daemon,
                                        .program2 = programs().daemon,
                                        .arguments1 = {"--engine", GetParam()}});
    attacker.emplace(wire->host(2), AF_INET, SOCK_DGRAM);
    attacker->connect(lab::Endpoint(outer4(1), kPort));
  }
  void throw_at_daemon(const Bytes& bytes) const {
    ::send(attacker->fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  }
  void expect_unharmed() {
    EXPECT_TRUE(tunnel->end(1).process().running()) << tunnel->end(1).process().errors();
    EXPECT_TRUE(tunnel->pings(1));
    EXPECT_TRUE(tunnel->pings(2));
    EXPECT_TRUE(transfers(*wire, 1, false, 2'000'000));
    EXPECT_EQ(tunnel->end(1).show("endpoints"), outer4(2) + ":" + std::to_string(kPort))
        << "nobody else becomes the peer";
  }

  std::optional<Wire> wire;
  std::optional<Tunnel> tunnel;
  std::optional<lab::Socket> attacker;
};

TEST_P(Hostile, GarbageOfEveryLength) {
  ASSERT_TRUE(tunnel->pings(1));
  std::mt19937 random(7);
  for (size_t size = 0; size <= 2048; ++size) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    throw_at_daemon(bytes);
    if (size < 4) continue;
    bytes[1] = bytes[2] = bytes[3] = 0;
    for (uint8_t type = 0; type <= 5; ++type) {
      bytes[0] = type;
      throw_at_daemon(bytes);
    }
  }
  Bytes largest(65'507, 4);
  throw_at_daemon(largest);
  largest[1] = largest[2] = largest[3] = 0;
  throw_at_daemon(largest);
  expect_unharmed();
}

TEST_P(Hostile, CapturesReplayedTruncatedLengthenedAndFlipped) {
  const Capture capture(wire->host(1));
  // Both directions of handshake: host 2 begins once, so that an initiation is among them.
  ASSERT_TRUE(tunnel->pings(2));
  ASSERT_TRUE(transfers(*wire, 2, false, 20'000));
  std::vector<Bytes> captured = capture.take();
  ASSERT_GT(captured.size(), 5u);
  EXPECT_EQ(captured.front().size(), 148u) << "an initiation";
  captured.resize(std::min<size_t>(captured.size(), 20));

  const std::vector<std::string> before = words(tunnel->end(1).wg("show", "transfer"));
  for (const Bytes& bytes : captured) throw_at_daemon(bytes);
  std::mt19937 random(8);
  for (const Bytes& original : captured) {
    for (size_t size = 0; size < original.size(); size += size < 160 ? 1 : 61) {
      throw_at_daemon(Bytes(original.begin(), original.begin() + static_cast<ssize_t>(size)));
    }
    for (const size_t more : {1u, 16u, 500u}) {
      Bytes longer(original);
      longer.resize(original.size() + more);
      throw_at_daemon(longer);
    }
    for (int i = 0; i < 200; ++i) {
      Bytes flipped(original);
      flipped[random() % flipped.size()] ^= static_cast<uint8_t>(1u << random() % 8);
      throw_at_daemon(flipped);
    }
  }
  EXPECT_TRUE(
      lab::wait_until([&] { return tunnel->end(1).process().running() && tunnel->pings(1); },
                      lab::milliseconds(5000)));
  const std::vector<std::string> after = words(tunnel->end(1).wg("show", "transfer"));
  ASSERT_EQ(before.size(), after.size());
  // What was not authentic was not counted: only the pings are.
  EXPECT_LT(std::stol(after[1]) - std::stol(before[1]), 20'000);
  expect_unharmed();
}

INSTANTIATE_TEST_SUITE_P(Engines, Hostile, kEveryEngine, engine_name);

}  // namespace
}  // namespace wirebraid::e2e
