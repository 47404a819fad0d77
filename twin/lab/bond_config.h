// The two configuration files of a bond, with fresh keys.
#pragma once

#include <string>
#include <vector>

#include "twin/lab/daemon.h"
#include "twin/lab/topology.h"

namespace wirebraid::lab {

namespace address {
// Inside the tunnel.
inline constexpr const char* kTunnelServer4 = "10.77.0.1";
inline constexpr const char* kTunnelServer6 = "fd77::1";
inline constexpr const char* kTunnelGateway4 = "10.77.0.2";
inline constexpr const char* kTunnelGateway6 = "fd77::2";
}  // namespace address

struct ConfigPair {
  std::string gateway;
  std::string server;
};

struct BondConfigOptions {
  std::string mode = "packet";
  bool outer_ipv6 = false;  ///< the uplinks reach the server by IPv6
  bool preshared_keys = true;
  std::string interface_lines{};  ///< more lines of [Interface], for both ends
  std::string sections{};         ///< more sections, such as [Class voice], for both ends
  /// More lines of the first, second, … uplink, for both ends.
  std::vector<std::string> uplink_lines{};
};

/// A line as the gateway's configuration file has it.
struct BondLine {
  std::string name;
  std::string device;
  std::string endpoint;  ///< the server's address; IPv6 in brackets
};

/// Bond "home" over `lines`, between the target's subnets and the LAN's. Keys come from `wirebraid
/// genkey`, `genpsk` and `pubkey`. Throws CommandFailed.
ConfigPair make_bond_configs(const Programs& programs, const std::vector<BondLine>& lines,
                             const BondConfigOptions& options = {});
/// The same over all uplinks of a Topology.
ConfigPair make_bond_configs(const Programs& programs, const Topology& topology,
                             const BondConfigOptions& options = {});

}  // namespace wirebraid::lab
