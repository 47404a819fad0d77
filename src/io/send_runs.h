// Datagrams brought together that one system call can send (UDP_SEGMENT, udp(7)).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "wirebraid/datagram.h"

namespace wirebraid::io {

/// What the kernel takes in one call: UDP_MAX_SEGMENTS was 64 before Linux 6.9, and all of it has
/// to fit one IP packet.
inline constexpr size_t kMaxSegments = 64;
inline constexpr size_t kMaxSegmentedBytes = 65'000;

/// A run goes to one destination from one source with one traffic class; all its datagrams but the
/// last are equally long, and that one is not longer. The order of what goes to one destination
/// stays as it was.
class SendRuns {
 public:
  using Run = std::span<Datagram>;

  /// Moves what is in `batch`; valid until the next call. Datagrams of a transport for which
  /// `may_join` is false are runs of their own, as are those without bytes.
  std::span<const Run> arrange(std::span<Datagram> batch,
                               const std::function<bool(TransportId)>& may_join);

 private:
  struct Open {
    const Datagram* first = nullptr;
    size_t segment = 0;
    size_t count = 0;
    size_t bytes = 0;
    bool closed = false;
  };
  size_t run_for(const Datagram& datagram, const std::function<bool(TransportId)>& may_join);

  std::vector<Open> open_;
  std::vector<size_t> run_of_;
  std::vector<Datagram> arranged_;
  std::vector<Run> runs_;
};

}  // namespace wirebraid::io
