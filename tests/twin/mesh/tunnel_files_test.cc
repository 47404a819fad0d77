// Of the nodes' files, those of wirebraid and WireGuard: both ends of a tunnel must fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/twin/mesh/villages.h"
#include "twin/mesh/node_files.h"

namespace wirebraid::mesh {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Plan& plan, size_t node, const std::string& path) {
  return node_files(plan, node).at("/etc/" + path).text;
}

/// What is in a key's file, as the other end has it.
std::string public_of(const Plan& plan, size_t node, const std::string& file) {
  const std::string text = text_of(plan, node, "wirebraid/" + file);
  const auto key = PrivateKey::from_base64(std::string_view(text).substr(0, text.size() - 1));
  return key ? public_key_of(*key).to_base64() : "not a key: " + text;
}

TEST(TunnelFiles, TheGatewaysBondIsWhole) {
  const Plan plan = plan_of(two_villages());
  const std::string server = public_of(plan, kCore, "server.key");
  EXPECT_EQ(text_of(plan, kGateway, "wirebraid/wb0.conf"),
            "[Interface]\n"
            "Address = 10.79.0.2/16, fd79::2/64\n"
            "\n"
            "[Bond home]\n"
            "AllowedIPs = 0.0.0.0/0, ::/0\n"
            "\n"
            "[Uplink dsl]\n"
            "Bond = home\n"
            "PrivateKeyFile = dsl.key\n"
            "PublicKey = " +
                server +
                "\n"
                "Endpoint = 198.51.100.1:51820\n"
                "Device = eth1\n"
                "PersistentKeepalive = 25\n"
                "\n"
                "[Uplink lte]\n"
                "Bond = home\n"
                "PrivateKeyFile = lte.key\n"
                "PublicKey = " +
                server +
                "\n"
                "Endpoint = 198.51.100.1:51820\n"
                "Device = eth2\n"
                "PersistentKeepalive = 25\n");
}

TEST(TunnelFiles, TheServersBondIsWhole) {
  const Plan plan = plan_of(two_villages());
  EXPECT_EQ(text_of(plan, kCore, "wirebraid/wb0.conf"),
            "[Interface]\n"
            "PrivateKeyFile = server.key\n"
            "ListenPort = 51820\n"
            "Address = 10.79.0.1/16, fd79::1/64\n"
            "\n"
            "[Bond gw-2]\n"
            "AllowedIPs = 10.79.0.2/32, fd79::2/128\n"
            "\n"
            "[Uplink 10.79.0.2-dsl]\n"
            "Bond = gw-2\n"
            "PublicKey = " +
                public_of(plan, kGateway, "dsl.key") +
                "\n"
                "\n"
                "[Uplink 10.79.0.2-lte]\n"
                "Bond = gw-2\n"
                "PublicKey = " +
                public_of(plan, kGateway, "lte.key") + "\n");
}

TEST(TunnelFiles, TheExitsBondAndTheKernelsWireGuardFit) {
  const Plan plan = plan_of(two_villages());
  EXPECT_EQ(text_of(plan, kGateway, "wirebraid/wbx.conf"),
            "[Interface]\n"
            "Address = 10.81.0.2/32\n"
            "Metric = 1000\n"
            "\n"
            "[Bond exits]\n"
            "Mode = flow\n"
            "AllowedIPs = 0.0.0.0/0, 10.80.0.2/32\n"
            "\n"
            "[Uplink neighbour]\n"
            "Bond = exits\n"
            "PrivateKeyFile = neighbour.key\n"
            "PublicKey = " +
                public_of(plan, kExit, "exit.key") +
                "\n"
                "Endpoint = 10.77.0.5:51821\n"
                "TunnelAddress = 10.80.0.1/32\n"
                "Target = 10.80.0.2, 203.0.113.1\n");
  EXPECT_EQ(text_of(plan, kExit, "config/wireguard"),
            "config interface 'wg0'\n"
            "\toption private_key_file '/etc/wirebraid/exit.key'\n"
            "\toption listen_port '51821'\n"
            "\tlist address '10.80.0.2/30'\n"
            "\n"
            "config peer\n"
            "\toption interface 'wg0'\n"
            "\toption public_key '" +
                public_of(plan, kGateway, "neighbour.key") +
                "'\n"
                "\tlist allowed_ips '10.80.0.1/32'\n");
}

