// Speed tests: paths that are filled with packets without content.
#include <algorithm>

#include "core/bond/bond.h"
#include "core/bond/filler.h"

namespace wirebraid {

namespace {
// On a path in one poll(); packets and timers want their turn as well.
constexpr int kMostAtOnce = 256;
// What is left to others of packet memory.
constexpr size_t kPoolShare = 2;
// Whatever the far side wishes.
constexpr Duration kLongestFavour = std::chrono::seconds(30);
}  // namespace

void Bond::fill(PathIndex path, Time until) {
  Filling& filling = scratch().filling;
  filling.until[path] = until;
  filling.last = *std::max_element(filling.until.begin(), filling.until.end());
}

uint64_t Bond::far_received(PathIndex path) const {
  return scratch_ ? scratch_->filling.far_received[path] : 0;
}

void Bond::ask_to_fill(PathIndex path, Duration duration, Time now) {
  if (!usable(paths_[path])) return;
  Packet frame = pool_.allocate();
  if (!frame) return;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  Request request;
  request.duration_ms = static_cast<uint16_t>(std::clamp<int64_t>(milliseconds, 0, UINT16_MAX));
  frame.resize(Request::kSize);
  write_request(frame.data(), request);
  send_frame(path, std::move(frame), now);
}

void Bond::on_request(PathIndex index, const Request& request, Time now) {
  const Duration wanted = std::chrono::milliseconds(request.duration_ms);
  fill(index, wanted == Duration{} ? Time{} : now + std::min(wanted, kLongestFavour));
}

// Whatever pacing has left when nothing else waits.
void Bond::pump_filling(Time now) {
  used_at_ = now;
  for (PathIndex i = 0; i < count_of(paths_); ++i) {
    if (scratch().filling.until[i] <= now || !usable(paths_[i])) continue;
    int sent = 0;
    while (sent < kMostAtOnce && paths_[i].committed.empty() &&
           pool_.in_use() < pool_.max_slots() / kPoolShare) {
      constexpr bool kUrgent = false;
      const auto choice = choose_pinned(i, kUrgent, now);
      if (!choice) break;
      QueuedPacket filler;
      filler.packet = make_filler(pool_);
      if (!filler.packet || !commit(std::move(filler), *choice, now)) return;
      ++sent;
    }
    if (sent == kMostAtOnce) pump_at_ = now;
  }
}

}  // namespace wirebraid
