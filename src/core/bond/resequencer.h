// Puts the packets of each flow back in order, and drops duplicates.
//
// Every DATA frame names the previous packet of its own flow (its predecessor). A packet leaves as
// soon as its predecessor has left or is given up, so a lost packet holds up its own flow only, and
// no table of flows has to be kept in step between the two ends.
//
// When is a missing predecessor P given up?
//  * with evidence, `hold` later: once every live path has delivered something that was sent after
//  P, P is lost on
//    its path (paths keep order), and `hold` is what a resend may take;
//  * without evidence, kStall after the waiting packet arrived: some path has gone silent, and the
//  sender is
//    about to notice and to resend what it carried.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/bond/path_index.h"
#include "wirebraid/packet.h"
#include "wirebraid/time.h"

namespace wirebraid {

struct ResequencerStatistics {
  uint64_t delivered = 0;
  uint64_t held = 0;        ///< of those delivered, had to wait
  uint64_t duplicates = 0;  ///< sequence already delivered or held
  uint64_t late = 0;        ///< came after it was given up: dropped, the order had moved on
  uint64_t given_up = 0;    ///< predecessors declared lost while a packet waited for them
  Duration longest_hold{};  ///< since the last reset_longest_hold()
};

class Resequencer {
 public:
  /// Packets that may be outstanding between the oldest missing and the newest. Bounds memory; the
  /// ring starts small and doubles as needed.
  static constexpr uint32_t kMaxWindow = 16384;
  static constexpr Duration kStall = std::chrono::milliseconds(400);
  /// A path that is silent for this long holds nothing back any more.
  static constexpr Duration kSilence = std::chrono::milliseconds(600);
  /// Missing packets that nobody waits for keep their place this long, so that a resend still fits
  /// in.
  static constexpr Duration kHole = std::chrono::milliseconds(1000);
  static constexpr size_t kFlows = 4096;
  static constexpr uint32_t kInitialWindow = 256;

  /// Forgets everything; the next expected sequence is `first`. Held packets are dropped.
  void reset(uint32_t first);
  /// Gives memory back, until a packet comes. False, and nothing happens, while one is held or
  /// awaited.
  bool release();
  void set_hold(Duration hold) { hold_ = hold; }

  /// A packet as it came. `flow` is our own hash of its flow.
  struct Arrival {
    uint32_t sequence = 0;
    uint16_t predecessor_delta = 0;  ///< 0: none in the window
    bool first_transmission = true;  ///< false: a resend proves nothing about older packets
    PathIndex path = 0;
    uint64_t flow = 0;
    Packet packet;
  };
  /// Takes a packet; appends to `out` what may leave now.
  void insert(Arrival arrival, Time now, std::vector<Packet>& out);
  /// `path` has delivered everything that was sent on it before `sequence` (from a REPORT).
  void advance_front(PathIndex path, uint32_t sequence, Time now);
  void remove_path(PathIndex path) { front(path) = Front{}; }
  /// Paths known to work: they count as evidence however long nothing came on them.
  void set_live(PathMask live) { live_ = live; }

  void handle_deadline(Time now, std::vector<Packet>& out);
  Time next_deadline() const { return deadline_; }

  /// Every sequence before this one was delivered or given up.
  uint32_t cumulative() const { return floor_; }
  /// One past the highest sequence seen.
  uint32_t next_expected() const { return head_; }
  size_t waiting() const { return waiting_; }
  const ResequencerStatistics& statistics() const { return statistics_; }
  void reset_longest_hold() { statistics_.longest_hold = {}; }

 private:
  enum class State : uint8_t { missing, held, delivered, lost };
  struct Entry {
    Packet packet;
    Time arrived{};
    uint16_t flow = 0;  ///< place in flows_
    uint16_t predecessor_delta = 0;
    uint16_t successor_delta = 0;  ///< of the packet that waits for this one; 0: none
    State state = State::missing;
  };
  struct Flow {
    /// The newest packet that left over a missing one. What is older comes too late, though nobody
    /// knows its sequence: the missing packet alone could have named it.
    uint32_t passed = 0;
    uint16_t held = 0;  ///< packets
  };
  struct Front {
    Time heard{};
    uint32_t sequence = 0;
    bool known = false;
  };
  /// At `time`, every live path had delivered all that was sent before `sequence`.
  struct Evidence {
    Time time{};
    uint32_t sequence = 0;
  };

  /// Most of what is known, and needed only while packets come.
  struct Tables {
    explicit Tables(uint32_t first) : ring(kInitialWindow), flows(kFlows, {.passed = first - 1}) {}
    std::vector<Entry> ring;
    std::vector<Flow> flows;
    /// Of the last kMaxWindow sequences: given up (tells late from duplicate).
    std::bitset<kMaxWindow> lost;
    std::array<Evidence, 512> evidence{};  ///< ring, one entry per millisecond at most
  };

  Entry& at(uint32_t sequence) { return tables_->ring[sequence & (tables_->ring.size() - 1)]; }
  const Entry& at(uint32_t sequence) const {
    return tables_->ring[sequence & (tables_->ring.size() - 1)];
  }
  Front& front(PathIndex path);
  bool done(uint32_t sequence) const;
  bool is_root(uint32_t sequence) const;
  void make_room(uint32_t sequence, Time now, std::vector<Packet>& out);
  void grow(uint32_t entries);
  void deliver(uint32_t sequence, Packet packet, Time now, std::vector<Packet>& out);
  void take(Arrival arrival, Time now, std::vector<Packet>& out);
  bool has_passed(const Arrival& arrival) const;
  bool older_waits(uint16_t flow, uint32_t sequence) const;
  void hold_as_root(uint32_t sequence, Time until);
  void deliver_waiting_for(uint32_t sequence, std::optional<uint16_t> flow, bool over_gap, Time now,
                           std::vector<Packet>& out);
  void mark_lost(uint32_t sequence);
  void give_up(uint32_t sequence, Time now, std::vector<Packet>& out);
  void release(uint32_t root, Time now, std::vector<Packet>& out);
  void advance_floor(Time now);
  void note_evidence(Time now);
  Time give_up_time(uint32_t root) const;
  void update_deadline();

  std::unique_ptr<Tables> tables_;
  uint32_t floor_ = 0;
  uint32_t head_ = 0;
  Time floor_since_{};
  Duration hold_ = std::chrono::milliseconds(100);
  PathMask live_ = 0;
  size_t waiting_ = 0;
  std::vector<uint32_t> roots_;  ///< held packets whose predecessor was missing on arrival
  std::vector<Front> fronts_;    ///< by path, as far as any is known
  uint32_t evidence_count_ = 0;
  Time deadline_ = kNever;
  ResequencerStatistics statistics_;
};

}  // namespace wirebraid
