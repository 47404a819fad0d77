// Which paths may carry which class, and which one a flow is pinned to. Pure policy: priorities,
// cost, allowances, class sets and weights; how the paths are doing is told from outside.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/bond/path_index.h"
#include "wirebraid/bond.h"

namespace wirebraid {

class Selector {
 public:
  /// A path as far as policy goes.
  struct Path {
    bool usable = false;   ///< it is up and can carry packets
    bool suspect = false;  ///< but only where no other is left
    bool settled = false;  ///< and has proved stable since it came back
    uint8_t priority = 1;
    uint32_t cost = 0;
    Allowance allowance = Allowance::ample;
    uint32_t classes = UINT32_MAX;
    uint32_t weight = 0;  ///< as configured; 0: by capacity
    double capacity = 0;  ///< any unit, the same for all; 0: not measured
  };

  /// Modes by class, class 0 first. At most kMaxClasses count.
  void set_modes(const std::vector<Mode>& modes);
  /// `paths`: by PathIndex, at most kMaxPaths. `plain`: they lead to stock peers, where a flow must
  /// stay on one path (see effective()). True if a packet may get another path than before.
  bool update(std::span<const Path> paths, bool plain);

  ClassIndex classes() const { return static_cast<ClassIndex>(modes_.size()); }
  Mode mode(ClassIndex index) const { return modes_[index]; }
  /// Over stock peers each path means another public address: packet and redundant run as flow.
  Mode effective(ClassIndex index) const;
  /// Paths that carry the class now; in failover mode one at most.
  PathMask candidates(ClassIndex index) const { return masks_of(index).candidates; }
  /// Those of `among` that carry the class if no others are there: what candidates() is made of.
  PathMask best(ClassIndex index, PathMask among) const;
  /// Of these the cheapest; in packet mode the others take what these cannot carry.
  PathMask cheapest(PathMask among) const;
  /// Any path that may carry the class if nothing better is there: for resends.
  PathMask permitted(ClassIndex index) const { return masks_of(index).permitted; }

  /// The one of `among` that `key` is pinned to: weighted rendezvous hashing, so that a path that
  /// goes or comes moves only the keys that it has or gets. nullopt: `among` is empty.
  std::optional<PathIndex> pick(PathMask among, uint64_t key) const;
  /// Whether a path is passed over, and why: standby, costly, quota, or none.
  PathReason reason(PathIndex path) const;

 private:
  struct Masks {
    PathMask candidates = 0;
    PathMask permitted = 0;
  };

  bool update_weights();
  /// None for a class that there is no more: packets may still wait in it.
  Masks masks_of(ClassIndex index) const { return index < masks_.size() ? masks_[index] : Masks{}; }

  std::vector<Mode> modes_{Mode::packet};
  bool plain_ = false;
  std::vector<Path> paths_;
  std::vector<double> weights_;   ///< by path
  std::vector<Masks> masks_{{}};  ///< by class
};

}  // namespace wirebraid
