// Several workers may serve one interface, each with an Interface of its own, in its own thread,
// with the bonds that are assigned to it. What reaches the wrong worker is handed over by whoever
// runs them.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "wirebraid/datagram.h"
#include "wirebraid/keys.h"

namespace wirebraid {

inline constexpr uint32_t kMaxWorkers = 64;

/// From 0.
enum class WorkerId : uint32_t {};

struct CookieSeedKind {
  static constexpr bool kSecret = true;
};
/// What the secrets behind WireGuard's cookies are made from.
using CookieSeed = Key<CookieSeedKind>;
CookieSeed generate_cookie_seed(Platform& platform);

/// One of the workers that serve an interface.
struct WorkerSeat {
  WorkerId worker{};
  uint32_t workers = 1;  ///< in all, 1 to kMaxWorkers
  /// The same for all, so that a cookie from one is good at the others. None: made by each.
  std::optional<CookieSeed> cookie_seed{};
};

/// How many of the lowest bits of a session index tell whose session it is; the others are random.
constexpr unsigned worker_bits(uint32_t workers) {
  return static_cast<unsigned>(std::bit_width(workers - 1));
}
/// May be none of the workers: an index from outside is any number.
constexpr WorkerId worker_of(uint32_t session_index, uint32_t workers) {
  return static_cast<WorkerId>(session_index & ((uint32_t{1} << worker_bits(workers)) - 1));
}

/// A datagram, or a packet from TUN, that is another worker's to handle.
struct Elsewhere {
  WorkerId worker{};
  Datagram content;  ///< without a remote: a packet
};

}  // namespace wirebraid
