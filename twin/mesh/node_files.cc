#include "twin/mesh/node_files.h"

#include <algorithm>

#include "twin/mesh/uci_file.h"

namespace wirebraid::mesh {
namespace {

using std::string;

/// wirebraid's routes, as src/io/netlink.h numbers them.
constexpr const char* kRouteProtocol = "151";
constexpr const char* kExitTable = "100";
/// Routes through exits are for when there is none to a server.
constexpr const char* kExitsMetric = "1000";
/// Room for batman-adv's header, so that it need not fragment whole packets.
constexpr const char* kBatmanMtu = "1560";

/// What a node is called in wirebraid's files: up to 32 of what ids are made of, but for ':', and
/// no two alike.
string section_name(const Plan& plan, size_t node) {
  return plan.nodes[node].hostname.substr(0, 26) + "-" + std::to_string(node + 1);
}

class Writer {
 public:
  Writer(const Plan& plan, size_t index) : plan_(plan), node_(plan.nodes[index]), index_(index) {}

  node::Files run() {
    UciFile system;
    system.section("system").option("hostname", node_.hostname);
    add("system", system);
    add_network();
    if (node_.batman) add_batman();
    if (node_.babel) add_babel();
    if (node_.is_exit) add_exit();
    if (!node_.public_address.empty()) add_server();
    if (!node_.uplinks.empty()) add_bond();
    if (!node_.exits.empty()) add_exits();
    if (!bonds_.text().empty()) add("wirebraid", bonds_);
    return std::move(files_);
  }

 private:
  void add(const string& name, const UciFile& file) {
    files_["/etc/config/" + name] = {file.text(), false};
  }
  void add_key(const string& name, const PrivateKey& key) {
    files_["/etc/wirebraid/" + name] = {key.to_base64() + "\n", true};
  }
  bool is_server() const { return !node_.public_address.empty(); }

  void add_network() {
    UciFile file;
    file.section("interface", "loopback").option("device", "lo").option("proto", "static");
    file.list("ipaddr", "127.0.0.1/8").list("ipaddr", node_.address.v4 + "/32");
    file.list("ip6addr", node_.address.v6 + "/128");
    if (is_server()) {
      file.list("ipaddr", node_.public_address + "/32");
      file.list("ipaddr", string(kInternet4) + "/32");
      file.list("ip6addr", string(kInternet6) + "/128");
    }
    for (const Card& card : node_.cards) add_card(file, card);
    if (node_.batman) {
      file.section("interface", kBatmanDevice).option("device", kBatmanDevice);
      file.option("proto", "static").list("ipaddr", node_.batman_address.v4 + "/16");
      file.list("ip6addr", node_.batman_address.v6 + "/64");
      if (!node_.default_gateway.empty()) file.option("gateway", node_.default_gateway);
    }
    add_way_to_servers(file);
    if (!node_.uplinks.empty()) add_masquerade(file, kBondDevice);
    if (!node_.exits.empty()) add_masquerade(file, kExitsDevice);
    if (node_.is_exit) add_exit_routes(file);
    add("network", file);
  }

  void add_card(UciFile& file, const Card& card) {
    file.section("interface", card.device).option("device", card.device);
    file.option("proto", "static");
    const string address = card_address(node_, card);
    if (!address.empty()) file.list("ipaddr", address);
    if (card.batman) file.option("mtu", kBatmanMtu);
    if (node_.is_exit && !card.address.empty()) file.option("masquerade", "1");
  }

  /// The same server over each line: whichever socket is bound to the line's device takes its
  /// route.
  void add_way_to_servers(UciFile& file) {
    size_t metric = 10;
    for (const ServerUplink& uplink : node_.uplinks) {
      const Card& card = node_.cards[uplink.card];
      file.section("route").option("interface", card.device);
      file.option("target", plan_.nodes[uplink.server].public_address + "/32");
      file.option("gateway", card.gateway).option("metric", std::to_string(metric++));
    }
  }

