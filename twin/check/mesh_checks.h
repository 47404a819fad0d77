// Checks of what nodes say about themselves. Each is a function of the plan and the facts, and says
// one thing about one node.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "twin/check/facts.h"
#include "twin/check/result.h"
#include "twin/mesh/plan.h"
#include "twin/topology/topology.h"

namespace wirebraid::check {

/// The mesh as it ought to be, and as it is.
struct View {
  const topology::Topology& topology;
  const mesh::Plan& plan;
  const std::vector<NodeFacts>& facts;  ///< as the nodes

  const std::string& id(size_t node) const { return topology.nodes[node].id; }
};

/// Least memory that a node must have to spare, KiB: below it the next daemon to grow is killed.
inline constexpr unsigned kLeastMemoryKib = 6 * 1024;
/// Most seconds that a node's clock may be wrong: WireGuard's timestamps and certificates need one.
inline constexpr int64_t kMostClockError = 5;

// Of one node.
Result check_booted(const View& view, size_t node);
/// No oops, panic, hang, segmentation fault, and no process killed for want of memory.
Result check_log(const View& view, size_t node);
Result check_memory(const View& view, size_t node);
Result check_clock(const View& view, size_t node);
/// Every card of the plan is there, up, and has its addresses.
Result check_interfaces(const View& view, size_t node);
/// babeld's and batman-adv's neighbours are those of the topology, all of them and no others.
Result check_neighbours(const View& view, size_t node);
/// It knows a way to every node that it can reach in the topology.
Result check_routes(const View& view, size_t node);
/// It has a default route, through a node that is a gateway in the end; gateways through their
/// bond.
Result check_gateway(const View& view, size_t node);
/// wirebraid's uplinks are all usable; of nodes that have any.
Result check_uplinks(const View& view, size_t node);

/// All of the above, of all nodes. Of a node that does not run only the first two.
Results check_view(const View& view);

/// The nodes that a packet to an IPv4 address passes, `from` first, as the routing tables have it;
/// it ends where they lead out of the mesh, or do not know further. Below batman-adv a hop is its
/// own.
std::vector<size_t> path_to(const View& view, size_t from, const std::string& address);
/// The gateway whose bond a packet of `from` to the internet leaves by; nothing if it does not.
std::optional<size_t> gateway_of(const View& view, size_t from);
/// The nodes that links join with `from`, itself included, by those of their cards that are `used`.
std::vector<bool> reached(const View& view, size_t from,
                          const std::function<bool(const mesh::Card&)>& used);
/// Whether some routing daemon uses the card.
inline bool is_used(const mesh::Card& card) { return card.babel || card.batman; }
/// Whether the mesh (all links but wan) joins two nodes by links that some routing daemon uses.
bool joined(const View& view, size_t a, size_t b);

}  // namespace wirebraid::check
