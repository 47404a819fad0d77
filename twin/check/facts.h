// What a node says about itself, asked over its console in plain shell, so that any firmware can
// answer. What a firmware does not have is simply missing here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twin/node/node.h"

namespace wirebraid::check {

struct Interface {
  std::string name;
  std::string mac;
  bool up = false;
  std::vector<std::string> addresses;  ///< with prefix lengths
};

struct Route {
  std::string target;  ///< "default", "10.77.0.1", "10.78.0.0/16"
  std::string gateway;
  std::string device;
  std::string protocol;
  unsigned metric = 0;
};

/// A neighbour of babeld's.
struct BabelNeighbour {
  std::string address;  ///< link-local
  std::string device;
  unsigned cost = 0;  ///< 65535: it cannot be reached
};

/// A neighbour of batman-adv's, or, as an originator, a node of its mesh.
struct BatmanNode {
  std::string mac;
  std::string device;
  double last_seen_s = 0;
};

struct UplinkFact {
  std::string interface;  ///< wirebraid's
  std::string name;
  std::string state;  ///< as `wirebraid show --json` has it
  std::string unused_reason;
};

struct NodeFacts {
  node::NodeState state = node::NodeState::off;
  std::string problem;  ///< why it is not running, or did not answer
  bool answered = false;
  unsigned boots = 0;
  std::string firmware;  ///< "NAME VERSION"
  std::string kernel;
  int64_t clock_ahead_s = 0;  ///< of the host's
  unsigned memory_kib = 0;
  unsigned memory_available_kib = 0;
  std::vector<Interface> interfaces;
  std::vector<Route> routes4;
  std::vector<BabelNeighbour> babel;
  std::vector<BatmanNode> batman;
  std::vector<BatmanNode> originators;
  std::vector<UplinkFact> uplinks;
  std::string configuration;        ///< of `uci export`, or of /etc/config
  std::vector<std::string> alarms;  ///< lines of the kernel's log and the console that mean harm
  std::string raw;                  ///< all that it said, as evidence
};

/// Asks a node. Never throws: a node that does not answer has a problem. What its console said
/// before byte `log_from` of its log raises no alarm.
NodeFacts ask(node::Node& node, uint64_t log_from);

// The parts of it, for what the programs print.

std::vector<Interface> parse_interfaces(std::string_view link_lines,
                                        std::string_view address_lines);
std::vector<Route> parse_routes(std::string_view text);
/// The route that the kernel takes to an IPv4 address: the longest prefix, of those the least
/// metric. Nothing if there is none. Points into `routes`.
const Route* find_route(const std::vector<Route>& routes, std::string_view address);
std::vector<BabelNeighbour> parse_babel(std::string_view dump);
/// Of `batctl n` and `batctl o`; only the best way to an originator counts.
std::vector<BatmanNode> parse_batman(std::string_view text);
/// Lines about oopses, panics, hangs, segmentation faults and memory that has run out.
std::vector<std::string> find_alarms(std::string_view log);
/// The link-local address that Linux makes of a MAC (RFC 4291, appendix A).
std::string link_local_of(std::string_view mac);

}  // namespace wirebraid::check
