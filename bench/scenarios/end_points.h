// How the kernel's TCP of the LAN host and the target is set.
#pragma once

#include "twin/lab/topology.h"

namespace wirebraid::scenarios {

/// Until its destruction, with `strict`, both take any three later segments for a loss (RFC 5681)
/// and never learn that a path reorders: net.ipv4.tcp_recovery=0, tcp_reordering=3 and
/// tcp_max_reordering=3. Otherwise nothing is changed.
class EndPoints {
 public:
  /// Throws std::system_error.
  EndPoints(const lab::Topology& topology, bool strict);
  ~EndPoints();
  EndPoints(const EndPoints&) = delete;
  EndPoints& operator=(const EndPoints&) = delete;

 private:
  void set(const char* recovery, const char* reordering, const char* max_reordering) const;

  const lab::Topology& topology_;
  bool strict_;
};

}  // namespace wirebraid::scenarios
