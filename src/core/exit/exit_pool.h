// The exits of a bond together: which one carries an outgoing packet, under which address, and what
// becomes of its flows when it dies.
//
// A flow is pinned to the exit that it began on, because its public address goes with it. Policy
// (mode, priority, cost, allowance, classes, weights) is the Selector's; whether an exit is alive
// is found out by an ExitHealth each; this class brings them together with the FlowTable.
//
//   from TUN ─ route() ─ leave() ─> session        session ─ arrive() ─> to TUN
//
// Costs nothing where there are no exits: without a second path and a tunnel address nothing is
// followed, and the table is not allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/bond/path_index.h"
#include "core/bond/selector.h"
#include "core/exit/exit_health.h"
#include "core/exit/flow_table.h"
#include "core/packet/icmp_echo.h"
#include "wirebraid/bond.h"
#include "wirebraid/packet.h"
#include "wirebraid/packet_info.h"
#include "wirebraid/platform.h"

namespace wirebraid {

struct ExitPoolStatistics {
  uint64_t resets = 0;  ///< TCP connections that were reset because their exit has gone
  /// Packets that came from a connection after its reset; another reset answers each.
  uint64_t after_reset = 0;
};

class ExitPool {
 public:
  /// Flows that are followed. 2.3 MB, from the first TunnelAddress or the first flow on.
  static constexpr size_t kFlows = 32'768;
  /// Bounds the work of one poll() on the flows of dead exits, and the resets that it makes.
  static constexpr size_t kSlotsPerPoll = 512;

  /// An outgoing packet that has passed read_ip(), as it came from TUN.
  struct Outgoing {
    ConstByteSpan packet;
    uint64_t flow = 0;  ///< FlowHasher::flow()
    uint64_t pin = 0;   ///< what decides where a new flow goes: its hash, or its host's
    ClassIndex traffic_class = 0;
  };
  /// What is to be asked of an exit: a packet for it, a handshake, or both.
  struct Question {
    PathIndex path = 0;
    Packet probe;  ///< false: none
    bool handshake = false;
  };

  ExitPool(Platform& platform, BufferPool& pool, const FlowHasher& hasher);

  /// The interface's own addresses; empty: none of that family.
  void set_addresses(const IpAddress& v4, const IpAddress& v6);
  /// Also for a new path.
  void set_options(PathIndex path, const ExitOptions& options);
  /// Its flows are treated as those of a dead exit.
  void remove(PathIndex path);
  /// The paths that are exits now. One that was and is no longer is dead at once.
  void set_exits(PathMask exits);

  /// Whether flows are pinned. Otherwise route() must not be called.
  bool follows_flows() const { return several_paths() || any_address_; }

  /// The exit for the packet: the one its flow is pinned to, unless that is dead or no longer
  /// permitted, else a new one by the class's mode. nullopt: no exit may carry it, or its
  /// connection has been reset.
  std::optional<PathIndex> route(const Outgoing& outgoing, const Selector& selector, Time now);
  /// The packet goes out by `path`: from the tunnel address instead of the interface's own. False:
  /// it cannot be rewritten, because its headers are cut off or packet memory has run out.
  bool leave(PathIndex path, Packet& packet, Time now);
  /// A packet came in by `path`, authenticated, that has passed read_ip(). Undoes what leave() did.
  /// False: it goes no further, being the answer to a question of ours or cut off.
  bool arrive(PathIndex path, Packet& packet, Time now);
  /// A keepalive came in.
  void on_keepalive(PathIndex path, Time now);
  void on_handshake(PathIndex path, Time now);

  /// Exits that do not answer. To be used only where nothing else is left.
  PathMask suspects() const { return suspects_; }
  /// nullptr: not watched, or never an exit.
  const ExitHealth* health(PathIndex path) const {
    return paths_[path] ? paths_[path]->health.get() : nullptr;
  }

  /// Call at next_deadline() or later. Appends what is to be asked now; may change suspects().
  void poll(Time now, std::vector<Question>& questions);
  /// Sees to the flows of dead exits, a bounded number per call. To be called after the selector
  /// has been told what poll() found, and at once again while there is more.
  void clear_dead(const Selector& selector, Time now);
  bool has_more_to_clear() const;
  Time next_deadline() const;
  /// Appends the resets made since the last call: packets to TUN.
  void take_resets(std::vector<Packet>& to_tun);

  ExitPoolStatistics statistics() const { return statistics_; }

 private:
  struct Path {
    ExitOptions options;
    std::vector<IpAddress> targets;  ///< of options.targets those that there is a source for
    uint16_t identifier = 0;         ///< of echo requests, as the token
    uint64_t token = 0;
    std::unique_ptr<ExitHealth> health;
    /// Of clear_dead(): the next slot to look at; nullopt: nothing to do.
    std::optional<size_t> clear_from;
  };

  bool several_paths() const { return (present_ & (present_ - 1)) != 0; }
  Path& make(PathIndex path);
  FlowTable& flows() {
    if (!flows_) flows_ = std::make_unique<FlowTable>(kFlows);
    return *flows_;
  }
  const IpAddress& own(uint8_t version) const { return version == 4 ? own_v4_ : own_v6_; }
  IpAddress source_of_probes(const Path& path, Family family) const;
  void note_addresses();
  void watch(PathIndex index, Time now);
  void note_suspects();
  void clear_again();
  /// The exits that may carry a class and IP version at all, suspect or not.
  PathMask fit(ClassIndex traffic_class, uint8_t version, const Selector& selector) const;
  bool masqueraded(const IpInfo& info, PathIndex path) const;
  bool reset(Flow& flow);

  Platform& platform_;
  BufferPool& pool_;
  const FlowHasher& hasher_;
  IpAddress own_v4_;
  IpAddress own_v6_;
  /// By PathIndex. A path that never was an exit and has no options as such needs none.
  std::vector<std::unique_ptr<Path>> paths_;
  PathMask present_ = 0;
  PathMask exits_ = 0;
  PathMask suspects_ = 0;
  /// Exits that may carry packets of a family.
  PathMask carries_v4_ = 0;
  PathMask carries_v6_ = 0;
  bool any_address_ = false;
  bool watch_old_ = true;  ///< something that watch() looks at has changed
  Time used_at_ = Time::min();
  bool resets_missed_ = false;        ///< packet memory had run out
  std::unique_ptr<FlowTable> flows_;  ///< made when first needed
  std::vector<Packet> resets_;
  ExitPoolStatistics statistics_;
};

}  // namespace wirebraid
