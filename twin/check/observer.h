// Looks at a running twin, as often as somebody wants to know how it is.
#pragma once

#include <functional>
#include <vector>

#include "twin/check/facts.h"
#include "twin/check/mesh_checks.h"
#include "twin/mesh/twin.h"

namespace wirebraid::check {

using node::milliseconds;

/// Calls `work` with 0 to `count` - 1, a few at a time: consoles wait most of the time, and the
/// machines share the host's cores. `work` must not throw.
void in_parallel(size_t count, const std::function<void(size_t)>& work);

class Observer {
 public:
  explicit Observer(mesh::Twin& twin) : twin_(twin), log_from_(twin.size()) {}

  mesh::Twin& twin() { return twin_; }
  /// Asks all nodes.
  void look();
  /// As of the last look().
  View view() const { return {twin_.topology(), twin_.plan(), facts_}; }
  /// What is in the nodes' logs by now raises no alarm any more.
  void forget_logs();

  /// Looks until nothing of check_view() fails, or for `limit`; returns the last results. A mesh
  /// takes time to find its ways. Gives up at once if `stop` returns true.
  Results settle(
      milliseconds limit, const std::function<bool()>& stop = [] { return false; });

 private:
  mesh::Twin& twin_;
  std::vector<uint64_t> log_from_;
  std::vector<NodeFacts> facts_;
};

}  // namespace wirebraid::check
