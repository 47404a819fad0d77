// The sending side of Bond: which packet next, on which path (earliest expected arrival), and
// resends.
#include <algorithm>

#include "core/bond/bond.h"

namespace wirebraid {

namespace {

constexpr size_t kFlowTable = 4096;
constexpr uint8_t kMaxTries = 6;
// As much as a call or a game has waiting on its path; a download has more.
constexpr size_t kCallPackets = 8;
// While there are resends, others get a byte for so many of theirs.
constexpr int32_t kResendShare = 2;
constexpr int32_t kMaxCredit = 3 * 1514;
constexpr int kMostPassed = 4;  // downloads with resends whose new packets others go before
// A lost packet is of use for as long as the far side waits for it.
constexpr Duration kMaxResendAge = Resequencer::kStall + std::chrono::milliseconds(100);
// While packets wait and no path is up.
constexpr Duration kConnectInterval = std::chrono::milliseconds(500);

}  // namespace

void Bond::send(Packet packet, const IpInfo& info, Time now) {
  if (selection_old_) select(now);
  used_at_ = now;
  QueuedPacket queued;
  queued.flow = hasher_.flow(info);
  queued.enqueued = now;
  queued.pin = pin_of(info, queued.flow);
  queued.traffic_class = classifier_.classify(info);
  queued.packet = std::move(packet);
  enqueue(std::move(queued));
}

// What decides the path in flow and host mode.
uint64_t Bond::pin_of(const IpInfo& info, uint64_t flow) const {
  if (!hosts_matter_) return flow;
  const IpAddress& own = info.version == 4 ? address_v4_ : address_v6_;
  const size_t size = info.version == 4 ? 4 : 16;
  // Behind the kernel's masquerade hosts cannot be told apart: then the remote host counts, so that
  // a service still sees all of a visitor's connections come from one address.
  const bool masqueraded = own && std::equal(own.bytes().begin(), own.bytes().end(), info.source);
  const bool far = options_.hosts_behind_far_side || masqueraded;
  return hasher_.address(far ? info.destination : info.source, size);
}

void Bond::enqueue(QueuedPacket queued) {
  const ClassIndex index = queued.traffic_class;
  const Mode mode = selector_.effective(index);
  const PathMask candidates = selector_.candidates(index);
  if (mode == Mode::packet || candidates == 0 || !any_in(PathState::up)) {
    lanes_.push_shared(index, std::move(queued));
    return;
  }
  if (mode != Mode::redundant) {
    const PathIndex path = *selector_.pick(candidates, queued.pin);
    lanes_.push_pinned(path, std::move(queued));
    return;
  }
  if (queued.copies == 0) {
    queued.copies = copies_.add();
    for (PathMask rest = candidates & static_cast<PathMask>(candidates - 1); rest != 0;
         rest &= static_cast<PathMask>(rest - 1)) {
      lanes_.push_pinned(first_of(rest), queued.share());
    }
    lanes_.push_pinned(first_of(candidates), std::move(queued));
  } else if (queued.lane != QueuedPacket::kNoLane && contains(candidates, queued.lane)) {
    const PathIndex path = queued.lane;
    lanes_.push_pinned(path, std::move(queued));
  } else if (queued.lane == QueuedPacket::kNoLane) {
    lanes_.push_pinned(first_of(candidates), std::move(queued));
  }  // else its path has gone, and another has a copy
}

// What waits gets its place anew: a flow whose path changes must not leave packets behind, which
// newer ones would overtake.
void Bond::redistribute() {
  std::vector<QueuedPacket>& moving = scratch().moving;
  moving.clear();
  lanes_.for_each_waiting([&](Lanes::Lane lane, FairQueue& queue) {
    const bool stays =
        !modes_changed_ && !lane.pinned &&
        (selector_.effective(lane.index) == Mode::packet || selector_.candidates(lane.index) == 0);
    if (stays) return;
    const size_t before = moving.size();
    queue.take_all(moving);
    const uint8_t from = lane.pinned ? lane.index : QueuedPacket::kNoLane;
    for (size_t i = before; i < moving.size(); ++i) moving[i].lane = from;
  });
  std::stable_sort(moving.begin(), moving.end(), [](const QueuedPacket& a, const QueuedPacket& b) {
    return a.enqueued < b.enqueued;
  });
  for (QueuedPacket& queued : moving) {
    if (modes_changed_) {
      const auto info = read_ip(queued.packet.bytes());
      queued.traffic_class = classifier_.classify(*info);
      queued.pin = pin_of(*info, queued.flow);
    }
    enqueue(std::move(queued));
  }
  moving.clear();
}

void Bond::queue_resends(const std::vector<uint32_t>& sequences) {
  for (const uint32_t sequence : sequences) {
    SendWindow::Slot* slot = window_.find(sequence);
    if (slot == nullptr || slot->resend_queued) continue;
    if (slot->under_way > 0 && --slot->under_way > 0) continue;  // another copy may still arrive
    queue_resend(sequence, *slot);
  }
}

void Bond::queue_resend(uint32_t sequence, SendWindow::Slot& slot) {
  if (slot.resend_queued) return;
  slot.resend_queued = true;
  resends_.push(sequence, slot.flow, static_cast<uint32_t>(slot.packet.size()));
}

// All that a path has under way.
void Bond::queue_outstanding(Path& path) {
  std::vector<uint32_t>& lost = scratch().lost;
  lost.clear();
  path.tx.take_outstanding(lost);
  queue_resends(lost);
}

// A lost packet that others follow is missed soon; the last ones would be missed late.
void Bond::queue_tail(PathIndex index) {
  std::vector<uint32_t>& lost = scratch().lost;
  lost.clear();
  paths_[index].tx.take_tail(lost);
  if (!fastest_beside(index)) return;
  for (const uint32_t sequence : lost) {
    if (SendWindow::Slot* slot = window_.find(sequence)) queue_resend(sequence, *slot);
  }
}

// Its turn will not come; another path sends them, out of order as resends are.
void Bond::take_committed(Path& path) {
  while (!path.committed.empty()) {
    const uint32_t sequence = path.committed.pop_front().sequence;
    if (SendWindow::Slot* slot = window_.find(sequence)) queue_resend(sequence, *slot);
  }
  path.committed_bytes = 0;
}

void Bond::pump(Time now) {
  pump_at_ = kNever;
  if (any_in(PathState::up)) {
    // After a failure the resends of a download take a while; a call must not wait for them, and
    // others not for all of them.
    while (pump_lanes(now, Share::calls)) {
    }
    while (!resends_.empty()) {
      if (others_credit_ > 0 && pump_lanes(now, Share::others)) continue;
      if (!pump_resend(now)) break;
    }
    if (resends_.empty()) {
      pump_committed(now);
      while (pump_lanes(now, Share::all)) {
      }
      pump_committed(now);
      if (scratch_ && scratch_->filling.last > now) pump_filling(now);
    }
    note_idle_paths(now);
    return;
  }
  abandon_old_resends(now);
  if (must_send_plain()) {
    send_plain(now);
  } else {
    wait_for_path(now);
  }
}

void Bond::abandon_old_resends(Time now) {
  while (!resends_.empty()) {
    const SendWindow::Slot* slot = window_.find(resends_.front());
    if (slot != nullptr && now - slot->first_sent <= kMaxResendAge) break;
    if (slot != nullptr) ++counters_.abandoned;
    window_.acknowledge(resends_.pop_front());
  }
  if (!resends_.empty()) pump_at_ = std::min(pump_at_, now + kConnectInterval);
}

// Plain packets go out of any order that frames have, so never while frames may come back.
bool Bond::must_send_plain() const {
  const auto knows_frames = [](const Path& path) { return path.exists && path.far_is_wirebraid; };
  if (std::any_of(paths_.begin(), paths_.end(), knows_frames)) return false;
  if (any_in(PathState::exit)) return true;
  return std::all_of(paths_.begin(), paths_.end(),
                     [this](const Path& path) { return !path.exists || speaks_plain(path); });
}

void Bond::wait_for_path(Time now) {
  lanes_.drop_stale(now);
  if (lanes_.empty()) return;
  if (connect_at_ <= now) {
    connect_at_ = now + kConnectInterval;
    for (PathIndex i = 0; i < count_of(paths_); ++i) {
      if (paths_[i].exists && !paths_[i].session && paths_[i].network) sender_.connect(i, now);
    }
  }
  pump_at_ = std::min(pump_at_, now + kConnectInterval);
}

bool Bond::pump_resend(Time now) {
  if (resends_.empty()) return false;
  const uint32_t sequence = resends_.front();
  SendWindow::Slot* slot = window_.find(sequence);
  if (slot == nullptr) {
    resends_.pop_front();
    return true;
  }
  if (now - slot->first_sent > kMaxResendAge || slot->tries >= kMaxTries) {
    ++counters_.abandoned;
    window_.acknowledge(sequence);
    resends_.pop_front();
    return true;
  }
  const auto path = choose_for_resend(*slot, now);
  if (!path) return false;
  resends_.pop_front();
  slot->resend_queued = false;
  const auto size = static_cast<int32_t>(slot->packet.size());
  others_credit_ = std::min(others_credit_ + size / kResendShare, kMaxCredit);
  mark_resent(slot->packet.data());
  if (slot->tries > 0) ++counters_.resent;
  return transmit(sequence, *path, now);
}

// Commits the packet that goes first among all queues' heads that have a path: of a sparse flow,
// then the one that has waited longest, so that all queues see the same delay.
bool Bond::pump_lanes(Time now, Share share) {
  std::optional<Lanes::Lane> first;
  FairQueue::Head first_head;
  Choice first_choice;
  const auto held_back = [&](const std::optional<FairQueue::Head>& head) {
    return share == Share::others && head && resends_.holds(head->flow);
  };
  lanes_.for_each_waiting([&](Lanes::Lane lane, FairQueue& queue) {
    const bool call = lane.pinned && queue.packets() <= kCallPackets;
    if (share == Share::calls && !call) return;
    auto head = queue.peek(now);
    for (int pass = 0; pass < kMostPassed && held_back(head); ++pass) {
      queue.pass();
      head = queue.peek(now);
    }
    if (!head || held_back(head)) return;
    head->sparse = head->sparse || call;
    const bool urgent = head->sparse || share == Share::others;
    const auto choice = lane.pinned ? choose_pinned(lane.index, urgent, now)
                                    : choose_shared(lane.index, urgent, now);
    if (!choice) {
      // A class without a path, while others have one: select() looks at its age.
      if (!lane.pinned && selector_.candidates(lane.index) == 0) {
        pump_at_ = std::min(pump_at_, select_at_);
      }
      return;
    }
    const bool goes_first =
        !first ||
        (head->sparse != first_head.sparse ? head->sparse : head->enqueued < first_head.enqueued);
    if (!goes_first) return;
    first = lane;
    first_head = *head;
    first_choice = *choice;
  });
  if (!first) return false;
  if (share == Share::others) others_credit_ -= static_cast<int32_t>(first_head.size);
  return commit(lanes_.at(*first).pop(), first_choice, now);
}

// Sends what is committed, as far as pacing goes.
void Bond::pump_committed(Time now) {
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    Path& path = paths_[i];
    while (!path.committed.empty()) {
      const Time next = path.tx.next_send();
      if (next > now) {
        pump_at_ = std::min(pump_at_, next);
        break;
      }
      const Committed committed = path.committed.pop_front();
      path.committed_bytes -= committed.bytes;
      if (window_.find(committed.sequence) == nullptr) continue;
      if (!transmit(committed.sequence, i, now)) return;
    }
  }
}

