#include "core/bond/bond.h"

#include <algorithm>
#include <span>

#include "core/give_back.h"

namespace wirebraid {

namespace {

constexpr Duration kFlappingPeriod = std::chrono::seconds(10);
constexpr Duration kMinProbeInterval = std::chrono::milliseconds(50);
constexpr Duration kMaxProbeInterval = std::chrono::milliseconds(500);
constexpr Duration kIdleProbeInterval = std::chrono::seconds(1);
constexpr int kMaxIdleProbes = 3;
// With no other path there is nothing to gain from suspicion, and late reports are likely: all that
// others had now fills this one.
constexpr Duration kLastPatience = std::chrono::milliseconds(200);
constexpr Duration kRenewAfter = std::chrono::seconds(1);  // of silence: a new session may help
constexpr Duration kSettle = std::chrono::seconds(2);
constexpr int kMaxSettleDoublings = 5;
constexpr Duration kActive =
    std::chrono::seconds(2);  // since the last DATA, the bond counts as in use

std::array<uint8_t, 16> random_key(Platform& platform) {
  std::array<uint8_t, 16> key{};
  platform.random(key);
  return key;
}

uint64_t random_epoch(Platform& platform) {
  uint64_t epoch = 0;
  while (epoch == 0) epoch = platform.random_u64();
  return epoch;
}

}  // namespace

std::string_view to_string(PathState state) {
  switch (state) {
    case PathState::down:
      return "down";
    case PathState::connecting:
      return "connecting";
    case PathState::exit:
      return "exit";
    case PathState::up:
      return "up";
    case PathState::suspect:
      return "suspect";
  }
  return "?";
}

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::packet:
      return "packet";
    case Mode::flow:
      return "flow";
    case Mode::host:
      return "host";
    case Mode::failover:
      return "failover";
    case Mode::redundant:
      return "redundant";
  }
  return "?";
}

std::string_view to_string(PathReason reason) {
  switch (reason) {
    case PathReason::none:
      return "";
    case PathReason::no_session:
      return "no handshake with the far side has succeeded recently";
    case PathReason::no_network:
      return "its device, address or route is gone";
    case PathReason::asking:
      return "waiting for the far side's HELLO";
    case PathReason::other_bond:
      return "the far side counts this uplink to another bond, or has just restarted";
    case PathReason::silent:
      return "no answer came when one was due; probing";
    case PathReason::standby:
      return "standby: an uplink of better priority is up";
    case PathReason::costly:
      return "standby: uplinks of lower cost suffice";
    case PathReason::quota:
      return "its quota is used up";
  }
  return "?";
}

Bond::Bond(Platform& platform, BufferPool& pool, FrameSender& sender, const BondOptions& options)
    : platform_(platform),
      pool_(pool),
      sender_(sender),
      options_(options),
      hasher_(random_key(platform)),
      epoch_(random_epoch(platform)),
      exits_(platform, pool, hasher_),
      window_(platform.random_u32()) {
  resequencer_.set_hold(options.hold_cap);
  set_modes();
}

void Bond::set_options(const BondOptions& options, Time now) {
  options_ = options;
  set_modes();
  update_hold();
  select(now);
}

void Bond::set_addresses(const IpAddress& v4, const IpAddress& v6) {
  address_v4_ = v4;
  address_v6_ = v6;
  exits_.set_addresses(v4, v6);
}

void Bond::set_modes() {
  classifier_.set_classes(options_.classes);
  std::vector<Mode> modes{options_.mode};
  for (const ClassOptions& each : options_.classes) modes.push_back(each.mode);
  hosts_matter_ = std::find(modes.begin(), modes.end(), Mode::host) != modes.end();
  selector_.set_modes(modes);
  if (class_counters_.size() < modes.size()) class_counters_.resize(selector_.classes());
  selection_old_ = modes_changed_ = true;
}

std::optional<PathIndex> Bond::add_path(const PathOptions& options, Time now) {
  const auto exists = [](const Path& path) { return path.exists; };
  const auto place = std::find_if_not(paths_.begin(), paths_.end(), exists) - paths_.begin();
  const auto index = static_cast<PathIndex>(place);
  if (index == kMaxPaths) return std::nullopt;
  if (index == paths_.size()) {
    paths_.reserve(paths_.size() + 1);  // there are many bonds, and paths are large
    paths_.emplace_back();
  }
  paths_[index] = Path{};
  paths_[index].exists = true;
  paths_[index].since = now;
  set_path_options(index, options, now);
  return index;
}

void Bond::set_path_options(PathIndex index, const PathOptions& options, Time now) {
  Path& path = paths_[index];
  // A far side that has been told another bound is told anew, until it answers.
  if (options.receive_cap != path.policy.receive_cap && path.knows_us) path.next_hello = now;
  path.policy = options;
  exits_.set_options(index, options.exit);
  selection_old_ = true;
  apply_caps(path);
}

