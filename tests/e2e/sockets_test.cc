// What the daemon's UDP sockets and its interface do in a changing network.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/e2e/tunnel.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

using ::testing::HasSubstr;

class Sockets : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    wire.emplace();
    tunnel.emplace(*wire,
                   TunnelOptions{.program1 = programs().daemon, .program2 = programs().daemon});
  }
  std::string nft(int host, const std::string& arguments) const {
    return lab::run_command(words("nft " + arguments), {.inside = &wire->host(host)});
  }
  /// Packets that the counter in `chain` of table inet t has seen.
  long counted(int host, const std::string& chain) const {
    const std::string text = nft(host, "list chain inet t " + chain);
    const size_t at = text.find("counter packets ");
    return at == std::string::npos ? -1 : std::atol(text.c_str() + at + 16);
  }

  std::optional<Wire> wire;
  std::optional<Tunnel> tunnel;
};

TEST_F(Sockets, StayWhenTheInterfaceMovesToAnotherNamespace) {
  ASSERT_TRUE(tunnel->pings(1));
  const lab::Namespace inner("inner");
  const std::string name = tunnel->end(1).name();
  wire->host(1).ip("link set " + name + " netns " + inner.name());
  inner.ip("addr add " + inner4(1) + "/24 dev " + name);
  inner.ip("link set mtu 1400 up dev " + name);
  EXPECT_EQ(run_to_end({"ping", "-c1", "-W3", inner4(2)}, {.inside = &inner}).status, 0);
  // The way out is still that of the first namespace, and wg(8) still finds the daemon.
  EXPECT_NE(run_to_end({"ping", "-c1", "-W1", outer4(2)}, {.inside = &inner}).status, 0);
  tunnel->end(1).wg("set", "listen-port 4715 fwmark 5");
  EXPECT_EQ(tunnel->end(1).show("listen-port"), "4715");
  EXPECT_EQ(run_to_end({"ping", "-c1", "-W3", inner4(2)}, {.inside = &inner}).status, 0);
  lab::Process& daemon = tunnel->end(1).process();
  EXPECT_TRUE(daemon.running());
  inner.ip("link del " + name);
  EXPECT_EQ(daemon.wait(lab::milliseconds(3000)), 0);
}

TEST_F(Sockets, MarkWhatTheySend) {
  nft(1, "add table inet t");
  nft(1, "add chain inet t out { type filter hook output priority 0 ; }");
  nft(1, "add rule inet t out udp dport 51820 meta mark 0x51 counter");
  ASSERT_TRUE(tunnel->pings(1));
  EXPECT_EQ(counted(1, "out"), 0);
  tunnel->end(1).wg("set", "fwmark 0x51");
  ASSERT_TRUE(tunnel->pings(1));
  const long marked = counted(1, "out");
  EXPECT_GT(marked, 0);
  tunnel->end(1).wg("set", "fwmark 0");
  ASSERT_TRUE(tunnel->pings(1));
  EXPECT_EQ(counted(1, "out"), marked);
}

/// A host with two addresses answers from the one that it was asked at.
TEST_F(Sockets, AnswerFromWhereTheyWereReached) {
  wire->host(2).ip("addr add 192.0.2.200/24 dev eth0");
  wire->host(2).ip("addr add 2001:db8::200/64 dev eth0 nodad");
  // Host 2 itself does not know where host 1 is: only the sticky source decides.
  const std::string peer = "peer " + tunnel->keys(2).open.to_base64();
  for (const char* endpoint : {"192.0.2.200:51820", "[2001:db8::200]:51820"}) {
    tunnel->end(1).wg("set", peer + " endpoint " + endpoint);
    ASSERT_TRUE(tunnel->pings(1)) << endpoint;
    // Had the answers come from elsewhere, the endpoint would have followed.
    EXPECT_EQ(tunnel->end(1).show("endpoints"), endpoint);
  }
  // When the address goes, the kernel's choice is taken instead of silence.
  tunnel->end(1).wg("set", peer + " endpoint 192.0.2.200:51820");
  ASSERT_TRUE(tunnel->pings(1));
  wire->host(2).ip("addr del 192.0.2.200/24 dev eth0");
  EXPECT_TRUE(tunnel->pings(2));
  EXPECT_EQ(tunnel->end(1).show("endpoints"), outer4(2) + ":51820");
}

TEST_F(Sockets, FollowAPeerThatMoves) {
  ASSERT_TRUE(tunnel->pings(1));
  lab::TcpFlow flow(wire->host(2), wire->host(1), {.address = inner4(2), .download = false});
  const auto endpoint = [&] { return tunnel->end(2).show("endpoints"); };
  tunnel->end(1).wg("set", "listen-port 4716");
  EXPECT_TRUE(
      lab::wait_until([&] { return endpoint() == outer4(1) + ":4716"; }, lab::milliseconds(5000)))
      << endpoint();
  wire->host(1).ip("addr del " + outer4(1) + "/24 dev eth0");
  wire->host(1).ip("addr add 192.0.2.77/24 dev eth0");
  EXPECT_TRUE(
      lab::wait_until([&] { return endpoint() == "192.0.2.77:4716"; }, lab::milliseconds(5000)))
      << endpoint();
  const uint64_t before = flow.received();
  EXPECT_TRUE(lab::wait_until([&] { return flow.received() > before + 1'000'000; },
                              lab::milliseconds(10'000)));
  EXPECT_TRUE(flow.finish().intact);
}

/// Hundreds of thousands of prefixes in one set, while a flow runs.
TEST_F(Sockets, ServeWhileManyPrefixesAreSet) {
  ASSERT_TRUE(tunnel->pings(1));
  lab::TcpFlow flow(wire->host(2), wire->host(1), {.address = inner4(2), .download = false});
  constexpr int kPrefixes = 300'000;
  std::string config = tunnel->peer_section(1);
  for (int i = 0; i < kPrefixes; ++i) {
    config += (i % 1000 == 0 ? "\nAllowedIPs = 20." : ", 20.") + std::to_string(i >> 16 & 255) +
              "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) + "/32";
  }
  config += "\n";
  tunnel->end(1).wg("addconf", "/dev/stdin", config);
  const uint64_t before = flow.received();
  EXPECT_TRUE(lab::wait_until([&] { return flow.received() > before + 1'000'000; },
                              lab::milliseconds(10'000)));
  EXPECT_EQ(words(tunnel->end(1).wg("show", "allowed-ips")).size(), 1u + 2 + kPrefixes);
  const lab::TcpFlowReport report = flow.finish();
  EXPECT_TRUE(report.intact);
  // The worker applies the set in one go.
  EXPECT_LT(report.longest_gap, std::chrono::seconds(3));
  RecordProperty("longest_gap_us", std::to_string(report.longest_gap.count()));
  std::cout << "longest gap in delivery: " << report.longest_gap.count() / 1000 << " ms\n";
  tunnel->end(1).wg(
      "set", "peer " + tunnel->keys(2).open.to_base64() + " allowed-ips " + inner4(2) + "/32");
  EXPECT_EQ(words(tunnel->end(1).wg("show", "allowed-ips")).size(), 2u);
  EXPECT_TRUE(tunnel->pings(1));
}

}  // namespace
}  // namespace wirebraid::e2e