  /// wirebraid makes the device, and sets it up.
  static void add_masquerade(UciFile& file, const string& device) {
    file.section("interface", device).option("device", device);
    file.option("proto", "none").option("auto", "0").option("masquerade", "1");
  }

  /// What comes out of the tunnel leaves by the exit's own line, whatever the mesh says.
  void add_exit_routes(UciFile& file) {
    const auto line = std::find_if(node_.cards.begin(), node_.cards.end(),
                                   [](const Card& card) { return !card.address.empty(); });
    if (line == node_.cards.end()) return;
    file.section("route").option("interface", line->device).option("target", "default");
    file.option("gateway", line->gateway).option("table", kExitTable);
    file.section("rule").option("in", kExitDevice).option("lookup", kExitTable);
  }

  void add_batman() {
    UciFile file;
    file.section("mesh", kBatmanDevice).option("macaddr", node_.batman_mac);
    file.option("gw_mode", node_.uplinks.empty() ? "client" : "server");
    for (const Card& card : node_.cards) {
      if (card.batman) file.list("interface", card.device);
    }
    add("batman", file);
  }

  void add_babel() {
    UciFile file;
    // By this port it tells its neighbours and routes, on the loopback address only.
    file.section("babeld").option("local_port", "33123");
    // Lines are nobody else's business.
    file.section("filter").option("type", "redistribute").option("local", "");
    file.option("ip", kLineNetwork4).option("action", "deny");
    file.section("filter").option("type", "redistribute").option("local", "");
    file.option("ip", kTunnelNetwork4).option("action", "deny");
    file.section("filter").option("type", "redistribute").option("local", "");
    file.option("ip", kExitNetwork4).option("action", "deny");
    if (node_.batman) announce(file, kBatmanNetwork4, "eq", "16");
    if (!node_.uplinks.empty() || !node_.exits.empty()) {
      // wirebraid's default route is two halves, so that it goes before others.
      announce(file, "0.0.0.0/0", "le", "1", kRouteProtocol);
      announce(file, "::/0", "le", "1", kRouteProtocol);
    }
    bool over_batman = false;
    for (const Card& card : node_.cards) {
      over_batman |= card.batman;
      if (card.babel) add_babel_interface(file, card.device);
    }
    if (over_batman) add_babel_interface(file, kBatmanDevice);
    add("babeld", file);
  }

  static void announce(UciFile& file, const string& prefix, const string& relation,
                       const string& length, const string& protocol = "") {
    file.section("filter").option("type", "redistribute");
    if (!protocol.empty()) file.option("proto", protocol);
    file.option("ip", prefix).option(relation, length).option("action", "metric 128");
  }

  /// Quicker than babeld's own 4 s: the twin is to see failures while somebody waits.
  static void add_babel_interface(UciFile& file, const string& device) {
    file.section("interface").option("ifname", device).option("type", "wireless");
    file.option("hello_interval", "2").option("update_interval", "8");
  }

  // ----- WireGuard

  void add_exit() {
    UciFile file;
    add_key("exit.key", node_.key);
    file.section("interface", kExitDevice).option("private_key_file", "/etc/wirebraid/exit.key");
    file.option("listen_port", std::to_string(kPort + 1));
    for_my_users([&](const NodePlan&, const ExitUplink& uplink) {
      file.list("address", uplink.exit_tunnel + "/30");
    });
    for_my_users([&](const NodePlan&, const ExitUplink& uplink) {
      file.section("peer").option("interface", kExitDevice);
      file.option("public_key", public_key_of(uplink.key).to_base64());
      file.list("allowed_ips", uplink.tunnel + "/32");
    });
    add("wireguard", file);
  }

  template <typename Function>
  void for_my_users(Function function) {
    for (const NodePlan& gateway : plan_.nodes) {
      for (const ExitUplink& uplink : gateway.exits) {
        if (uplink.exit == index_) function(gateway, uplink);
      }
    }
  }

  void add_conf(const string& device, const string& text) {
    files_["/etc/wirebraid/" + device + ".conf"] = {text, true};
    bonds_.section("bond", device).option("config_file", "/etc/wirebraid/" + device + ".conf");
  }

