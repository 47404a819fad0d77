#include "web/login_limiter.h"

#include <algorithm>

namespace wirebraid::web {
namespace {

template <class Map, class Key>
void make_room(Map& map, size_t most, const Key& time_of) {
  while (map.size() >= most) {
    map.erase(std::min_element(map.begin(), map.end(), [&](const auto& one, const auto& other) {
      return time_of(one.second) < time_of(other.second);
    }));
  }
}

}  // namespace

Duration LoginLimiter::wait(const Failures& failures, unsigned free, Duration longest,
                            Time now) const {
  if (failures.count <= free || now - failures.last >= limits_.forget) return Duration::zero();
  const unsigned doublings = std::min(failures.count - free - 1, 30U);
  const Duration pause = std::min<Duration>(std::chrono::seconds(int64_t{1} << doublings), longest);
  return std::max(Duration::zero(), failures.last + pause - now);
}

Duration LoginLimiter::wait(const std::string& address, Time now) const {
  const auto found = failures_.find(address);
  const Duration own = found == failures_.end()
                           ? Duration::zero()
                           : wait(found->second, limits_.free, limits_.longest, now);
  if (known_.contains(address)) return own;
  return std::max(own, wait(overall_, limits_.free_overall, limits_.longest_overall, now));
}

void LoginLimiter::count(Failures& failures, Time now) const {
  if (now - failures.last >= limits_.forget) failures.count = 0;
  ++failures.count;
  failures.last = now;
}

void LoginLimiter::failed(const std::string& address, Time now) {
  if (!failures_.contains(address)) {
    make_room(failures_, limits_.addresses, [](const Failures& each) { return each.last; });
  }
  count(failures_[address], now);
  count(overall_, now);
}

void LoginLimiter::succeeded(const std::string& address, Time now) {
  failures_.erase(address);
  overall_ = {};
  if (!known_.contains(address)) {
    make_room(known_, limits_.known, [](Time each) { return each; });
  }
  known_[address] = now;
}

}  // namespace wirebraid::web
