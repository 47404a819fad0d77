#include "twin/mesh/node_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/mesh/villages.h"

namespace wirebraid::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class NodeFilesTest : public ::testing::Test {
 protected:
  std::vector<std::string> names(size_t node) const {
    std::vector<std::string> names;
    for (const auto& [path, file] : node_files(plan_, node)) names.push_back(path);
    return names;
  }
  std::string text(size_t node, const std::string& path) const {
    return node_files(plan_, node).at("/etc/" + path).text;
  }

  Plan plan_ = plan_of(two_villages());
};

/// A section of a file of /etc/config; the lines are without their tabs.
std::string section(const std::string& head, const std::vector<std::string>& lines) {
  std::string text = "config " + head + "\n";
  for (const std::string& line : lines) text += "\t" + line + "\n";
  return text;
}

TEST_F(NodeFilesTest, EveryNodeHasWhatItRunsAndNoMore) {
  EXPECT_THAT(names(kCore), ElementsAre("/etc/config/babeld", "/etc/config/network",
                                        "/etc/config/system", "/etc/config/wirebraid",
                                        "/etc/wirebraid/server.key", "/etc/wirebraid/wb0.conf"));
  EXPECT_THAT(names(kGateway),
              ElementsAre("/etc/config/babeld", "/etc/config/network", "/etc/config/system",
                          "/etc/config/wirebraid", "/etc/wirebraid/dsl.key",
                          "/etc/wirebraid/lte.key", "/etc/wirebraid/neighbour.key",
                          "/etc/wirebraid/wb0.conf", "/etc/wirebraid/wbx.conf"));
  EXPECT_THAT(names(kTower1),
              ElementsAre("/etc/config/babeld", "/etc/config/network", "/etc/config/system"));
  EXPECT_THAT(names(kTower2), ElementsAre("/etc/config/babeld", "/etc/config/batman",
                                          "/etc/config/network", "/etc/config/system"));
  EXPECT_THAT(names(kExit),
              ElementsAre("/etc/config/babeld", "/etc/config/network", "/etc/config/system",
                          "/etc/config/wireguard", "/etc/wirebraid/exit.key"));
  EXPECT_THAT(names(kHouse),
              ElementsAre("/etc/config/batman", "/etc/config/network", "/etc/config/system"));
}

TEST_F(NodeFilesTest, KeysAndConfsAreSecretAndNothingElseIs) {
  for (size_t node = 0; node < plan_.nodes.size(); ++node) {
    for (const auto& [path, file] : node_files(plan_, node)) {
      EXPECT_EQ(file.secret, path.starts_with("/etc/wirebraid/")) << path;
      EXPECT_THAT(file.text, EndsWith("\n")) << path;
    }
  }
}

TEST_F(NodeFilesTest, NoPrivateKeyIsOutsideItsFile) {
  const std::string secret = text(kGateway, "wirebraid/dsl.key");
  EXPECT_EQ(secret, plan_.nodes[kGateway].uplinks[0].key.to_base64() + "\n");
  for (size_t node = 0; node < plan_.nodes.size(); ++node) {
    for (const auto& [path, file] : node_files(plan_, node)) {
      if (path.ends_with("/dsl.key")) continue;
      EXPECT_THAT(file.text, Not(HasSubstr(secret.substr(0, 43)))) << path;
    }
  }
}

TEST_F(NodeFilesTest, HostnameIsTheNodes) {
  EXPECT_EQ(text(kTower1, "config/system"), section("system", {"option hostname 'tower-1'"}));
}

TEST_F(NodeFilesTest, CardsHaveTheirAddresses) {
  const std::string network = text(kGateway, "config/network");
  EXPECT_THAT(network, HasSubstr(section("interface 'loopback'",
                                         {"option device 'lo'", "option proto 'static'",
                                          "list ipaddr '127.0.0.1/8'", "list ipaddr '10.77.0.2/32'",
                                          "list ip6addr 'fd77::2/128'"})));
  EXPECT_THAT(network, HasSubstr(section("interface 'eth0'",
                                         {"option device 'eth0'", "option proto 'static'",
                                          "list ipaddr '10.77.0.2/32'"})));
  EXPECT_THAT(network, HasSubstr(section("interface 'eth1'",
                                         {"option device 'eth1'", "option proto 'static'",
                                          "list ipaddr '198.18.0.1/30'"}) +
                                 "\n"))
      << "and does not masquerade: wirebraid's packets have the line's address already";
}