// The lower of what we may send and what the far side wants to get.
void Bond::apply_caps(Path& path) {
  uint64_t cap = path.policy.rate_cap;
  if (path.far_cap != 0 && (cap == 0 || path.far_cap < cap)) cap = path.far_cap;
  path.tx.set_cap(static_cast<double>(cap) / 8);
}

void Bond::remove_path(PathIndex index, Time now) {
  leave(index, PathState::down, now);
  resequencer_.remove_path(index);
  exits_.remove(index);
  paths_[index] = Path{};
}

void Bond::forget_far_side(PathIndex index, Time now) {
  Path& path = paths_[index];
  leave(index, PathState::down, now);
  path.hellos = 0;
  path.far_is_wirebraid = false;
  path.far_epoch = 0;
  path.knows_us = false;
  retired_epochs_.fill(0);  // it may be one that we had left, still in the same run
  update_state(index, now);
}

// --- States -----------------------------------------------------------------------------------

bool Bond::any_in(PathState state) const {
  return std::any_of(paths_.begin(), paths_.end(),
                     [state](const Path& path) { return path.exists && path.state == state; });
}

// What the policy sees of the paths. Frames and plain packets never go out together, so either the
// paths that are up count, or the exits.
void Bond::select(Time now) {
  constexpr Duration kMeasureAgain = std::chrono::milliseconds(500);
  const bool plain = !any_in(PathState::up);
  std::array<Selector::Path, kMaxPaths> facts;
  PathMask exits = 0;
  selected_suspects_ = exits_.suspects();
  select_at_ = now + kMeasureAgain;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    const Path& path = paths_[i];
    if (!path.exists) continue;
    Selector::Path& fact = facts[i];
    if (path.state == PathState::exit) exits |= mask_of(i);
    fact.usable = plain ? path.state == PathState::exit : path.state == PathState::up;
    fact.suspect = plain && contains(selected_suspects_, i);
    fact.settled = path.settled_at <= now;
    fact.priority = path.policy.priority;
    fact.cost = path.policy.cost;
    fact.allowance = path.policy.allowance;
    fact.classes = path.policy.classes;
    fact.weight = path.policy.weight;
    const Capacity& capacity = path.tx.capacity();
    fact.capacity = capacity.measured() ? capacity.estimate() : 0;
    if (!fact.settled) select_at_ = std::min(select_at_, path.settled_at);
  }
  PathMask live = 0;
  for (PathIndex i = 0; i < count_of(paths_); ++i) live |= usable(paths_[i]) ? mask_of(i) : 0;
  resequencer_.set_live(live);
  selection_old_ = false;
  exits_.set_exits(exits);
  const auto known = std::span(facts).first(paths_.size());
  if (selector_.update(known, plain) || modes_changed_) redistribute();
  modes_changed_ = false;
  // A class without a path, while others have one.
  lanes_.for_each_waiting([&](Lanes::Lane lane, FairQueue& queue) {
    if (!lane.pinned && selector_.candidates(lane.index) == 0) queue.drop_stale(now);
  });
}

void Bond::set_state(Path& path, PathState state, Time now) {
  if (path.state == state) return;
  path.state = state;
  path.since = now;
  selection_old_ = true;
}

void Bond::leave(PathIndex index, PathState state, Time now) {
  Path& path = paths_[index];
  queue_outstanding(path);
  take_committed(path);
  if (!resends_.empty()) {
    for (Path& other : paths_) other.tx.expect_pile();
  }
  path.next_probe = kNever;
  path.next_hello = kNever;
  set_state(path, state, now);
}

// Where a path stands when nothing but its session, its network and what is known of the far side
// count.
void Bond::update_state(PathIndex index, Time now) {
  Path& path = paths_[index];
  if (!path.session || !path.network) {
    leave(index, PathState::down, now);
    return;
  }
  if (path.state != PathState::down) return;
  if (speaks_plain(path)) {
    set_state(path, PathState::exit, now);
  } else if (path.knows_us && path.far_epoch != 0 && path.far_epoch == far_epoch_) {
    enter_up(index, now, true);
  } else {
    set_state(path, PathState::connecting, now);
    path.next_hello = now;
  }
}

