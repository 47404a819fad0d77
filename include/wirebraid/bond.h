// A bond: the uplinks that lead to one far side, and how they are doing. Options in, statistics
// out.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "wirebraid/address.h"
#include "wirebraid/time.h"

namespace wirebraid {

/// How packets are spread over the uplinks that are in use: those of the best priority that are up.
enum class Mode : uint8_t {
  packet,     ///< each packet on the uplink where it arrives first
  flow,       ///< each flow stays on one uplink, chosen by its hash and the uplinks' weights
  host,       ///< the same for all flows of a host on our side of the bond
  failover,   ///< one uplink carries everything, the others are hot standby
  redundant,  ///< each packet on every uplink; the first copy wins
};
inline constexpr std::array kModes = {Mode::packet, Mode::flow, Mode::host, Mode::failover,
                                      Mode::redundant};

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;  ///< included
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// Which packets belong to a class. All that is given must hold; an empty list stands for any.
struct ClassRule {
  std::vector<Prefix> prefixes;    ///< source or destination is in one of them
  std::vector<uint8_t> protocols;  ///< IANA's numbers
  std::vector<PortRange> ports;    ///< source or destination; what has no port does not match
  std::vector<uint8_t> dscp;       ///< code points, 0 to 63 (RFC 2474)
  uint16_t min_size = 0;           ///< bytes of the IP packet
  uint16_t max_size = UINT16_MAX;
  friend bool operator==(const ClassRule&, const ClassRule&) = default;
};

/// Packets that are treated in a way of their own.
struct ClassOptions {
  ClassRule rule;
  Mode mode = Mode::packet;
  friend bool operator==(const ClassOptions&, const ClassOptions&) = default;
};

/// Number of a class within its bond: 0 is everything that no rule takes, n the n-th of
/// BondOptions::classes.
using ClassIndex = uint8_t;
inline constexpr size_t kMaxClasses = 32;  ///< with class 0

struct BondOptions {
  Mode mode = Mode::packet;  ///< of class 0
  /// The first whose rule holds takes a packet. At most kMaxClasses - 1.
  std::vector<ClassOptions> classes;
  /// Which end of a packet to the far side is the host of host mode: false, its source, as on a
  /// gateway; true, its destination, as on a server. Packets from the interface's own address, onto
  /// which the kernel masquerades, are told apart by their destination in any case.
  bool hosts_behind_far_side = false;
  /// False: never speak of wirebraid to the far side, as to a peer of a plain WireGuard
  /// configuration.
  bool frames = true;
  /// Cap of the time that a packet waits for a predecessor known to be lost on its path.
  Duration hold_cap = std::chrono::milliseconds(100);
};

/// What is left of a metered uplink's allowance.
enum class Allowance : uint8_t {
  ample,      ///< not metered, or nothing to worry about
  reserve,    ///< only the reserve is left: used when no other path is up
  exhausted,  ///< carries nothing but what keeps the session alive
};

/// For an uplink whose far side is a stock WireGuard peer that offers internet by itself.
struct ExitOptions {
  /// This end's addresses as the exit knows them. Packets from the interface's own address (see
  /// Interface::set_addresses) leave with this one instead, and back. None of either family: no
  /// packet is rewritten; one only: the exit carries only that family.
  IpAddress v4;
  IpAddress v6;
  /// Asked by ICMP echo through the tunnel whether it is alive. None: only handshakes tell.
  std::vector<IpAddress> targets;
  friend bool operator==(const ExitOptions&, const ExitOptions&) = default;
};

/// When a path is used, and for how much.
struct PathPolicy {
  uint64_t rate_cap = 0;     ///< bits per second towards the far side; 0: none
  uint64_t receive_cap = 0;  ///< the same from the far side, which is told; 0: none
  /// Share of flows in flow and host mode; 0 on any path in use: by capacity as measured.
  uint32_t weight = 0;
  /// Among paths of one priority those of higher cost are used last: in packet mode for what the
  /// cheaper ones cannot carry, in other modes when no cheaper one is up.
  uint32_t cost = 0;
  uint32_t classes = UINT32_MAX;  ///< bit n: may carry class n
  uint8_t priority = 1;           ///< 1 is best; others are used when no path of a better one is up
  Allowance allowance = Allowance::ample;
};

struct PathOptions : PathPolicy {
  ExitOptions exit;
};

enum class PathState : uint8_t {
  down,        ///< no session, or the network below is gone
  connecting,  ///< session up; whether the far side is wirebraid is being found out
  exit,        ///< a stock WireGuard peer: carries plain packets (suspect: see PathReason::silent)
  up,          ///< carries frames
  suspect,     ///< owed reports did not come: nothing new goes there until probes are answered
};
std::string_view to_string(PathState state);
std::string_view to_string(Mode mode);

/// Why a path carries nothing now.
enum class PathReason : uint8_t {
  none,        ///< it is in use
  no_session,  ///< no handshake has succeeded, or the last one has expired
  no_network,  ///< link, address or route is gone (told from outside)
  asking,      ///< HELLO sent, no answer yet
  other_bond,  ///< the far side counts this uplink to another bond, or to an older run of itself
  silent,      ///< no report came when one was due; an exit: nothing came at all
  standby,     ///< a path of better priority is up
  costly,      ///< a cheaper path suffices
  quota,       ///< its allowance is used up
};
std::string_view to_string(PathReason reason);

struct PathStatus {
  PathState state = PathState::down;
  PathReason reason = PathReason::no_session;
  Time since{};           ///< of the state
  bool measured = false;  ///< rtt and the two below it are known
  Duration rtt{};
  Duration rtt_variance{};
  Duration jitter{};
  double loss = 0;  ///< share of frames towards the far side that did not arrive, 0 to 1
  uint64_t capacity_bps =
      0;  ///< towards the far side, bits per second on the wire; 0: not yet measured
  uint64_t suspicions = 0;  ///< times it became suspect
};

/// What a bond counts itself.
struct BondCounters {
  uint64_t sent = 0;       ///< inner packets sent (first transmissions)
  uint64_t delivered = 0;  ///< inner packets received and passed on
  uint64_t resent = 0;     ///< transmissions beyond the first
  uint64_t abandoned = 0;  ///< lost, and too old or with too many tries to be sent again
  /// No path may carry it, or it belongs to a connection that was reset with its exit.
  uint64_t dropped_no_path = 0;
  uint64_t dropped_malformed = 0;  ///< frames or inner packets that make no sense
  uint64_t dropped_ecn = 0;        ///< CE on a packet that is not ECN-capable (RFC 6040)
};

/// With what its queues, its resequencer and its exits count.
struct BondStatistics : BondCounters {
  uint64_t dropped_queue_full = 0;
  uint64_t dropped_codel = 0;  ///< to signal congestion to the inner flows
  uint64_t marked = 0;         ///< ECN CE set for the same reason
  uint64_t dropped_stale = 0;  ///< waited for seconds without a path that could take them
  uint64_t duplicates = 0;
  uint64_t late = 0;        ///< received after the flow had moved on
  uint64_t given_up = 0;    ///< predecessors declared lost
  uint64_t reordered = 0;   ///< packets that waited for a predecessor
  Duration longest_hold{};  ///< of those, in the last second or two
  size_t queued = 0;        ///< packets that wait to be sent
  size_t held = 0;          ///< packets that wait for a predecessor
  uint64_t resets = 0;      ///< TCP connections ended because their exit has gone
};

/// What a class does now.
struct ClassStatus {
  Mode mode = Mode::packet;       ///< as configured
  Mode effective = Mode::packet;  ///< packet and redundant run as flow over exits
  uint32_t paths = 0;             ///< bit i: path i is in use for it
  uint64_t packets = 0;           ///< sent, first transmissions
  uint64_t bytes = 0;             ///< of these
};

}  // namespace wirebraid
