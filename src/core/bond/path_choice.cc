// Which path a packet of a Bond gets: the one on which it is expected to arrive first (earliest
// delivery path first: Chebrolu and Rao, "Bandwidth Aggregation for Real-Time Applications in
// Heterogeneous Wireless Networks", IEEE TMC 2006).
//
// A packet is committed to a path a little before its turn: for as long as the delays of the paths
// differ. So a slower path gets a packet at once while those before it still wait for the faster
// one, all arrive in order, and the far side has little to hold back.
//
// For a window of a given size nothing is better. But a flow whose window is made for the fastest
// path (BBR: twice bandwidth times the least round trip) never has a queue as long as the
// difference of the delays, and one that grows slowly (CUBIC behind an early end of its slow start)
// has it late. So patience wears off while the fastest path is busy: slower ones get packets before
// their turn, what follows is held back for these and comes in bursts, which lets the window grow.
// Too soon, and the fastest path runs dry meanwhile: then there is patience again.
#include <algorithm>

#include "core/bond/bond.h"

namespace wirebraid {

namespace {
// Beyond the difference of the delays: enough that pacing never runs dry between two turns.
constexpr Duration kAhead = std::chrono::milliseconds(2);
// A packet of a sparse flow may borrow this much of the path's future.
constexpr Duration kMaxBorrow = std::chrono::milliseconds(10);
// A costlier path is taken when packets would otherwise arrive this much later.
constexpr int64_t kCostDelay = 15'000;
// A path that is slower by more is not worth the wait for it, unless it has much more capacity.
constexpr int64_t kMaxSpread = 100'000;
constexpr double kMuchMore = 2;
// How long the fastest path is to be busy until patience has worn off, and what remains of it: a
// share of the difference of the delays.
constexpr Duration kPatience = std::chrono::milliseconds(500);
constexpr double kLeastPatience = 0.15;
// Long enough without packets that the next ones are a new beginning.
constexpr Duration kRest = std::chrono::milliseconds(500);
// A path that is idle so much before others' packets arrive has run dry; less is chance.
constexpr int64_t kDry = 3'000;
// How much later a packet may be sent again where nothing is lost than where all is; microseconds.
constexpr double kLostAgain = 500'000;
}  // namespace

std::optional<PathIndex> Bond::choose_for_resend(const SendWindow::Slot& slot, Time now) {
  PathMask permitted = selector_.permitted(slot.traffic_class);  // standby paths help too
  if (permitted == 0) permitted = selector_.permitted(0);
  std::optional<PathIndex> best;
  int64_t best_arrival = 0;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    const Path& path = paths_[i];
    if (!usable(path) || (permitted != 0 && !contains(permitted, i))) continue;
    const Time next = path.tx.next_send();
    if (next == kNever) continue;
    // Lost again, it may come too late.
    const double again = path.tx.loss() * kLostAgain;
    const int64_t arrival = std::max<Duration>(next - now, Duration{}).count() +
                            path.tx.one_way_delay(now) + static_cast<int64_t>(again);
    if (best && arrival >= best_arrival) continue;
    best = i;
    best_arrival = arrival;
  }
  if (!best) return std::nullopt;
  // Others wait for it, so it may borrow as a packet of a sparse flow.
  const Time next = paths_[*best].tx.next_send();
  if (next - now <= kMaxBorrow) return best;
  pump_at_ = std::min(pump_at_, next - kMaxBorrow);
  return std::nullopt;
}

// One-way delay, with what a costlier path has to be faster by.
int64_t Bond::delay_of(PathIndex index, uint32_t least_cost, Time now) const {
  const Path& path = paths_[index];
  return path.tx.one_way_delay(now) + (path.policy.cost > least_cost ? kCostDelay : 0);
}

// How long a packet that is committed now waits until it is sent.
Duration Bond::wait_of(PathIndex index, Time now) const {
  const Path& path = paths_[index];
  const double seconds = static_cast<double>(path.committed_bytes) / path.tx.pacing_rate(now);
  return std::max<Duration>(path.tx.next_send() - now, Duration{}) +
         Duration(static_cast<int64_t>(seconds * 1e6));
}

