// A network as a twin sees it: nodes, and links between them. docs/twin.md describes the file
// format; topology.schema.json is its schema, reader.h reads it, writer.h writes it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wirebraid/address.h"

namespace wirebraid::topology {

/// What a node is for. Households reach the internet through gateways; gateways have uplinks to a
/// server.
enum class Role : uint8_t { backbone, household, gateway, server };

/// ethernet: a cable. radio: a link of the mesh through the air. wan: across the internet.
enum class LinkKind : uint8_t { ethernet, radio, wan };

template <typename Enum>
struct EnumName {
  Enum value;
  std::string_view name;  ///< as in the file
};
inline constexpr std::array<EnumName<Role>, 4> kRoles{{{Role::backbone, "backbone"},
                                                       {Role::household, "household"},
                                                       {Role::gateway, "gateway"},
                                                       {Role::server, "server"}}};
inline constexpr std::array<EnumName<LinkKind>, 3> kLinkKinds{
    {{LinkKind::ethernet, "ethernet"}, {LinkKind::radio, "radio"}, {LinkKind::wan, "wan"}}};
/// Bands of radio links, GHz.
inline constexpr std::array<double, 5> kBandsGhz{2.4, 5, 6, 24, 60};
/// Routing daemons that a node may run.
inline constexpr std::array<std::string_view, 6> kRoutingDaemons{"babeld", "batman-adv", "bird",
                                                                 "bmx7",   "olsrd",      "olsrd2"};

std::string_view name_of(Role role);
std::string_view name_of(LinkKind kind);

/// Bounds of the numbers in a file, ends included; kLeastRateMbit is 1 kbit/s.
inline constexpr double kLeastRateMbit = 0.001;
inline constexpr double kMostRateMbit = 400'000;
inline constexpr double kMostDelayMs = 10'000;
/// Longest texts, in characters (not bytes).
inline constexpr size_t kLongestNodeId = 64;
inline constexpr size_t kLongestLinkId = 160;
inline constexpr size_t kLongestUplinkName = 14;  ///< so that NAME0 fits into an interface's name
inline constexpr size_t kLongestText = 200;

/// One direction of a link.
struct Direction {
  double rate_mbit = 0;  ///< Mbit/s of Ethernet frames; kLeastRateMbit to kMostRateMbit
  double delay_ms = 0;   ///< one way, 0 to kMostDelayMs
  double jitter_ms = 0;  ///< extra delay between 0 and this; 0 to kMostDelayMs
  double loss = 0;       ///< probability per frame, 0 to 1
  friend bool operator==(const Direction&, const Direction&) = default;
};

struct Location {
  double latitude = 0;   ///< degrees, -90 to 90
  double longitude = 0;  ///< degrees, -180 to 180
  friend bool operator==(const Location&, const Location&) = default;
};

/// A gateway's uplink: what wirebraid calls so there. It has either a link or an exit.
struct Uplink {
  std::string name;    ///< unique in its node
  std::string link{};  ///< id of a wan link that ends at the node
  /// Id of a node with a wan link of its own, which offers it by WireGuard across the mesh.
  std::string exit{};
  friend bool operator==(const Uplink&, const Uplink&) = default;
};

struct Node {
  std::string id;    ///< unique; is_node_id()
  std::string name;  ///< for people; empty: the id
  Role role = Role::household;
  std::string village;               ///< empty: none
  std::string model;                 ///< of the device; empty: not known
  std::string firmware;              ///< that it runs in the field; empty: not known
  std::vector<std::string> routing;  ///< of kRoutingDaemons, without repetition
  std::vector<IpAddress> addresses;  ///< without repetition; two servers never share one
  std::optional<Location> location;
  std::vector<Uplink> uplinks;  ///< best first; of gateways only
  friend bool operator==(const Node&, const Node&) = default;
};

struct Link {
  std::string id;  ///< unique; is_link_id(); default_link_id() unless there are several alike
  std::string a;   ///< id of a node
  std::string b;   ///< id of another node
  LinkKind kind = LinkKind::ethernet;
  double band_ghz = 0;  ///< of kBandsGhz, of radio links only; 0: not known
  Direction a_to_b;
  Direction b_to_a;
  friend bool operator==(const Link&, const Link&) = default;
};

struct Topology {
  std::string name;
  std::vector<Node> nodes;
  std::vector<Link> links;
  friend bool operator==(const Topology&, const Topology&) = default;
};

/// 1 to kLongestNodeId letters, digits, '_', ':', '.' and '-', not starting with '.' or '-'.
bool is_node_id(std::string_view text);
/// As a node's, up to kLongestLinkId, with '~' and '#' as well.
bool is_link_id(std::string_view text);
/// 1 to kLongestUplinkName letters, digits, '_' and '-', not starting with '-' or '_'.
bool is_uplink_name(std::string_view text);
/// Up to kLongestText characters without control characters. UTF-8 is taken for granted.
bool is_text(std::string_view text);
bool is_band_ghz(double value);
bool is_routing_daemon(std::string_view text);

/// "A~B"
std::string default_link_id(std::string_view a, std::string_view b);

/// For each link the indices of its nodes. Only for a topology that check_topology() finds good.
struct LinkEnds {
  size_t a = 0;
  size_t b = 0;
};
std::vector<LinkEnds> ends_of_links(const Topology& topology);

}  // namespace wirebraid::topology
