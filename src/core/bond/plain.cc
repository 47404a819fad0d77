// The sending side of a Bond towards stock WireGuard peers: no sequence, no resend, no pacing.
#include <algorithm>

#include "core/bond/bond.h"

namespace wirebraid {

// The path that the packet is pinned to, else the best one, where it waits for the handshake that
// it causes.
std::optional<PathIndex> Bond::choose_plain(const QueuedPacket& queued) const {
  const auto pinned = selector_.pick(selector_.candidates(queued.traffic_class), queued.pin);
  if (pinned) return pinned;
  const auto rank = [this](PathIndex i) {
    const Path& path = paths_[i];
    return (path.network ? 0 : 2 << 9) + (path.session ? 0 : 1 << 9) + path.options.priority;
  };
  std::optional<PathIndex> best;
  for (PathIndex i = 0; i < kMaxPaths; ++i) {
    if (paths_[i].exists && (!best || rank(i) < rank(*best))) best = i;
  }
  return best;
}

void Bond::send_plain(Time now) {
  moving_.clear();
  lanes_.for_each_waiting([this](Lanes::Lane, FairQueue& queue) { queue.take_all(moving_); });
  for (QueuedPacket& queued : moving_) {
    const auto path = choose_plain(queued);
    if (!path) {
      ++statistics_.dropped_no_path;
      continue;
    }
    const uint8_t ecn = ecn_encapsulate(traffic_class_of(queued.packet.bytes()));
    ClassCounters& counters = class_counters_[queued.traffic_class];
    ++counters.packets;
    counters.bytes += queued.packet.size();
    ++statistics_.sent;
    sender_.seal(*path, std::move(queued.packet), ecn, now);
  }
  moving_.clear();
}

}  // namespace wirebraid
