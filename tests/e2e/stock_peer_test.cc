// A bond whose far side is stock WireGuard: it gets a few HELLOs, drops them, and is used as is.
#include "tests/e2e/two_lines.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

class StockPeer : public TwoLines {
 protected:
  /// Payloads that are no IP packets, as wireguard-go logs them.
  static size_t strange_payloads(const WgInterface& stock) {
    const std::string said =
        const_cast<WgInterface&>(stock).process().output() +  // NOLINT: reading only
        const_cast<WgInterface&>(stock).process().errors();
    constexpr std::string_view kComplaint = "invalid IP version";
    size_t count = 0;
    for (size_t at = said.find(kComplaint); at != std::string::npos;
         at = said.find(kComplaint, at + 1)) {
      ++count;
    }
    return count;
  }
};

TEST_F(StockPeer, KeepsWorkingAndGetsAtMostThreeHellos) {
  if (wireguard_go().empty()) GTEST_SKIP() << "wireguard-go is not installed";
  WgInterface stock(wireguard_go(), *server, "s");
  stock.wg("setconf", "/dev/stdin",
           "[Interface]\nListenPort = 51820\nPrivateKey = " + server_keys.secret.to_base64() +
               "\n[Peer]\nPublicKey = " + keys0.open.to_base64() +
               "\nAllowedIPs = 10.9.0.1/32, fd09::1/128, 10.30.0.0/16\n");
  server->ip("addr add 10.9.0.2/24 dev " + stock.name());
  server->ip("addr add fd09::2/64 dev " + stock.name() + " nodad");
  server->ip("link set mtu 1412 up dev " + stock.name());
  start_gateway({.with_uplink1 = false}, fast_rekey_daemon());

  ASSERT_TRUE(uplink_becomes("zero", "exit")) << log(gateway_name());
  const size_t hellos = strange_payloads(stock);
  EXPECT_GE(hellos, 1u) << "none: then this test cannot see them";
  EXPECT_LE(hellos, 3u);
  // New sessions are no reason to ask again.
  lab::TcpFlow there(*server, *gateway, {.address = kBehindServer4, .download = false});
  lab::TcpFlow back(*server, *gateway, {.address = "fd09::2", .port = 7002});
  const long first = stock.last_handshake();
  EXPECT_TRUE(lab::wait_until([&] { return stock.last_handshake() > first + 3; },
                              lab::milliseconds(12'000)));
  EXPECT_TRUE(there.finish().intact);
  EXPECT_TRUE(back.finish().intact);
  EXPECT_EQ(uplink("zero")["state"], "exit");
  EXPECT_LE(strange_payloads(stock), 3u);
}

}  // namespace
}  // namespace wirebraid::e2e