// The paths that a class's packets are spread over, by delay, fastest first.
size_t Bond::rank(PathMask candidates, std::array<Ranked, kMaxPaths>& ranked, Time now) const {
  if (candidates == 0) return 0;
  const uint32_t least_cost = paths_[first_of(selector_.cheapest(candidates))].policy.cost;
  size_t count = 0;
  for (PathMask rest = candidates; rest != 0; rest &= static_cast<PathMask>(rest - 1)) {
    const PathIndex i = first_of(rest);
    if (!usable(paths_[i]) || paths_[i].tx.next_send() == kNever) continue;
    const Ranked each{i, delay_of(i, least_cost, now)};
    size_t at = count++;
    for (; at > 0 && ranked[at - 1].delay > each.delay; --at) ranked[at] = ranked[at - 1];
    ranked[at] = each;
  }
  double faster = 0;
  for (size_t i = 0; i < count; ++i) {
    const double capacity = paths_[ranked[i].path].tx.capacity().estimate();
    if (ranked[i].delay - ranked[0].delay > kMaxSpread && capacity < kMuchMore * faster) return i;
    faster += capacity;
  }
  return count;
}

// The share of the difference of the delays that a packet waits for the fastest path.
double Bond::patience(Time now) const {
  return std::clamp(1 - std::chrono::duration<double>(now - ran_dry_) / kPatience, kLeastPatience,
                    1.0);
}

// A packet is sent that is expected to arrive then.
void Bond::note_arrival(int64_t arrival, Time now) {
  latest_arrival_ = std::max(latest_arrival_, arrival);
  if (now - last_data_ > kRest) ran_dry_ = now;
}

// Nothing waits though this path could take more. While others still have packets under way that
// arrive later than what it would get now, these have left it too little.
void Bond::note_idle(Path& path, Time now) {
  path.tx.on_idle(now);
  const int64_t arrival = now.time_since_epoch().count() + path.tx.one_way_delay(now);
  if (arrival + kDry < latest_arrival_) ran_dry_ = now;
}

std::optional<Bond::Choice> Bond::choose_pinned(PathIndex index, bool urgent, Time now) {
  const Path& path = paths_[index];
  const Time next = path.tx.next_send();
  if (!usable(path) || next == kNever) return std::nullopt;
  const Duration limit = urgent ? kMaxBorrow : Duration{};
  if (next - now <= limit) {
    return Choice{.path = index, .now = true, .overtakes = !path.committed.empty()};
  }
  pump_at_ = std::min(pump_at_, next - limit);
  return std::nullopt;
}

std::optional<Bond::Choice> Bond::choose_shared(ClassIndex traffic_class, bool urgent, Time now) {
  std::array<Ranked, kMaxPaths> ranked;
  const size_t count = rank(selector_.candidates(traffic_class), ranked, now);
  if (count == 0) return std::nullopt;  // all wait for reports
  if (urgent) {
    // Goes before what is committed.
    for (size_t i = 0; i < count; ++i) {
      const PathIndex path = ranked[i].path;
      if (paths_[path].tx.next_send() - now > kMaxBorrow) continue;
      return Choice{.path = path, .now = true, .overtakes = !paths_[path].committed.empty()};
    }
  }
  // How much later than on the fastest it may arrive, in microseconds.
  const auto spread = [&, share = patience(now)](const Ranked& each) {
    return static_cast<int64_t>(share * static_cast<double>(each.delay - ranked[0].delay));
  };
  const Ranked* best = nullptr;
  Duration best_wait{};
  for (size_t i = 0; i < count; ++i) {
    const Duration wait = wait_of(ranked[i].path, now);
    if (best != nullptr && wait.count() + spread(ranked[i]) >= best_wait.count() + spread(*best)) {
      continue;
    }
    best = &ranked[i];
    best_wait = wait;
  }
  const Duration ahead = kAhead + Duration(spread(ranked[count - 1]) - spread(*best));
  if (best_wait > ahead) {
    pump_at_ = std::min(pump_at_, now + (best_wait - ahead));
    return std::nullopt;
  }
  const Path& path = paths_[best->path];
  return Choice{.path = best->path,
                .now = path.committed.empty() && path.tx.may_send(now),
                .arrival = (now.time_since_epoch() + best_wait).count() + best->delay};
}

}  // namespace wirebraid
