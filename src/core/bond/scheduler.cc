// The sending side of Bond: which packet next, on which path (earliest expected arrival), and
// resends.
#include <algorithm>

#include "core/bond/bond.h"
#include "wirebraid/wireguard/device.h"

namespace wirebraid {

namespace {

constexpr size_t kFlowTable = 4096;
constexpr uint8_t kMaxTries = 6;
// A lost packet is of use for as long as the far side waits for it.
constexpr Duration kMaxResendAge = Resequencer::kStall + std::chrono::milliseconds(100);
// A packet waits this long for the path of earliest arrival before another with room may take it:
// below what anyone notices, above the time between two packets of a path worth having.
constexpr Duration kPatience = std::chrono::milliseconds(2);
// A packet of a sparse flow may borrow this much of the path's future.
constexpr Duration kMaxBorrow = std::chrono::milliseconds(10);
// While packets wait and no path is up.
constexpr Duration kConnectInterval = std::chrono::milliseconds(500);

size_t datagram_size(size_t payload) {
  return (payload + 15) / 16 * 16 + wireguard::kTransportOverhead;
}

}  // namespace

void Bond::send(Packet packet, const IpInfo& info, Time now) {
  queue_.push(std::move(packet), hasher_.flow(info), now);
}

void Bond::queue_resends(const std::vector<uint32_t>& sequences) {
  for (const uint32_t sequence : sequences) {
    SendWindow::Slot* slot = window_.find(sequence);
    if (slot == nullptr || slot->resend_queued) continue;
    slot->resend_queued = true;
    resends_.push_back(sequence);
  }
}

void Bond::pump(Time now) {
  pump_at_ = kNever;
  if (any_in(PathState::up)) {
    while (pump_resend(now)) {
    }
    if (resends_.empty()) {
      while (pump_queue(now)) {
      }
    }
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
    if (slot != nullptr) ++statistics_.abandoned;
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
  queue_.drop_stale(now);
  if (queue_.empty()) return;
  if (connect_at_ <= now) {
    connect_at_ = now + kConnectInterval;
    for (PathIndex i = 0; i < kMaxPaths; ++i) {
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
    ++statistics_.abandoned;
    window_.acknowledge(sequence);
    resends_.pop_front();
    return true;
  }
  const auto path = choose_for_resend(*slot, now);
  if (!path) return false;
  resends_.pop_front();
  slot->resend_queued = false;
  mark_resent(slot->packet.data());
  ++statistics_.resent;
  return transmit(sequence, *path, now);
}

std::optional<PathIndex> Bond::choose_for_resend(const SendWindow::Slot& slot, Time now) {
  std::optional<PathIndex> best;
  int64_t best_arrival = 0;
  Time soonest = kNever;
  for (PathIndex i = 0; i < kMaxPaths; ++i) {
    const Path& path = paths_[i];
    if (!usable(path)) continue;  // standby paths help too
    soonest = std::min(soonest, path.tx.next_send());
    if (!path.tx.may_send(now)) continue;
    // The path that has just lost it is taken only when it is the only one.
    const int64_t arrival = path.tx.one_way_delay() + (i == slot.path ? 1'000'000 : 0);
    if (!best || arrival < best_arrival) {
      best = i;
      best_arrival = arrival;
    }
  }
  if (!best) pump_at_ = std::min(pump_at_, soonest);
  return best;
}

bool Bond::pump_queue(Time now) {
  const auto head = queue_.peek(now);
  if (!head) {
    for (PathIndex i = 0; i < kMaxPaths; ++i) {
      if (in_use(i) && paths_[i].tx.may_send(now)) paths_[i].tx.on_idle(now);
    }
    return false;
  }
  const auto path = choose(*head, now);
  if (!path) return false;
  QueuedPacket queued = queue_.pop();
  const uint32_t sequence = window_.next();
  SendWindow::Slot slot;
  slot.ecn = ecn_encapsulate(traffic_class_of(queued.packet.bytes()));
  DataHeader header;
  header.sequence = sequence;
  header.predecessor_delta = predecessor_delta(queued.flow, sequence);
  write_data_header(queued.packet.prepend(DataHeader::kSize), header);
  slot.packet = std::move(queued.packet);
  slot.first_sent = now;
  if (window_.push(std::move(slot))) ++statistics_.abandoned;
  ++statistics_.sent;
  last_data_ = now;
  return transmit(sequence, *path, now);
}

std::optional<PathIndex> Bond::choose(const FairQueue::Head& head, Time now) {
  std::optional<PathIndex> earliest;  // counting the wait for its pacing
  std::optional<PathIndex> ready;     // of those that may send now
  int64_t earliest_arrival = 0;
  Time soonest = kNever;
  for (PathIndex i = 0; i < kMaxPaths; ++i) {
    if (!in_use(i)) continue;
    const PathSender& tx = paths_[i].tx;
    const Time next = tx.next_send();
    if (next == kNever) continue;
    soonest = std::min(soonest, next);
    const int64_t arrival = std::max<Duration>(next - now, Duration{}).count() + tx.one_way_delay();
    if (!earliest || arrival < earliest_arrival) {
      earliest = i;
      earliest_arrival = arrival;
    }
    if (next <= now && (!ready || tx.one_way_delay() < paths_[*ready].tx.one_way_delay())) {
      ready = i;
    }
  }
  if (!earliest) return std::nullopt;  // all wait for reports
  const PathSender& best = paths_[*earliest].tx;
  if (best.may_send(now)) return earliest;
  if (head.sparse && best.next_send() - now <= kMaxBorrow) return earliest;
  // The other path's head start of waiting: until the best one's queue is longer than the
  // difference of their delays, the packet arrives earlier by waiting, and does not hold up those
  // behind it (ECF: Lim et al., "ECF: An MPTCP Path Scheduler", CoNEXT 2017).
  const Duration patience =
      kPatience + (ready ? Duration(std::max<int64_t>(
                               0, paths_[*ready].tx.one_way_delay() - best.one_way_delay()))
                         : Duration{});
  const double wait = std::chrono::duration<double>(patience).count();
  const bool impatient = now - head.enqueued >= patience ||
                         static_cast<double>(queue_.bytes()) > best.pacing_rate(now) * wait;
  if (ready && impatient) return ready;
  if (ready) {
    // The others are spared on purpose: what they deliver meanwhile says nothing about them.
    for (PathIndex i = 0; i < kMaxPaths; ++i) {
      if (in_use(i) && paths_[i].tx.may_send(now)) paths_[i].tx.on_idle(now);
    }
    soonest = std::min(best.next_send(), head.enqueued + patience);
  }
  pump_at_ = std::min(pump_at_, soonest);
  return std::nullopt;
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
  const size_t size = slot->packet.size();
  const Sealed sealed = sender_.seal(index, slot->packet.share(), slot->ecn, now);
  if (sealed.sent) {
    paths_[index].tx.on_sent(sealed.session, sealed.counter, sequence, true, datagram_size(size),
                             now);
    return true;
  }
  slot->resend_queued = true;
  resends_.push_back(sequence);
  if (sealed.no_session) {
    session_lost(index, now);  // moves what else it carried
  } else {
    pump_at_ = now + kMemoryPause;
  }
  return sealed.no_session;
}

// To a far side that speaks plain WireGuard: no sequence, no resend; the best path that has a
// session, else the best one, where the packet waits for the handshake that it causes.
void Bond::send_plain(Time now) {
  while (const auto head = queue_.peek(now)) {
    std::optional<PathIndex> best;
    const auto rank = [this](PathIndex i) {
      const Path& path = paths_[i];
      return (path.network ? 0 : 2 << 9) + (path.session ? 0 : 1 << 9) + path.options.priority;
    };
    for (PathIndex i = 0; i < kMaxPaths; ++i) {
      if (paths_[i].exists && (!best || rank(i) < rank(*best))) best = i;
    }
    QueuedPacket queued = queue_.pop();
    if (!best) {
      ++statistics_.dropped_no_path;
      continue;
    }
    const uint8_t ecn = ecn_encapsulate(traffic_class_of(queued.packet.bytes()));
    ++statistics_.sent;
    sender_.seal(*best, std::move(queued.packet), ecn, now);
  }
}

}  // namespace wirebraid
