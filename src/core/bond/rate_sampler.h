// The rate at which a path carries what it is fed, from reports.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bond/ring.h"
#include "wirebraid/time.h"

namespace wirebraid {

/// Bytes on the wire per second.
using BytesPerSecond = double;

class RateSampler {
 public:
  /// What a report says of the newest frame that it knows of and of all before it.
  struct Mark {
    uint32_t received_at = 0;  ///< receiver's clock, microseconds modulo 2^32
    Time sent{};               ///< when that frame was sent
    uint64_t fed = 0;          ///< wire bytes sent up to it
    uint64_t delivered = 0;    ///< wire bytes received
  };
  struct Sample {
    BytesPerSecond fed = 0;
    BytesPerSecond delivered = 0;  ///< by the receiver's clock
    double loss = 0;               ///< share of the bytes fed that did not arrive
    Time since{};                  ///< when the oldest of it was sent
  };

  /// Takes a mark; returns what happened since one that is at least `window` older, by the
  /// receiver's clock. nullopt: there is none yet, or too long ago. A window counts for half a
  /// second at most.
  std::optional<Sample> add(const Mark& mark, Duration window);
  void reset() { marks_.clear(); }

 private:
  Ring<Mark> marks_;
};

}  // namespace wirebraid
