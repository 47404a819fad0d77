// wg(8) on our daemon: every subcommand and every key.
#include <gmock/gmock.h>

#include "tests/e2e/tunnel.h"

namespace wirebraid::e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class WgTool : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    host.emplace("host");
    ours.emplace(programs().daemon, *host, "w");
  }
  /// The peer's line of `wg show NAME WHAT`, without its key.
  std::vector<std::string> field(const std::string& what, const PublicKey& peer) const {
    std::istringstream lines(ours->wg("show", what));
    for (std::string line; std::getline(lines, line);) {
      std::vector<std::string> fields = words(line);
      if (fields.empty() || fields.front() != peer.to_base64()) continue;
      fields.erase(fields.begin());
      return fields;
    }
    return {"no such peer"};
  }
  std::string key_file(const std::string& secret) const {
    // wg(8) reads secrets from files only.
    const std::string path = ::testing::TempDir() + "/" + unique_name(".key");
    lab::run_command({"sh", "-c", "umask 077; cat >" + path}, {.input = secret + "\n"});
    return path;
  }

  std::optional<lab::Namespace> host;
  std::optional<WgInterface> ours;
};

TEST_F(WgTool, SetsAndShowsEveryKey) {
  const KeyPair own = make_keys();
  const PublicKey peer = make_keys().open;
  const PublicKey other = make_keys().open;
  const PresharedKey preshared = make_preshared_key();

  EXPECT_EQ(ours->show("public-key"), "(none)");
  EXPECT_EQ(ours->show("fwmark"), "off");
  const std::string key = key_file(own.secret.to_base64());
  ours->wg("set", "private-key " + key + " listen-port 4711 fwmark 0x1234");
  EXPECT_EQ(ours->show("private-key"), own.secret.to_base64());
  EXPECT_EQ(ours->show("public-key"), own.open.to_base64());
  EXPECT_EQ(ours->show("listen-port"), "4711");
  EXPECT_EQ(ours->show("fwmark"), "0x1234");

  const std::string secret = key_file(preshared.to_base64());
  ours->wg("set", "peer " + peer.to_base64() + " preshared-key " + secret +
                      " endpoint 192.0.2.7:99 persistent-keepalive 33 allowed-ips "
                      "10.1.0.0/16,fd01::/32 peer " +
                      other.to_base64() + " endpoint [2001:db8::7]:98 allowed-ips 0.0.0.0/0");
  EXPECT_THAT(field("preshared-keys", peer), ElementsAre(preshared.to_base64()));
  EXPECT_THAT(field("preshared-keys", other), ElementsAre("(none)"));
  EXPECT_THAT(field("endpoints", peer), ElementsAre("192.0.2.7:99"));
  EXPECT_THAT(field("endpoints", other), ElementsAre("[2001:db8::7]:98"));
  EXPECT_THAT(field("persistent-keepalive", peer), ElementsAre("33"));
  EXPECT_THAT(field("persistent-keepalive", other), ElementsAre("off"));
  EXPECT_THAT(field("allowed-ips", peer), UnorderedElementsAre("10.1.0.0/16", "fd01::/32"));
  EXPECT_THAT(field("latest-handshakes", peer), ElementsAre("0"));
  EXPECT_THAT(field("transfer", other), ElementsAre("0", "0"));
  EXPECT_THAT(words(ours->wg("show", "peers")),
              UnorderedElementsAre(peer.to_base64(), other.to_base64()));

  // Moved from one peer to the other, as a prefix belongs to one.
  ours->wg("set", "peer " + other.to_base64() + " allowed-ips 10.1.0.0/16");
  EXPECT_THAT(field("allowed-ips", peer), ElementsAre("fd01::/32"));
  EXPECT_THAT(field("allowed-ips", other), ElementsAre("10.1.0.0/16"));

  lab::run_command({"wg", "set", ours->name(), "peer", other.to_base64(), "allowed-ips", ""});
  EXPECT_THAT(field("allowed-ips", other), ElementsAre("(none)"));

  ours->wg("set", "fwmark off listen-port 0 private-key /dev/null peer " + peer.to_base64() +
                      " preshared-key /dev/null persistent-keepalive off peer " +
                      other.to_base64() + " remove");
  EXPECT_EQ(ours->show("fwmark"), "off");
  EXPECT_EQ(ours->show("private-key"), "(none)");
  EXPECT_NE(ours->show("listen-port"), "4711");
  EXPECT_THAT(field("preshared-keys", peer), ElementsAre("(none)"));
  EXPECT_THAT(field("persistent-keepalive", peer), ElementsAre("off"));
  EXPECT_THAT(words(ours->wg("show", "peers")), ElementsAre(peer.to_base64()));
}