  void add_server() {
    add_key("server.key", node_.key);
    string text =
        "[Interface]\nPrivateKeyFile = server.key\nListenPort = " + std::to_string(kPort) +
        "\nAddress = " + node_.tunnel.v4 + "/16, " + node_.tunnel.v6 + "/64\n";
    for (size_t i = 0; i < plan_.nodes.size(); ++i) {
      const NodePlan& gateway = plan_.nodes[i];
      const string bond = section_name(plan_, i);
      string uplinks;
      for (const ServerUplink& uplink : gateway.uplinks) {
        if (uplink.server != index_) continue;
        uplinks += "\n[Uplink " + gateway.tunnel.v4 + "-" + uplink.name + "]\nBond = " + bond +
                   "\nPublicKey = " + public_key_of(uplink.key).to_base64() + "\n";
      }
      if (uplinks.empty()) continue;
      text += "\n[Bond " + bond + "]\nAllowedIPs = " + gateway.tunnel.v4 + "/32, " +
              gateway.tunnel.v6 + "/128\n" + uplinks;
    }
    add_conf(kBondDevice, text);
  }

  /// Everything goes to the server of the first uplink; of others only their own addresses.
  void add_bond() {
    string text =
        "[Interface]\nAddress = " + node_.tunnel.v4 + "/16, " + node_.tunnel.v6 + "/64\n\n";
    const size_t home = node_.uplinks.front().server;
    for (size_t server = 0; server < plan_.nodes.size(); ++server) {
      string uplinks;
      const bool is_home = server == home;
      const string bond = is_home ? string(kHomeBond) : section_name(plan_, server);
      for (const ServerUplink& uplink : node_.uplinks) {
        if (uplink.server != server) continue;
        add_key(uplink.name + ".key", uplink.key);
        uplinks +=
            "\n[Uplink " + uplink.name + "]\nBond = " + bond + "\nPrivateKeyFile = " + uplink.name +
            ".key\nPublicKey = " + public_key_of(plan_.nodes[server].key).to_base64() +
            "\nEndpoint = " + plan_.nodes[server].public_address + ":" + std::to_string(kPort) +
            "\nDevice = " + node_.cards[uplink.card].device + "\nPersistentKeepalive = 25\n";
      }
      if (uplinks.empty()) continue;
      const Addresses& theirs = plan_.nodes[server].tunnel;
      text += "[Bond " + bond + "]\nAllowedIPs = " +
              (is_home ? "0.0.0.0/0, ::/0" : theirs.v4 + "/32, " + theirs.v6 + "/128") + "\n" +
              uplinks;
    }
    add_conf(kBondDevice, text);
  }

  void add_exits() {
    // Their own addresses besides, so that what they ask is answered by the way that it came.
    string text = "[Interface]\nAddress = " + node_.exits_address +
                  "/32\nMetric = " + kExitsMetric +
                  "\n\n[Bond exits]\nMode = flow\nAllowedIPs = 0.0.0.0/0";
    for (const ExitUplink& uplink : node_.exits) text += ", " + uplink.exit_tunnel + "/32";
    text += "\n";
    for (const ExitUplink& uplink : node_.exits) {
      const NodePlan& exit = plan_.nodes[uplink.exit];
      add_key(uplink.name + ".key", uplink.key);
      text += "\n[Uplink " + uplink.name + "]\nBond = exits\nPrivateKeyFile = " + uplink.name +
              ".key\nPublicKey = " + public_key_of(exit.key).to_base64() +
              "\nEndpoint = " + mesh_address(exit) + ":" + std::to_string(kPort + 1) +
              "\nTunnelAddress = " + uplink.tunnel + "/32\nTarget = " + uplink.exit_tunnel + ", " +
              kInternet4 + "\n";
    }
    add_conf(kExitsDevice, text);
  }

  const Plan& plan_;
  const NodePlan& node_;
  size_t index_;
  node::Files files_;
  UciFile bonds_;
};

}  // namespace

node::Files node_files(const Plan& plan, size_t node) { return Writer(plan, node).run(); }

}  // namespace wirebraid::mesh