void Bond::enter_up(PathIndex index, Time now, bool ramp) {
  Path& path = paths_[index];
  if (ramp && path.tx.capacity().measured()) path.tx.restart(now);
  if (!any_in(PathState::up)) lanes_.forgive();
  // In failover mode traffic returns to a path that was away only when it has proved stable, the
  // later the more often that was so.
  if (path.was_up && ramp) {
    path.settled_at = now + kSettle * (1 << std::min(path.recent_suspicions, kMaxSettleDoublings));
  }
  path.was_up = true;
  set_state(path, PathState::up, now);
  path.next_hello = kNever;
  path.probes_unanswered = 0;
  path.next_probe = now;  // an early round trip; the idle probe goes on from there
}

void Bond::suspect(PathIndex index, Time now) {
  Path& path = paths_[index];
  leave(index, PathState::suspect, now);
  // What is committed to the others must not wait until all resends have gone.
  for (Path& other : paths_) take_committed(other);
  lanes_.expect_collapse(now);  // its packets go first, and the others have less room
  if (now - path.suspected_at > kFlappingPeriod) path.recent_suspicions = 0;
  ++path.recent_suspicions;
  ++path.suspicions;
  path.suspected_at = now;
  path.probes_answered = 0;
  path.tx.demand_proof();
  path.probe_interval =
      path.tx.has_rtt() ? std::max(kMinProbeInterval, path.tx.rtt()) : kMinProbeInterval;
  path.next_probe = now;
}

void Bond::session_established(PathIndex index, Time now) {
  Path& path = paths_[index];
  path.session = true;
  path.session_hellos = 0;
  update_state(index, now);
  exits_.on_handshake(index, now);
  if (path.state == PathState::exit && !speaks_plain(path)) path.next_hello = now;
}

void Bond::session_lost(PathIndex index, Time now) {
  paths_[index].session = false;
  update_state(index, now);
}

void Bond::set_network(PathIndex index, bool usable, Time now) {
  if (paths_[index].network == usable) return;
  paths_[index].network = usable;
  update_state(index, now);
  if (usable) return;
  lanes_.expect_collapse(now);
  tell_gone(index, now);
}

void Bond::update_hold() {
  Duration fastest = Duration::max();
  Duration slowest{};
  Duration jitter{};
  for (const Path& path : paths_) {
    if (!usable(path) || !path.tx.has_rtt()) continue;
    fastest = std::min(fastest, path.tx.rtt());
    slowest = std::max(slowest, path.tx.rtt());
    jitter = std::max(jitter, path.tx.jitter());
  }
  Duration hold = options_.hold_cap;
  if (slowest > Duration{}) {
    // What a resend takes: notice, report, send again; no more than a round trip of the slowest
    // path. What follows may have come on the fastest.
    hold = std::min(hold, slowest + (slowest - fastest) / 2 + 2 * jitter + Duration(30'000));
  }
  resequencer_.set_hold(hold);
}

// --- Timers -----------------------------------------------------------------------------------

Time Bond::suspect_at(PathIndex index) const {
  const Time overdue = paths_[index].tx.report_overdue_at();
  if (overdue == kNever) return kNever;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (i != index && usable(paths_[i])) return overdue;
  }
  return overdue + kLastPatience;
}

void Bond::run_path_timers(PathIndex index, Time now) {
  Path& path = paths_[index];
  if (!path.exists) return;
  run_hello_timer(index, now);
  if (path.state == PathState::up && path.tx.tail_due() <= now) queue_tail(index);
  if (path.session && path.rx.report_due() <= now && path.far_epoch != 0) {
    send_report(index, false, now);
  }
  if (path.state == PathState::up) {
    if (suspect_at(index) <= now) {
      suspect(index, now);
    } else if (path.next_probe == kNever && now - last_data_ < kActive) {
      path.next_probe = now + kIdleProbeInterval;
    }
  }
  if (path.next_probe > now) return;
  if (path.state == PathState::suspect) {
    send_report(index, true, now);
    // The far side may have restarted and know nothing of the session.
    if (now - path.suspected_at >= kRenewAfter) sender_.connect(index, now);
    path.next_probe = now + path.probe_interval;
    path.probe_interval = std::min(path.probe_interval * 2, kMaxProbeInterval);
  } else if (path.state == PathState::up) {
    const bool active = now - last_data_ < kActive;
    if (path.probes_unanswered >= kMaxIdleProbes) {
      suspect(index, now);
      return;
    }
    if (active || !path.tx.has_rtt()) {
      if (now - path.tx.last_report() >= kIdleProbeInterval || !path.tx.has_rtt()) {
        send_report(index, true, now);
        ++path.probes_unanswered;
      }
      path.next_probe =
          now + (path.probes_unanswered > 0 ? kIdleProbeInterval / 4 : kIdleProbeInterval);
    } else {
      path.next_probe = kNever;  // an idle bond is silent: LTE costs money
      path.probes_unanswered = 0;
    }
  } else {
    path.next_probe = kNever;
  }
}

void Bond::poll(Time now, std::vector<Packet>& delivered) {
  const size_t before = delivered.size();
  resequencer_.handle_deadline(now, delivered);
  std::erase_if(delivered, [](const Packet& packet) { return !packet; });
  counters_.delivered += delivered.size() - std::min(before, delivered.size());
  for (PathIndex i = 0; i < count_of(paths_); ++i) run_path_timers(i, now);
  ask_exits(now);
  update_hold();
  if (selection_old_ || select_at_ <= now) select(now);
  pump(now);
  if (used_at_ && now - *used_at_ >= kRest) rest(now);
  exits_.take_resets(delivered);
}

// What only traffic needs; packets make it anew. So a server's bonds are small while they are idle.
void Bond::rest(Time now) {
  used_at_.reset();
  const bool empty = lanes_.empty() && resends_.empty() && window_.base() == window_.next();
  if (!empty || !resequencer_.release()) {
    used_at_ = now;
    return;
  }
  lanes_.release();
  copies_ = Copies();
  window_.release();
  resends_.release();
  give_back(flow_last_);
  scratch_.reset();
  for (Path& path : paths_) {
    path.committed.release();
    path.committed_bytes = 0;
    path.tx.rest();
  }
}

Time Bond::next_deadline(Time now) const {
  Time deadline = std::min({pump_at_, resequencer_.next_deadline(), exits_.next_deadline()});
  if (used_at_) deadline = std::min(deadline, *used_at_ + kRest);
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    const Path& path = paths_[i];
    if (!path.exists) continue;
    deadline = std::min({deadline, path.next_hello, path.next_probe});
    if (path.session && path.far_epoch != 0) deadline = std::min(deadline, path.rx.report_due());
    if (path.state == PathState::up) {
      deadline = std::min({deadline, suspect_at(i), path.tx.tail_due()});
    }
  }
  return std::max(deadline, now);
}