TEST_F(WgTool, ShowsItselfToPeopleAndPrograms) {
  const KeyPair own = make_keys();
  const PublicKey peer = make_keys().open;
  ours->wg("setconf", "/dev/stdin",
           "[Interface]\nPrivateKey = " + own.secret.to_base64() +
               "\nListenPort = 4712\n[Peer]\nPublicKey = " + peer.to_base64() +
               "\nAllowedIPs = 10.1.0.0/16\nEndpoint = 192.0.2.7:99\n");
  EXPECT_THAT(ours->wg("show"),
              AllOf(HasSubstr("interface: " + ours->name()), HasSubstr("listening port: 4712"),
                    HasSubstr("peer: " + peer.to_base64()), HasSubstr("endpoint: 192.0.2.7:99"),
                    HasSubstr("allowed ips: 10.1.0.0/16")));
  std::istringstream dump(ours->wg("show", "dump"));
  std::string line;
  std::getline(dump, line);
  EXPECT_EQ(line, own.secret.to_base64() + "\t" + own.open.to_base64() + "\t4712\toff");
  std::getline(dump, line);
  EXPECT_EQ(line, peer.to_base64() + "\t(none)\t192.0.2.7:99\t10.1.0.0/16\t0\t0\t0\toff");
  EXPECT_THAT(lab::run_command({"wg", "show", "interfaces"}), HasSubstr(ours->name()));
  EXPECT_THAT(ours->wg("showconf"),
              AllOf(HasSubstr("PrivateKey = " + own.secret.to_base64()),
                    HasSubstr("PublicKey = " + peer.to_base64()), HasSubstr("ListenPort = 4712")));
}

TEST_F(WgTool, ReplacesAddsAndSynchronisesConfigurations) {
  const auto section = [](const PublicKey& key, const std::string& prefixes) {
    return "[Peer]\nPublicKey = " + key.to_base64() + "\nAllowedIPs = " + prefixes + "\n";
  };
  const PublicKey first = make_keys().open;
  const PublicKey second = make_keys().open;
  const PublicKey third = make_keys().open;
  const std::string interface =
      "[Interface]\nPrivateKey = " + make_keys().secret.to_base64() + "\n";

  ours->wg("setconf", "/dev/stdin", interface + section(first, "10.1.0.0/16"));
  ours->wg("addconf", "/dev/stdin", section(second, "10.2.0.0/16"));
  EXPECT_THAT(words(ours->wg("show", "peers")),
              UnorderedElementsAre(first.to_base64(), second.to_base64()));

  ours->wg("syncconf", "/dev/stdin",
           interface + section(second, "10.3.0.0/16") + section(third, "10.4.0.0/16"));
  EXPECT_THAT(words(ours->wg("show", "peers")),
              UnorderedElementsAre(second.to_base64(), third.to_base64()));
  EXPECT_THAT(field("allowed-ips", second), ElementsAre("10.3.0.0/16"));

  ours->wg("setconf", "/dev/stdin", interface);
  EXPECT_THAT(words(ours->wg("show", "peers")), IsEmpty());
}

TEST_F(WgTool, SaysWhenAPortIsTakenAndKeepsTheOld) {
  ours->wg("set", "listen-port 4713");
  const WgInterface neighbour(programs().daemon, *host, "n");
  neighbour.wg("set", "listen-port 4714");
  EXPECT_THROW(ours->wg("set", "listen-port 4714 fwmark 7"), lab::CommandFailed);
  EXPECT_EQ(ours->show("listen-port"), "4713");
  EXPECT_EQ(ours->show("fwmark"), "off") << "a failed set has changed nothing";
}

TEST_F(WgTool, SynchronisesWithoutTouchingSessions) {
  const Wire wire;
  Tunnel tunnel(wire, {.program1 = programs().daemon, .program2 = programs().daemon});
  ASSERT_TRUE(tunnel.pings(1));
  WgInterface& end = tunnel.end(1);
  const long handshake = end.last_handshake();
  ASSERT_GT(handshake, 0);
  ASSERT_TRUE(
      lab::wait_until([&] { return ::time(nullptr) > handshake; }, lab::milliseconds(2000)));
  end.wg("syncconf", "/dev/stdin", end.wg("showconf"));
  EXPECT_TRUE(tunnel.pings(1));
  EXPECT_EQ(end.last_handshake(), handshake);
  EXPECT_THAT(words(end.wg("show", "transfer")), SizeIs(3));
}

/// Peers come by the thousand on a server; each may cost only so much memory.
TEST_F(WgTool, HoldsAThousandPeers) {
  std::string config = "[Interface]\nPrivateKey = " + make_keys().secret.to_base64() + "\n";
  for (int i = 0; i < 1000; ++i) {
    config += "[Peer]\nPublicKey = " + make_keys().open.to_base64() + "\nAllowedIPs = 10." +
              std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24\n";
  }
  ours->wg("setconf", "/dev/stdin", config);
  EXPECT_THAT(words(ours->wg("show", "peers")), SizeIs(1000));
  ours->wg("setconf", "/dev/stdin", "[Interface]\n");
  EXPECT_THAT(words(ours->wg("show", "peers")), IsEmpty());
}

}  // namespace
}  // namespace wirebraid::e2e
