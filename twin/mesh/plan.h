// From a topology to what its nodes need to be a network: cards, addresses, keys, tunnels. The same
// topology gives the same plan, but for the keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twin/fabric/wire.h"
#include "twin/topology/topology.h"
#include "wirebraid/keys.h"
#include "wirebraid/platform.h"

namespace wirebraid::mesh {

/// Of both families.
struct Addresses {
  std::string v4;
  std::string v6;
};

/// A node's end of a link: its card of the same place in NodePlan::cards is called eth0, eth1, ...
struct Card {
  size_t link = 0;  ///< in the topology
  fabric::End end = fabric::End::a;
  size_t peer = 0;  ///< the node at the other end
  std::string device;
  std::string mac;
  /// What runs over it; of wan links none of them.
  bool babel = false;
  bool batman = false;
  std::string address;  ///< IPv4 of a wan link's end, a /30; else empty
  std::string gateway;  ///< the other end's
};

/// An uplink of a gateway to a server.
struct ServerUplink {
  std::string name;
  size_t card = 0;  ///< of the gateway
  size_t server = 0;
  PrivateKey key;
};

/// An uplink of a gateway to another node's line: the kernel's WireGuard there, across the mesh.
struct ExitUplink {
  std::string name;
  size_t exit = 0;          ///< the node
  std::string tunnel;       ///< IPv4 of the gateway's end; a /30 of its own
  std::string exit_tunnel;  ///< of the exit's
  PrivateKey key;
};

struct NodePlan {
  std::string hostname;
  std::vector<Card> cards;
  bool babel = false;
  bool batman = false;
  Addresses address;           ///< by which babeld announces it; also of nodes that do not run it
  std::string batman_mac;      ///< of bat0
  Addresses batman_address;    ///< on bat0
  Addresses tunnel;            ///< of gateways and servers: in wirebraid's network
  std::string exits_address;   ///< IPv4, of gateways: what they have towards exits
  std::string public_address;  ///< of servers: where uplinks go to
  PrivateKey key;              ///< of servers and exits
  std::vector<ServerUplink> uplinks;
  std::vector<ExitUplink> exits;
  /// Of nodes that know no routes but batman-adv's: the address of a gateway's or of a node between
  /// both worlds. Empty: none, or not needed.
  std::string default_gateway;

  bool is_exit = false;  ///< some gateway uses its line
};

struct Plan {
  std::vector<NodePlan> nodes;             ///< as in the topology
  std::vector<fabric::WireOptions> wires;  ///< as its links
  std::vector<std::string> remarks;        ///< what is not as the topology has it, for people
};

/// Networks that the plan takes addresses from.
inline constexpr const char* kBabelNetwork4 = "10.77.0.0/16";
inline constexpr const char* kBatmanNetwork4 = "10.78.0.0/16";
inline constexpr const char* kTunnelNetwork4 = "10.79.0.0/16";
inline constexpr const char* kExitNetwork4 = "10.80.0.0/15";
inline constexpr const char* kBabelNetwork6 = "fd77::/64";
inline constexpr const char* kBatmanNetwork6 = "fd78::/64";
/// RFC 2544: addresses of lines.
inline constexpr const char* kLineNetwork4 = "198.18.0.0/15";
/// RFC 5737: what stands for the internet; servers answer for it.
inline constexpr const char* kInternet4 = "203.0.113.1";
inline constexpr const char* kInternet6 = "2001:db8:ffff::1";  // RFC 3849
/// Network devices of nodes.
inline constexpr const char* kBondDevice = "wb0";   ///< wirebraid over lines to a server
inline constexpr const char* kExitsDevice = "wbx";  ///< wirebraid over exits
inline constexpr const char* kExitDevice = "wg0";   ///< the kernel's WireGuard at an exit
inline constexpr const char* kBatmanDevice = "bat0";
/// wirebraid's bond to the server of a gateway's first uplink.
inline constexpr const char* kHomeBond = "home";
inline constexpr uint16_t kPort = 51820;
/// More than addresses are there for.
inline constexpr size_t kMostNodes = 60'000;
inline constexpr size_t kMostLines = 16'000;

/// The topology must be good (check_topology). Throws std::length_error if it is too large.
Plan make_plan(const topology::Topology& topology, Platform& platform);

/// What the card has, "198.18.0.1/30" or a node's own with /32 (babeld's next hop: the same on all
/// its cards, since it is the node that has it). Empty: none.
std::string card_address(const NodePlan& node, const Card& card);

/// The IPv4 address by which others in the mesh reach it.
const std::string& mesh_address(const NodePlan& node);

inline Duration duration_of_ms(double ms) { return Duration(static_cast<int64_t>(ms * 1000)); }
/// What the emulator makes of a link.
fabric::LinkOptions link_options(const topology::Direction& direction);

}  // namespace wirebraid::mesh
