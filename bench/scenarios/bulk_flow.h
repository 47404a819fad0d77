// The senders that fill a bond, behind one interface.
#pragma once

#include <cstdint>
#include <memory>

#include "bench/scenarios/load.h"
#include "twin/lab/topology.h"

namespace wirebraid::scenarios {

/// Since the start of the flow.
struct BulkCounters {
  uint64_t received = 0;      ///< bytes of use to the receiver
  uint64_t retransmits = 0;   ///< packets that the sender thought lost
  uint64_t spurious = 0;      ///< of which the first copy arrived after all
  uint64_t out_of_order = 0;  ///< packets that the receiver got after a later one
};

/// Sends as fast as it can from construction to destruction; then what is under way is given up.
class BulkFlow {
 public:
  virtual ~BulkFlow() = default;
  virtual BulkCounters counters() const = 0;
};

/// Between the lab's LAN host and its target. Throws std::system_error.
std::unique_ptr<BulkFlow> start_bulk_flow(const lab::Topology& topology, const Load& load);

}  // namespace wirebraid::scenarios
