#include "core/bond/resequencer.h"

#include <algorithm>

#include "core/bond/frame.h"
#include "core/give_back.h"

namespace wirebraid {

namespace {
constexpr Duration kEvidenceGranularity = std::chrono::milliseconds(1);
}  // namespace

void Resequencer::reset(uint32_t first) {
  tables_.reset();
  floor_ = head_ = first;
  floor_since_ = Time{};
  waiting_ = 0;
  roots_.clear();
  fronts_.clear();
  evidence_count_ = 0;
  deadline_ = kNever;
}

// Where everything was delivered or given up, the tables say nothing about what is to come.
bool Resequencer::release() {
  if (head_ != floor_) return false;
  tables_.reset();
  give_back(roots_);
  evidence_count_ = 0;
  deadline_ = kNever;
  return true;
}

Resequencer::Front& Resequencer::front(PathIndex path) {
  if (fronts_.size() <= path) fronts_.resize(path + size_t{1});
  return fronts_[path];
}

bool Resequencer::done(uint32_t sequence) const {
  if (sequence_distance(sequence, floor_) < 0) return true;
  if (sequence_distance(sequence, head_) >= 0) return false;
  const State state = at(sequence).state;
  return state == State::delivered || state == State::lost;
}

bool Resequencer::is_root(uint32_t sequence) const {
  if (sequence_distance(sequence, floor_) < 0 || sequence_distance(sequence, head_) >= 0) {
    return false;
  }
  const Entry& entry = at(sequence);
  if (entry.state != State::held) return false;
  const uint32_t predecessor = sequence - entry.predecessor_delta;
  return done(predecessor) || at(predecessor).state == State::missing;
}

// A mark from 2^32 packets ago may lie in the window by chance; it costs a packet at worst.
bool Resequencer::has_passed(const Arrival& arrival) const {
  const uint32_t mark = tables_->flows[arrival.flow % kFlows].passed;
  return mark - floor_ < head_ - floor_ && sequence_distance(arrival.sequence, mark) < 0;
}

void Resequencer::insert(Arrival arrival, Time now, std::vector<Packet>& out) {
  const uint32_t sequence = arrival.sequence;
  const PathIndex path = arrival.path;
  const bool first_transmission = arrival.first_transmission;
  if (!tables_) tables_ = std::make_unique<Tables>(floor_);
  if (sequence_distance(sequence, floor_) < 0) {
    const bool was_lost = floor_ - sequence <= kMaxWindow && tables_->lost[sequence % kMaxWindow];
    ++(was_lost ? statistics_.late : statistics_.duplicates);
  } else {
    if (sequence - floor_ >= tables_->ring.size()) make_room(sequence, now, out);
    if (head_ == floor_) floor_since_ = now;
    if (sequence_distance(sequence, head_) >= 0) head_ = sequence + 1;
    Entry& entry = at(sequence);
    if (entry.state == State::lost) {
      ++statistics_.late;
    } else if (entry.state != State::missing) {
      ++statistics_.duplicates;
    } else if (has_passed(arrival)) {
      ++statistics_.late;
      give_up(sequence, now, out);
    } else {
      take(std::move(arrival), now, out);
    }
    if (head_ != floor_) deadline_ = std::min(deadline_, floor_since_ + kHole);
  }
  if (path < kMaxPaths) {
    if (first_transmission) {
      advance_front(path, sequence + 1, now);
    } else {
      front(path).heard = now;
    }
  }
}

void Resequencer::take(Arrival arrival, Time now, std::vector<Packet>& out) {
  const uint32_t sequence = arrival.sequence;
  const uint32_t predecessor = sequence - arrival.predecessor_delta;
  const auto flow = static_cast<uint16_t>(arrival.flow % kFlows);
  const bool has_predecessor = arrival.predecessor_delta != 0;
  const bool its_turn = !has_predecessor || done(predecessor);
  if (its_turn && !(has_predecessor && older_waits(flow, sequence))) {
    const bool inside = has_predecessor && sequence_distance(predecessor, floor_) >= 0;
    if (inside && at(predecessor).state == State::lost) tables_->flows[flow].passed = sequence;
    deliver(sequence, std::move(arrival.packet), now, out);
    deliver_waiting_for(sequence, flow, false, now, out);
    advance_floor(now);
    return;
  }
  Entry& entry = at(sequence);
  entry.packet = std::move(arrival.packet);
  entry.arrived = now;
  entry.flow = flow;
  entry.predecessor_delta = arrival.predecessor_delta;
  entry.state = State::held;
  ++waiting_;
  ++tables_->flows[flow].held;
  if (its_turn) {
    hold_as_root(sequence, now);
    return;
  }
  Entry& awaited = at(predecessor);
  // A sender names a predecessor once; if a broken one does not, the second waits for its timer.
  if (awaited.successor_delta == 0) awaited.successor_delta = arrival.predecessor_delta;
  if (awaited.state == State::missing) hold_as_root(sequence, give_up_time(sequence));
}

void Resequencer::hold_as_root(uint32_t sequence, Time until) {
  roots_.push_back(sequence);
  deadline_ = std::min(deadline_, until);
}

// Whether a packet before `sequence` waits, though that one's predecessor has left. Only when a
// sender, whose table of flows is small, has taken several flows for one, and a packet has left
// over a gap: the others of the same chain still wait.
bool Resequencer::older_waits(uint16_t flow, uint32_t sequence) const {
  if (tables_->flows[flow].held == 0) return false;
  for (uint32_t s = floor_; sequence_distance(s, sequence) < 0; ++s) {
    if (at(s).state == State::held && at(s).flow == flow) return true;
  }
  return false;
}

void Resequencer::advance_front(PathIndex path, uint32_t sequence, Time now) {
  if (path >= kMaxPaths) return;
  Front& each = front(path);
  if (!each.known || sequence_distance(sequence, each.sequence) > 0) each.sequence = sequence;
  each.known = true;
  each.heard = now;
  note_evidence(now);
}

void Resequencer::note_evidence(Time now) {
  if (!tables_) return;  // no packet waits, and what the next ones need is in fronts_
  bool any = false;
  uint32_t lowest = 0;
  for (PathIndex i = 0; i < count_of(fronts_); ++i) {
    const Front& each = fronts_[i];
    if (!each.known || (now - each.heard >= kSilence && !contains(live_, i))) continue;
    if (!any || sequence_distance(each.sequence, lowest) < 0) lowest = each.sequence;
    any = true;
  }
  if (!any) return;
  if (evidence_count_ > 0) {
    Evidence& last = tables_->evidence[(evidence_count_ - 1) % tables_->evidence.size()];
    if (sequence_distance(lowest, last.sequence) <= 0) return;
    if (now - last.time < kEvidenceGranularity) {
      last.sequence = lowest;
      return;
    }
  }
  tables_->evidence[evidence_count_ % tables_->evidence.size()] = {now, lowest};
  ++evidence_count_;
  if (!roots_.empty()) deadline_ = std::min(deadline_, now + hold_);
}

Time Resequencer::give_up_time(uint32_t root) const {
  const Entry& entry = at(root);
  const uint32_t predecessor = root - entry.predecessor_delta;
  if (done(predecessor)) return entry.arrived;
  Time time = entry.arrived + kStall;
  // The oldest evidence beyond the predecessor; entries rise in time and in sequence.
  uint32_t low = evidence_count_ > tables_->evidence.size()
                     ? evidence_count_ - static_cast<uint32_t>(tables_->evidence.size())
                     : 0;
  uint32_t high = evidence_count_;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (sequence_distance(tables_->evidence[middle % tables_->evidence.size()].sequence,
                          predecessor) > 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low < evidence_count_) {
    time = std::min(time, tables_->evidence[low % tables_->evidence.size()].time + hold_);
  }
  return time;
}

void Resequencer::make_room(uint32_t sequence, Time now, std::vector<Packet>& out) {
  const uint32_t span = sequence - floor_ + 1;
  if (span <= kMaxWindow) {
    grow(span);
    return;
  }
  if (tables_->ring.size() < kMaxWindow) grow(kMaxWindow);
  const uint32_t new_floor = sequence - kMaxWindow + 1;
  while (floor_ != head_ && sequence_distance(floor_, new_floor) < 0) {
    give_up(floor_, now, out);  // moves the floor
  }
  if (sequence_distance(floor_, new_floor) < 0) floor_ = head_ = new_floor;
  floor_since_ = now;
}

void Resequencer::grow(uint32_t entries) {
  size_t size = tables_->ring.size();
  while (size < entries) size *= 2;
  std::vector<Entry> larger(size);
  for (uint32_t s = floor_; s != head_; ++s) larger[s & (size - 1)] = std::move(at(s));
  // Entries ahead of the head may already be awaited; there are none, since only seen ones wait.
  tables_->ring = std::move(larger);
}

void Resequencer::deliver(uint32_t sequence, Packet packet, Time now, std::vector<Packet>& out) {
  Entry& entry = at(sequence);
  if (entry.state == State::held) {
    --waiting_;
    --tables_->flows[entry.flow].held;
    ++statistics_.held;
    statistics_.longest_hold = std::max(statistics_.longest_hold, now - entry.arrived);
  }
  entry.state = State::delivered;
  tables_->lost[sequence % kMaxWindow] = false;
  ++statistics_.delivered;
  out.push_back(std::move(packet));
}

// `flow` is that of the packet at `sequence`, if known.
void Resequencer::deliver_waiting_for(uint32_t sequence, std::optional<uint16_t> flow,
                                      bool over_gap, Time now, std::vector<Packet>& out) {
  while (at(sequence).successor_delta != 0) {
    sequence += at(sequence).successor_delta;
    Entry& entry = at(sequence);
    if (entry.state != State::held) return;
    if (flow != entry.flow && older_waits(entry.flow, sequence)) {
      hold_as_root(sequence, now);
      return;
    }
    flow = entry.flow;
    if (over_gap) tables_->flows[entry.flow].passed = sequence;
    deliver(sequence, std::move(entry.packet), now, out);
  }
}

void Resequencer::mark_lost(uint32_t sequence) {
  at(sequence).state = State::lost;
  tables_->lost[sequence % kMaxWindow] = true;
  ++statistics_.given_up;
}

void Resequencer::give_up(uint32_t sequence, Time now, std::vector<Packet>& out) {
  Entry& entry = at(sequence);
  std::optional<uint16_t> flow;
  if (entry.state == State::missing) {
    mark_lost(sequence);
  } else if (entry.state == State::held) {
    flow = entry.flow;
    tables_->flows[entry.flow].passed = sequence;
    deliver(sequence, std::move(entry.packet), now, out);
  }
  deliver_waiting_for(sequence, flow, true, now, out);
  advance_floor(now);
}

void Resequencer::advance_floor(Time now) {
  while (floor_ != head_ && done(floor_)) {
    at(floor_) = Entry{};
    ++floor_;
    floor_since_ = now;
  }
}

// Lets a waiting packet go, after the older waiting ones of its flow.
void Resequencer::release(uint32_t root, Time now, std::vector<Packet>& out) {
  const uint16_t flow = at(root).flow;
  uint32_t sequence = tables_->flows[flow].held > 1 ? floor_ : root;
  for (; sequence_distance(sequence, root) <= 0; ++sequence) {
    if (done(sequence) || at(sequence).state != State::held || at(sequence).flow != flow) continue;
    const uint32_t predecessor = sequence - at(sequence).predecessor_delta;
    if (!done(predecessor) && at(predecessor).state == State::missing) mark_lost(predecessor);
    give_up(sequence, now, out);
  }
}

void Resequencer::handle_deadline(Time now, std::vector<Packet>& out) {
  if (now < deadline_) return;
  for (size_t i = 0; i < roots_.size(); ++i) {
    const uint32_t root = roots_[i];
    if (is_root(root) && give_up_time(root) <= now) release(root, now, out);
  }
  while (head_ != floor_ && floor_since_ + kHole <= now) {
    const Time since = floor_since_;
    give_up(floor_, now, out);
    if (head_ != floor_ && at(floor_).state == State::missing) floor_since_ = since;
  }
  update_deadline();
}

void Resequencer::update_deadline() {
  std::erase_if(roots_, [this](uint32_t root) { return !is_root(root); });
  deadline_ = head_ != floor_ ? floor_since_ + kHole : kNever;
  for (const uint32_t root : roots_) deadline_ = std::min(deadline_, give_up_time(root));
}

}  // namespace wirebraid
