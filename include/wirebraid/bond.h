// A bond: the uplinks that lead to one far side, and how they are doing. Options in, statistics
// out.
#pragma once

#include <cstdint>
#include <string_view>

#include "wirebraid/time.h"

namespace wirebraid {

enum class Mode : uint8_t {
  packet,    ///< every uplink of the best priority carries packets of every flow
  failover,  ///< one uplink of the best priority carries everything
};

struct BondOptions {
  Mode mode = Mode::packet;
  /// False: never speak of wirebraid to the far side, as to a peer of a plain WireGuard
  /// configuration.
  bool frames = true;
  /// Cap of the time that a packet waits for a predecessor known to be lost on its path.
  Duration hold_cap = std::chrono::milliseconds(100);
};

struct PathOptions {
  uint8_t priority = 1;      ///< 1 is best; others are used when no path of a better one is up
  uint64_t rate_cap = 0;     ///< bits per second towards the far side; 0: none
  uint64_t receive_cap = 0;  ///< the same from the far side, which is told; 0: none
};

enum class PathState : uint8_t {
  down,        ///< no session, or the network below is gone
  connecting,  ///< session up; whether the far side is wirebraid is being found out
  exit,        ///< a stock WireGuard peer: carries plain packets
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
  silent,      ///< no report came when one was due
  standby,     ///< a path of better priority is up
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

struct BondStatistics {
  uint64_t sent = 0;       ///< inner packets sent (first transmissions)
  uint64_t delivered = 0;  ///< inner packets received and passed on
  uint64_t resent = 0;     ///< transmissions beyond the first
  uint64_t abandoned = 0;  ///< lost, and too old or with too many tries to be sent again
  uint64_t dropped_queue_full = 0;
  uint64_t dropped_codel = 0;  ///< to signal congestion to the inner flows
  uint64_t marked = 0;         ///< ECN CE set for the same reason
  uint64_t dropped_stale = 0;  ///< waited for seconds without a path that could take them
  uint64_t dropped_no_path = 0;
  uint64_t dropped_malformed = 0;  ///< frames or inner packets that make no sense
  uint64_t dropped_ecn = 0;        ///< CE on a packet that is not ECN-capable (RFC 6040)
  uint64_t duplicates = 0;
  uint64_t late = 0;        ///< received after the flow had moved on
  uint64_t given_up = 0;    ///< predecessors declared lost
  uint64_t reordered = 0;   ///< packets that waited for a predecessor
  Duration longest_hold{};  ///< of those, in the last second or two
  size_t queued = 0;        ///< packets that wait to be sent
  size_t held = 0;          ///< packets that wait for a predecessor
};

}  // namespace wirebraid