// What a path delivers while it is spared, or nothing waits for it, says nothing about its
// capacity.
void Bond::note_idle_paths(Time now) {
  for (Path& path : paths_) {
    if (usable(path) && path.committed.empty() && path.tx.may_send(now)) note_idle(path, now);
  }
}

// Gives the packet its place in the order and on a path. False if sending must pause.
bool Bond::commit(QueuedPacket queued, Choice choice, Time now) {
  if (queued.copies != 0) {
    if (copies_.forgotten(queued.copies)) return true;
    if (copies_.overtaken(queued.copies, queued.flow)) return true;
    if (const auto sequence = copies_.sequence(queued.copies)) {
      SendWindow::Slot* slot = window_.find(*sequence);
      if (slot == nullptr) return true;  // an earlier copy has arrived
      mark_resent(slot->packet.data());
      return transmit(*sequence, choice.path, now);
    }
    copies_.leave(queued.copies, queued.flow, window_.next());
  }
  const uint32_t sequence = window_.next();
  ClassCounters& counters = class_counters_[queued.traffic_class];
  ++counters.packets;
  counters.bytes += queued.packet.size();
  SendWindow::Slot slot;
  slot.ecn = ecn_encapsulate(traffic_class_of(queued.packet.bytes()));
  slot.traffic_class = queued.traffic_class;
  slot.flow = queued.flow;
  DataHeader header;
  header.traffic_class_id = queued.traffic_class;
  header.sequence = sequence;
  header.predecessor_delta = predecessor_delta(queued.flow, sequence);
  // What overtakes others proves nothing about them.
  header.resent = choice.overtakes || !resends_.empty();
  write_data_header(queued.packet.prepend(DataHeader::kSize), header);
  const auto size = static_cast<uint32_t>(queued.packet.size());
  slot.packet = std::move(queued.packet);
  slot.first_sent = now;
  if (window_.push(std::move(slot))) ++counters_.abandoned;
  ++counters_.sent;
  note_arrival(choice.arrival, now);
  last_data_ = now;
  if (choice.now) return transmit(sequence, choice.path, now);
  Path& path = paths_[choice.path];
  path.committed.push_back({sequence, size});
  path.committed_bytes += size;
  return true;
}

uint16_t Bond::predecessor_delta(uint64_t flow, uint32_t sequence) {
  if (flow_last_.empty()) flow_last_.resize(kFlowTable, sequence);
  uint32_t& last = flow_last_[flow % kFlowTable];
  const uint32_t delta = sequence - last;
  last = sequence;
  return delta < Resequencer::kMaxWindow ? static_cast<uint16_t>(delta) : uint16_t{0};
}

// False if sending must pause; the packet then waits among the resends.
bool Bond::transmit(uint32_t sequence, PathIndex index, Time now) {
  SendWindow::Slot* slot = window_.find(sequence);
  slot->path = index;
  ++slot->tries;
  ++slot->under_way;
  const Sealed sealed = sender_.seal(index, slot->packet.share(), slot->ecn, now);
  if (sealed.sent) {
    paths_[index].tx.on_sent(sealed.session, sealed.counter, sequence, true, sealed.datagram_size,
                             now);
    return true;
  }
  --slot->under_way;
  queue_resend(sequence, *slot);
  if (sealed.no_session) {
    session_lost(index, now);  // moves what else it carried
  } else {
    pump_at_ = now + kMemoryPause;
  }
  return sealed.no_session;
}

}  // namespace wirebraid