// --- Status -----------------------------------------------------------------------------------

PathStatus Bond::path_status(PathIndex index) const {
  const Path& path = paths_[index];
  PathStatus status;
  status.state = path.state;
  status.since = path.since;
  status.measured = path.tx.has_rtt();
  status.rtt = path.tx.rtt();
  status.rtt_variance = path.tx.rtt_variance();
  status.jitter = path.tx.jitter();
  status.loss = path.tx.loss();
  if (path.tx.capacity().measured()) {
    status.capacity_bps = static_cast<uint64_t>(path.tx.capacity().estimate() * 8);
  }
  status.suspicions = path.suspicions;
  if (const ExitHealth* health = exits_.health(index); path.state == PathState::exit && health) {
    status.suspicions += health->suspicions();
    status.measured = health->rtt().measured();
    status.rtt = health->rtt().smoothed();
    status.rtt_variance = health->rtt().variation();
  }
  switch (path.state) {
    case PathState::down:
      status.reason = path.network ? PathReason::no_session : PathReason::no_network;
      break;
    case PathState::connecting:
      status.reason = path.far_epoch != 0 && path.far_epoch != far_epoch_ ? PathReason::other_bond
                                                                          : PathReason::asking;
      break;
    case PathState::suspect:
      status.reason = PathReason::silent;
      break;
    case PathState::up:
      status.reason = selector_.reason(index);
      break;
    case PathState::exit:
      if (contains(exits_.suspects(), index)) {
        status.reason = PathReason::silent;
      } else {
        status.reason = any_in(PathState::up) ? PathReason::standby : selector_.reason(index);
      }
      break;
  }
  return status;
}

std::vector<ClassStatus> Bond::class_status() const {
  std::vector<ClassStatus> result;
  for (size_t i = 0; i < selector_.classes(); ++i) {
    const auto index = static_cast<ClassIndex>(i);
    result.push_back({.mode = selector_.mode(index),
                      .effective = selector_.effective(index),
                      .paths = selector_.candidates(index),
                      .packets = class_counters_[i].packets,
                      .bytes = class_counters_[i].bytes});
  }
  return result;
}

BondStatistics Bond::statistics() const {
  BondStatistics result{counters_};
  const FairQueueStatistics queue = lanes_.statistics();
  result.dropped_queue_full = queue.dropped_full;
  result.dropped_codel = queue.dropped_codel;
  result.marked = queue.marked;
  result.dropped_stale = queue.dropped_stale;
  const ResequencerStatistics& order = resequencer_.statistics();
  result.duplicates = order.duplicates;
  result.late = order.late;
  result.given_up = order.given_up;
  result.reordered = order.held;
  result.longest_hold = order.longest_hold;
  result.resets = exits_.statistics().resets;
  result.queued = lanes_.packets();
  result.held = resequencer_.waiting();
  return result;
}

}  // namespace wirebraid
