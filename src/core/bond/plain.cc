// A Bond towards stock WireGuard peers: no sequence, no resend, no pacing. What exits need beyond
// that is in core/exit.
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
    return (path.network ? 0 : 2 << 9) + (path.session ? 0 : 1 << 9) + path.policy.priority;
  };
  std::optional<PathIndex> best;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (paths_[i].exists && (!best || rank(i) < rank(*best))) best = i;
  }
  return best;
}

std::optional<PathIndex> Bond::choose_exit(const QueuedPacket& queued, Time now) {
  return exits_.route({.packet = queued.packet.bytes(),
                       .flow = queued.flow,
                       .pin = queued.pin,
                       .traffic_class = queued.traffic_class},
                      selector_, now);
}

void Bond::send_plain(Time now) {
  const bool follows_flows = exits_.follows_flows();
  if (follows_flows) {
    exits_.clear_dead(selector_, now);
    if (exits_.has_more_to_clear()) pump_at_ = now;
    // Sent on the first path that comes up, rather than kept for one that may not.
    if (!any_in(PathState::exit)) {
      wait_for_path(now);
      return;
    }
  }
  std::vector<QueuedPacket>& moving = scratch().moving;
  moving.clear();
  lanes_.for_each_waiting([&](Lanes::Lane, FairQueue& queue) { queue.take_all(moving); });
  for (QueuedPacket& queued : moving) {
    const auto path = follows_flows ? choose_exit(queued, now) : choose_plain(queued);
    if (!path) {
      ++counters_.dropped_no_path;
      continue;
    }
    const uint8_t ecn = ecn_encapsulate(traffic_class_of(queued.packet.bytes()));
    const size_t size = queued.packet.size();
    if (!exits_.leave(*path, queued.packet, now)) {
      ++counters_.dropped_malformed;
      continue;
    }
    ClassCounters& counters = class_counters_[queued.traffic_class];
    ++counters.packets;
    counters.bytes += size;
    ++counters_.sent;
    sender_.seal(*path, std::move(queued.packet), ecn, now);
  }
  moving.clear();
}

bool Bond::receive_plain(PathIndex index, Packet& packet, Time now) {
  return exits_.arrive(index, packet, now);
}

void Bond::ask_exits(Time now) {
  std::vector<ExitPool::Question> questions;
  exits_.poll(now, questions);
  for (ExitPool::Question& question : questions) {
    if (question.handshake) sender_.connect(question.path, now);
    if (question.probe) sender_.seal(question.path, std::move(question.probe), kEcnNotEct, now);
  }
  if (exits_.suspects() != selected_suspects_) selection_old_ = true;
}

}  // namespace wirebraid