TEST(TunnelFiles, TheDaemonIsToldOfEveryBond) {
  const Plan plan = plan_of(two_villages());
  EXPECT_EQ(text_of(plan, kGateway, "config/wirebraid"),
            "config bond 'wb0'\n"
            "\toption config_file '/etc/wirebraid/wb0.conf'\n"
            "\n"
            "config bond 'wbx'\n"
            "\toption config_file '/etc/wirebraid/wbx.conf'\n");
}

/// Two gateways; the second one has a line to each of two servers.
topology::Topology two_servers() {
  topology::Topology topology = two_villages();
  add_node(topology, "core-2", {}, topology::Role::server);
  add_node(topology, "gw-2", {"babeld"}, topology::Role::gateway);
  add_link(topology, "gw-2", "core-2", topology::LinkKind::wan);
  add_link(topology, "gw-2", "core", topology::LinkKind::wan);
  topology.nodes.back().uplinks = {{"sat", "gw-2~core-2", ""}, {"dsl", "gw-2~core", ""}};
  return topology;
}

TEST(TunnelFiles, EverythingGoesToTheServerOfTheFirstUplink) {
  const topology::Topology topology = two_servers();
  const Plan plan = plan_of(topology);
  const std::string conf = text_of(plan, topology.nodes.size() - 1, "wirebraid/wb0.conf");
  EXPECT_THAT(conf, HasSubstr("[Bond home]\nAllowedIPs = 0.0.0.0/0, ::/0\n\n[Uplink sat]\n"));
  EXPECT_THAT(conf, HasSubstr("[Bond core-1]\nAllowedIPs = 10.79.0.1/32, fd79::1/128\n\n"
                              "[Uplink dsl]\nBond = core-1\n"));
}

TEST(TunnelFiles, AServerKnowsTheUplinksThatComeToItAlone) {
  const topology::Topology topology = two_servers();
  const Plan plan = plan_of(topology);
  const std::string first = text_of(plan, kCore, "wirebraid/wb0.conf");
  EXPECT_THAT(first, HasSubstr("[Bond gw-2]"));
  EXPECT_THAT(first, HasSubstr("[Uplink 10.79.0.8-dsl]\nBond = gw-2-8\n"));
  EXPECT_THAT(first, Not(HasSubstr("sat")));
  const std::string second = text_of(plan, 6, "wirebraid/wb0.conf");
  EXPECT_THAT(second, HasSubstr("[Uplink 10.79.0.8-sat]\nBond = gw-2-8\n"));
  EXPECT_THAT(second, Not(HasSubstr("[Bond gw-2]")));
  EXPECT_THAT(second, Not(HasSubstr("dsl")));
}

TEST(TunnelFiles, AnExitHasEveryGatewayThatUsesIt) {
  topology::Topology topology = two_villages();
  add_node(topology, "gw-2", {"babeld"}, topology::Role::gateway);
  topology.nodes.back().uplinks = {{"across", "", "exit"}};
  const Plan plan = plan_of(topology);
  const std::string conf = text_of(plan, kExit, "config/wireguard");
  EXPECT_THAT(conf, HasSubstr("\tlist address '10.80.0.2/30'\n\tlist address '10.80.0.6/30'\n"));
  EXPECT_THAT(conf, HasSubstr(public_of(plan, kGateway, "neighbour.key") +
                              "'\n\tlist allowed_ips '10.80.0.1/32'\n"));
  EXPECT_THAT(
      conf, HasSubstr(public_of(plan, 6, "across.key") + "'\n\tlist allowed_ips '10.80.0.5/32'\n"));
}

TEST(TunnelFiles, AnExitHasNobodyWhoUsesAnother) {
  topology::Topology topology = two_villages();
  topology.nodes[kGateway].uplinks.push_back({"other", "", "tower-2"});
  add_link(topology, "tower-2", "core", topology::LinkKind::wan);
  const Plan plan = plan_of(topology);
  const std::string conf = text_of(plan, kExit, "config/wireguard");
  EXPECT_THAT(conf, HasSubstr("'10.80.0.1/32'"));
  EXPECT_THAT(conf, Not(HasSubstr("10.80.0.5")));
  EXPECT_THAT(text_of(plan, kTower2, "config/wireguard"), HasSubstr("'10.80.0.5/32'"));
  EXPECT_THAT(text_of(plan, kGateway, "wirebraid/wbx.conf"),
              HasSubstr("AllowedIPs = 0.0.0.0/0, 10.80.0.2/32, 10.80.0.6/32\n"));
}

}  // namespace
}  // namespace wirebraid::mesh
