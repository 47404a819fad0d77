#include "twin/lab/bond_config.h"

#include <sstream>

namespace wirebraid::lab {
namespace {

constexpr int kPort = 51820;

struct KeyPair {
  std::string secret;
  std::string open;
};

std::string line(const std::string& text) { return text.substr(0, text.find('\n')); }

KeyPair make_keys(const Programs& programs) {
  const std::string secret = line(run_command({programs.control, "genkey"}));
  return {secret, line(run_command({programs.control, "pubkey"}, {.input = secret + "\n"}))};
}

}  // namespace

ConfigPair make_bond_configs(const Programs& programs, const std::vector<BondLine>& lines,
                             const BondConfigOptions& options) {
  using std::string;
  const KeyPair server_keys = make_keys(programs);
  std::ostringstream gateway;
  std::ostringstream server;
  gateway << "[Interface]\n"
          << "Address = " << address::kTunnelGateway4 << "/24, " << address::kTunnelGateway6
          << "/64\n"
          << options.interface_lines << "\n[Bond home]\n"
          << "Mode = " << options.mode << "\n"
          << "AllowedIPs = " << address::kTunnelServer4 << "/32, " << address::kTunnelServer6
          << "/128, " << address::kTargetSubnet4 << ", " << address::kTargetSubnet6 << "\n";
  server << "[Interface]\n"
         << "PrivateKey = " << server_keys.secret << "\n"
         << "ListenPort = " << kPort << "\n"
         << "Address = " << address::kTunnelServer4 << "/24, " << address::kTunnelServer6 << "/64\n"
         << options.interface_lines << "\n[Bond home]\n"
         << "Mode = " << options.mode << "\n"
         << "AllowedIPs = " << address::kTunnelGateway4 << "/32, " << address::kTunnelGateway6
         << "/128, " << address::kLanSubnet4 << ", " << address::kLanSubnet6 << "\n";
  size_t number = 0;
  for (const BondLine& uplink : lines) {
    const string more =
        number < options.uplink_lines.size() ? options.uplink_lines[number] : string();
    ++number;
    const KeyPair keys = make_keys(programs);
    string preshared;
    if (options.preshared_keys) {
      preshared = "PresharedKey = " + line(run_command({programs.control, "genpsk"})) + "\n";
    }
    gateway << "\n[Uplink " << uplink.name << "]\n"
            << "Bond = home\n"
            << "Device = " << uplink.device << "\n"
            << "PrivateKey = " << keys.secret << "\n"
            << "PublicKey = " << server_keys.open << "\n"
            << preshared << "Endpoint = " << uplink.endpoint << ":" << kPort << "\n"
            << "PersistentKeepalive = 25\n"
            << more;
    server << "\n[Uplink " << uplink.name << "]\n"
           << "Bond = home\n"
           << "PublicKey = " << keys.open << "\n"
           << preshared << more;
  }
  gateway << "\n" << options.sections;
  server << "\n" << options.sections;
  return {gateway.str(), server.str()};
}

ConfigPair make_bond_configs(const Programs& programs, const Topology& topology,
                             const BondConfigOptions& options) {
  std::string endpoint = address::kServer4;
  if (options.outer_ipv6) endpoint.assign("[").append(address::kServer6).append("]");
  std::vector<BondLine> lines;
  for (const Uplink& each : topology.uplinks()) {
    lines.push_back({each.name(), each.device(), endpoint});
  }
  return make_bond_configs(programs, lines, options);
}

}  // namespace wirebraid::lab
