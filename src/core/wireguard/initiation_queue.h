// Initiations wait here for their turn.
//
// To answer one takes a hundred times what a payload does (X25519), and after a server's restart
// all peers send one at once. So whatever is cheap is done when a batch of datagrams comes: macs,
// cookies and rates are checked, and payloads, responses and cookie replies handled, in order. The
// initiations come last, in order of arrival, a few per turn; while some are left, the Device's
// next deadline is in the past, and each handle_deadline() is a turn. So payloads wait for a few
// initiations, not for all, and sockets are read meanwhile.
//
// To answer an initiation later than what came after it loses nothing. Nobody can send under the
// keys that it makes before the answer to it; and what comes under earlier keys finds them still
// there. Responses keep their place, since data of their sender may follow; they are as many as we
// have asked for. (An address that a payload has changed meanwhile goes back to the initiation's
// until the next payload, as with any reordering on the way.)
//
// Dropped, and counted: what has waited for kRekeyTimeout, for by then its sender has begun anew
// and forgotten it; and the oldest of a full queue, as it is the first to be of no use. The
// kernel's implementation also bounds its queue (4096) but drops what is new, and asks for cookies
// from an eighth of it on. Here the rate decides about cookies (see LoadDetector), so that a flood
// that the processor could just bear does not get it all.
#pragma once

#include <list>
#include <optional>
#include <utility>

#include "core/wireguard/protocol.h"
#include "wirebraid/datagram.h"

namespace wirebraid::wireguard {

/// Without the datagram's slot: the pool is for payloads.
struct WaitingInitiation {
  Initiation message;
  Datagram origin;  ///< all of it but the bytes
  Time arrived{};
};

/// A list, for it is mostly empty and takes no memory then.
class InitiationQueue {
 public:
  /// Together the time of about a hundred payloads, 0.5 to 1 ms; many times that of a turn without.
  static constexpr unsigned kPerTurn = 4;
  /// However few peers there are.
  static constexpr size_t kMinBound = 256;

  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }

  /// True if the oldest was dropped for it.
  bool push(WaitingInitiation initiation, size_t bound) {
    waiting_.push_back(std::move(initiation));
    if (waiting_.size() <= bound) return false;
    waiting_.pop_front();
    return true;
  }
  /// Drops those that are too old. Returns how many.
  size_t drop_old(Time now) {
    const size_t before = waiting_.size();
    while (!empty() && now - waiting_.front().arrived >= kRekeyTimeout) waiting_.pop_front();
    return before - waiting_.size();
  }
  void begin_turn() { left_in_turn_ = kPerTurn; }
  /// The oldest; nullopt if there is none, or when the turn is over.
  std::optional<WaitingInitiation> take() {
    if (empty() || left_in_turn_ == 0) return std::nullopt;
    --left_in_turn_;
    std::optional<WaitingInitiation> oldest(std::move(waiting_.front()));
    waiting_.pop_front();
    return oldest;
  }
  void clear() { waiting_.clear(); }

 private:
  std::list<WaitingInitiation> waiting_;
  unsigned left_in_turn_ = kPerTurn;
};

}  // namespace wirebraid::wireguard