TEST_F(NodeFilesTest, TheServerIsTheInternet) {
  const std::string network = text(kCore, "config/network");
  EXPECT_THAT(network, HasSubstr("list ipaddr '198.51.100.1/32'"));
  EXPECT_THAT(network, HasSubstr("list ipaddr '203.0.113.1/32'"));
  EXPECT_THAT(network, HasSubstr("list ip6addr '2001:db8:ffff::1/128'"));
  EXPECT_THAT(text(kTower1, "config/network"), Not(HasSubstr("203.0.113.1")));
}

TEST_F(NodeFilesTest, AGatewayKnowsAWayToTheServerOverEachLineAndMasquerades) {
  const std::string network = text(kGateway, "config/network");
  EXPECT_THAT(network, HasSubstr(section(
                           "route", {"option interface 'eth1'", "option target '198.51.100.1/32'",
                                     "option gateway '198.18.0.2'", "option metric '10'"})));
  EXPECT_THAT(network, HasSubstr(section(
                           "route", {"option interface 'eth2'", "option target '198.51.100.1/32'",
                                     "option gateway '198.18.0.6'", "option metric '11'"})));
  for (const std::string device : {"wb0", "wbx"}) {
    EXPECT_THAT(network, HasSubstr(section("interface '" + device + "'",
                                           {"option device '" + device + "'", "option proto 'none'",
                                            "option auto '0'", "option masquerade '1'"})));
  }
  EXPECT_THAT(text(kCore, "config/network"), Not(HasSubstr("masquerade")));
}

TEST_F(NodeFilesTest, AnExitSendsWhatComesOutOfTheTunnelToItsOwnLine) {
  const std::string network = text(kExit, "config/network");
  EXPECT_THAT(network,
              HasSubstr(section("interface 'eth1'",
                                {"option device 'eth1'", "option proto 'static'",
                                 "list ipaddr '198.18.0.9/30'", "option masquerade '1'"})));
  EXPECT_THAT(network,
              HasSubstr(section("route", {"option interface 'eth1'", "option target 'default'",
                                          "option gateway '198.18.0.10'", "option table '100'"})));
  EXPECT_THAT(network, HasSubstr(section("rule", {"option in 'wg0'", "option lookup '100'"})));
}

TEST_F(NodeFilesTest, ABatmanNodeHasItsGatewayOnBat0) {
  EXPECT_THAT(text(kHouse, "config/batman"), StartsWith("config mesh 'bat0'\n"));
  EXPECT_THAT(text(kHouse, "config/batman"),
              HasSubstr("\toption gw_mode 'client'\n\tlist interface 'eth0'\n"));
  EXPECT_THAT(text(kHouse, "config/network"),
              HasSubstr(section(
                  "interface 'bat0'",
                  {"option device 'bat0'", "option proto 'static'", "list ipaddr '10.78.0.6/16'",
                   "list ip6addr 'fd78::6/64'", "option gateway '10.78.0.4'"})));
  EXPECT_THAT(text(kTower2, "config/network"), Not(HasSubstr("option gateway")));
  EXPECT_THAT(text(kTower2, "config/batman"), HasSubstr("\tlist interface 'eth1'\n"));
  EXPECT_THAT(text(kTower2, "config/batman"), Not(HasSubstr("'eth0'"))) << "that is babeld's";
}

TEST_F(NodeFilesTest, BabeldRunsOnItsLinksAndAboveBatman) {
  const std::string babel = text(kTower2, "config/babeld");
  EXPECT_THAT(babel, HasSubstr("option ifname 'eth0'"));
  EXPECT_THAT(babel, HasSubstr("option ifname 'bat0'"));
  EXPECT_THAT(babel, Not(HasSubstr("option ifname 'eth1'"))) << "that is batman-adv's";
  EXPECT_THAT(babel, HasSubstr("option ip '10.78.0.0/16'"));
  EXPECT_THAT(text(kTower1, "config/babeld"), Not(HasSubstr("option ip '10.78.0.0/16'")));
  EXPECT_THAT(text(kGateway, "config/babeld"), Not(HasSubstr("option ifname 'eth1'")))
      << "that is a line";
}

TEST_F(NodeFilesTest, OnlyGatewaysAnnounceADefaultRoute) {
  const std::string announcement =
      section("filter", {"option type 'redistribute'", "option proto '151'",
                         "option ip '0.0.0.0/0'", "option le '1'", "option action 'metric 128'"});
  EXPECT_THAT(text(kGateway, "config/babeld"), HasSubstr(announcement));
  for (const size_t node : {kCore, kTower1, kTower2, kExit}) {
    EXPECT_THAT(text(node, "config/babeld"), Not(HasSubstr("151"))) << node;
  }
}

}  // namespace
}  // namespace wirebraid::mesh
