#include "core/bond/selector.h"

#include <algorithm>
#include <cmath>

#include "core/rendezvous.h"

namespace wirebraid {

namespace {
// A measured capacity wanders; flows move only when it has really changed.
constexpr double kWeightTolerance = 0.25;

template <class Predicate>
PathMask filter(PathMask mask, Predicate predicate) {
  PathMask result = 0;
  for (PathMask rest = mask; rest != 0; rest &= static_cast<PathMask>(rest - 1)) {
    if (predicate(first_of(rest))) result |= mask_of(first_of(rest));
  }
  return result;
}

/// Those whose value is the lowest.
template <class Value>
PathMask lowest(PathMask mask, Value value) {
  if (mask == 0) return 0;
  auto least = value(first_of(mask));
  filter(mask, [&](PathIndex path) {
    least = std::min(least, value(path));
    return false;
  });
  return filter(mask, [&](PathIndex path) { return value(path) == least; });
}
}  // namespace

void Selector::set_modes(const std::vector<Mode>& modes) {
  modes_ = modes;
  modes_.resize(std::clamp<size_t>(modes.size(), 1, kMaxClasses), Mode::packet);
  masks_.resize(modes_.size());
}

Mode Selector::effective(ClassIndex index) const {
  const Mode mode = modes_[index];
  return plain_ && (mode == Mode::packet || mode == Mode::redundant) ? Mode::flow : mode;
}

bool Selector::update(std::span<const Path> paths, bool plain) {
  bool changed = plain_ != plain;
  paths_.assign(paths.begin(), paths.end());
  plain_ = plain;
  if (update_weights()) changed = true;
  for (ClassIndex index = 0; index < classes(); ++index) {
    Masks masks;
    for (PathIndex path = 0; path < count_of(paths_); ++path) {
      const Path& each = paths_[path];
      if (each.usable && each.allowance != Allowance::exhausted &&
          (each.classes >> index & 1) != 0) {
        masks.permitted |= mask_of(path);
      }
    }
    masks.candidates = best(index, masks.permitted);
    if (masks.candidates != masks_[index].candidates) changed = true;
    masks_[index] = masks;
  }
  return changed;
}

PathMask Selector::best(ClassIndex index, PathMask among) const {
  const PathMask sound = filter(among, [this](PathIndex path) { return !paths_[path].suspect; });
  PathMask result = sound != 0 ? sound : among;
  const PathMask ample =
      filter(result, [this](PathIndex path) { return paths_[path].allowance == Allowance::ample; });
  if (ample != 0) result = ample;
  const Mode mode = effective(index);
  if (mode == Mode::redundant) return result;
  if (mode == Mode::failover) {
    const PathMask settled =
        filter(result, [this](PathIndex path) { return paths_[path].settled; });
    if (settled != 0) result = settled;
  }
  result = lowest(result, [this](PathIndex path) { return paths_[path].priority; });
  if (mode == Mode::packet) return result;
  result = cheapest(result);
  if (mode == Mode::failover && result != 0) result = mask_of(first_of(result));
  return result;
}

PathMask Selector::cheapest(PathMask among) const {
  return lowest(among, [this](PathIndex path) { return paths_[path].cost; });
}

bool Selector::update_weights() {
  const auto usable = [](const Path& path) { return path.usable; };
  if (std::none_of(paths_.begin(), paths_.end(), usable)) return false;
  weights_.resize(paths_.size());
  bool changed = false;
  const bool configured = std::all_of(paths_.begin(), paths_.end(), [](const Path& path) {
    return !path.usable || path.weight != 0;
  });
  double sum = 0;
  int measured = 0;
  // Those that are away too, so that their going and coming moves no flow of the others.
  for (const Path& path : paths_) {
    if (path.capacity <= 0) continue;
    sum += path.capacity;
    ++measured;
  }
  // What has never been full counts as one like the others.
  const double usual = measured > 0 ? sum / measured : 1;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    const Path& path = paths_[i];
    const double before = weights_[i];
    if (configured) {
      weights_[i] = std::max<uint32_t>(path.weight, 1);
    } else if (path.usable) {
      const double now = path.capacity > 0 ? path.capacity : usual;
      if (std::abs(now - before) > kWeightTolerance * before) weights_[i] = now;
    }
    if (weights_[i] != before) changed = true;
  }
  return changed;
}

std::optional<PathIndex> Selector::pick(PathMask among, uint64_t key) const {
  std::array<RendezvousCandidate, kMaxPaths> candidates;
  std::array<PathIndex, kMaxPaths> indices{};
  size_t count = 0;
  for (PathMask rest = among; rest != 0; rest &= static_cast<PathMask>(rest - 1)) {
    const PathIndex path = first_of(rest);
    candidates[count] = {path, weights_[path]};
    indices[count++] = path;
  }
  const auto picked = rendezvous_pick(key, std::span(candidates).first(count));
  if (!picked) return std::nullopt;
  return indices[*picked];
}

PathReason Selector::reason(PathIndex path) const {
  const PathMask mask = mask_of(path);
  PathMask used = 0;
  for (ClassIndex index = 0; index < classes(); ++index) used |= masks_[index].candidates;
  if (paths_[path].allowance == Allowance::exhausted) return PathReason::quota;
  if ((used & mask) != 0) return PathReason::none;
  const PathMask with_equal_priority = filter(used, [&](PathIndex other) {
    return paths_[other].priority == paths_[path].priority &&
           paths_[other].cost < paths_[path].cost;
  });
  return with_equal_priority != 0 ? PathReason::costly : PathReason::standby;
}

}  // namespace wirebraid
