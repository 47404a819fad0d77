// Which exit carries which flow: a flow stays on the exit it began on, since its public address
// goes with it. Also what has to be known of a TCP connection to reset it when its exit dies.
//
// Bounded: buckets of eight, in which a new flow takes the place of the one that would expire
// first. Nothing is allocated before the first pin(), and nothing after it.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/packet/tcp_reset.h"
#include "wirebraid/address.h"
#include "wirebraid/packet_info.h"
#include "wirebraid/time.h"

namespace wirebraid {

/// How long a flow may be silent before it is forgotten.
struct FlowTimeouts {
  /// RFC 5382 REQ-5: not less than 2 hours and 4 minutes for an established TCP connection.
  static constexpr Duration kTcpEstablished = std::chrono::seconds(7440);
  /// RFC 5382 REQ-5: not less than 4 minutes for one that is being opened or closed.
  static constexpr Duration kTcpTransitory = std::chrono::seconds(240);
  /// The near end has reset it; its ports may be used anew. Linux: nf_conntrack_tcp_timeout_close.
  static constexpr Duration kTcpReset = std::chrono::seconds(10);
  /// UDP wants 2 minutes at least (RFC 4787 REQ-5), ICMP 1 (RFC 5508 REQ-2); Linux gives a UDP
  /// stream 2 to 3 minutes, depending on its version.
  static constexpr Duration kOther = std::chrono::seconds(180);
};

/// A flow as its outgoing packets (from the near end, the TUN side) tell of it.
struct Flow {
  IpAddress near_address;
  IpAddress far_address;
  uint16_t near_port = 0;  ///< as in IpInfo: 0 for fragments and for protocols without
  uint16_t far_port = 0;
  uint8_t path = 0;
  uint8_t protocol = 0;
  // TCP; all of it stays false and 0 for other protocols and for fragments.
  bool syn_seen : 1 = false;     ///< the near end has sent a SYN
  bool established : 1 = false;  ///< it has sent an acknowledgment without a SYN
  bool fin_seen : 1 = false;     ///< it has sent a FIN
  bool rst_seen : 1 = false;     ///< it has sent a RST: for the near end the connection is gone
  bool numbers_known : 1 = false;
  bool ack_known : 1 = false;
  bool reset_sent : 1 = false;   ///< for the caller, see take_pinned_to(); a new SYN clears it
  bool masqueraded : 1 = false;  ///< for the caller: another exit means another public address
  uint8_t traffic_class = 0;     ///< for the caller
  uint32_t next_sequence = 0;    ///< the next one of the near end, if numbers_known
  uint32_t acknowledged = 0;  ///< what the near end expects next, as far as it told, if ack_known
  Time last_use{};

  Duration timeout() const;
  Time expires() const { return last_use + timeout(); }
  /// A TCP connection whose numbers are known and that the near end has not reset itself.
  bool resettable() const { return numbers_known && !rst_seen; }
  /// For make_tcp_reset(). Precondition: resettable().
  TcpNearEnd tcp_near_end() const {
    return {near_address, far_address, near_port, far_port, next_sequence, ack_known, acknowledged};
  }
};

class FlowTable {
 public:
  static constexpr size_t kWays = 8;
  static constexpr size_t kPaths = 256;

  /// `capacity`: flows, a power of two, at least kWays. 72 bytes each.
  explicit FlowTable(size_t capacity);

  /// Allocates now what the first pin() would.
  void prepare();

  /// The flow with this hash (FlowHasher::flow() of an outgoing packet before rewriting), unless it
  /// has expired. Two flows with the same 64 bits, keyed, are not worth a thought. The pointer
  /// holds until the next pin().
  Flow* find(uint64_t hash, Time now);

  /// Records that the flow goes by `path` from now on. A known one keeps all else; a new one may
  /// drive out another (see evicted()).
  Flow& pin(uint64_t hash, const IpInfo& outgoing, uint8_t path, Time now);

  /// An outgoing packet of the flow, which has passed read_ip(): it is in use, and a TCP connection
  /// has moved on. To be called for the packet that caused pin(), too.
  static void touch(Flow& flow, ConstByteSpan packet, Time now);

  /// Forgets it.
  void remove(uint64_t hash);

  /// Visits the flows that are pinned to `path`, because their exit is dead. `take(Flow&)` returns
  /// the path on which the flow goes on, or nullopt to forget it; it may also reset the connection.
  /// A reset may not be accepted: with an acknowledgment delayed, the near end expects more than it
  /// told, and answers with a challenge ACK (RFC 5961 section 3) that tells. So keep a flow that
  /// was reset, with reset_sent set, and answer whatever it still sends with another reset.
  ///
  /// Work per call is bounded: at most `most_slots` slots (not flows) from slot `from` on are
  /// looked at. Returns where to go on, nullopt when there are no more. Flows pinned to `path`
  /// between the calls may be missed. Expired ones are removed without a visit.
  template <class Take>
  std::optional<size_t> take_pinned_to(uint8_t path, size_t from, size_t most_slots, Time now,
                                       Take take);

  /// Flows there are, expired ones not yet noticed among them.
  size_t size() const { return size_; }
  size_t pinned_to(uint8_t path) const { return pinned_.empty() ? 0 : pinned_[path]; }
  size_t capacity() const { return capacity_; }
  /// Flows driven out before they had expired.
  uint64_t evicted() const { return evicted_; }

 private:
  static uint64_t key_of(uint64_t hash) { return hash != kFree ? hash : kFree + 1; }
  std::optional<size_t> slot_of(uint64_t key) const;
  size_t slot_for_new(size_t bucket, Time now);
  void move(Flow& flow, uint8_t path);
  void free(size_t slot);

  static constexpr uint64_t kFree = 0;

  size_t capacity_;
  size_t size_ = 0;
  uint64_t evicted_ = 0;
  std::vector<size_t> pinned_;  ///< by path, once there was a flow
  // Apart from each other, so that a look-up reads one cache line of keys and one flow.
  std::vector<uint64_t> keys_;
  std::vector<Flow> flows_;
};

template <class Take>
std::optional<size_t> FlowTable::take_pinned_to(uint8_t path, size_t from, size_t most_slots,
                                                Time now, Take take) {
  size_t slot = from;
  for (; slot < keys_.size() && pinned_to(path) > 0; ++slot) {
    if (slot - from == most_slots) return slot;
    if (keys_[slot] == kFree || flows_[slot].path != path) continue;
    if (flows_[slot].expires() <= now) {
      free(slot);
      continue;
    }
    const std::optional<uint8_t> next = take(flows_[slot]);
    if (next) {
      move(flows_[slot], *next);
    } else {
      free(slot);
    }
  }
  return std::nullopt;
}

}  // namespace wirebraid
