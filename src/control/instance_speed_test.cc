// Speed tests of the running interface.
#include <algorithm>
#include <chrono>

#include "control/instance.h"

namespace wirebraid::control {

ChangeResult Instance::start_speed_test(const SpeedTestRequest& request) {
  ChangeResult result;
  const Time now = io::monotonic_now();
  if (speed_test_ && !speed_test_->finished(now)) {
    result.errors.emplace_back("a speed test is running; wait for its end");
    return result;
  }
  std::vector<std::string> names;
  std::string problem = "no uplink is up, with wirebraid on its far side";
  for (const auto& uplink : uplinks_) {
    const bool named = uplink->section.name == request.uplink;
    if (!request.uplink.empty() && !named) continue;
    const PathStatus path = core(*uplink).uplink_state(uplink->id).path;
    if (path.state == PathState::exit) {
      problem = "the far side of " + uplink->section.name +
                " is a stock WireGuard peer, which tells nothing of what arrives";
    } else if (path.state != PathState::up) {
      problem = uplink->section.name + " is " + std::string(to_string(path.state)) + ": " +
                unused(*uplink, path).reason;
    } else if (!named && uplink->quota) {
      problem = uplink->section.name + " has a Quota, so it is tested only by its name";
    } else {
      names.push_back(uplink->section.name);
    }
  }
  if (names.empty()) {
    if (!request.uplink.empty() && find_uplink(request.uplink) == nullptr) {
      problem = "there is no uplink " + request.uplink + ", or it is disabled";
    }
    result.errors.push_back(problem);
    return result;
  }
  speed_test_done_ = false;
  speed_test_.emplace(request.direction, std::move(names), request.duration, now);
  run_speed_test(now);
  result.ok = true;
  return result;
}

// Asks for it again with each tick, since what asks may be lost.
void Instance::run_speed_test(Time now) {
  if (!speed_test_ || speed_test_done_) return;
  const bool ends = speed_test_->finished(now);
  std::vector<uint64_t> bytes;
  for (const std::string& name : speed_test_->uplinks()) {
    UplinkRecord* uplink = find_uplink(name);
    if (uplink == nullptr) {
      bytes.push_back(0);
    } else if (speed_test_->direction() == Direction::receive) {
      core(*uplink).ask_to_fill(uplink->id, speed_test_->left(now), now);
      bytes.push_back(peer_of(*uplink).statistics().received_bytes);
    } else {
      bytes.push_back(core(*uplink).far_received(uplink->id));
      core(*uplink).fill(uplink->id, ends ? Time{} : now + speed_test_->left(now), now);
    }
  }
  speed_test_->sample(bytes, now);
  speed_test_done_ = ends;
  flush();
}

std::optional<SpeedTestStatus> Instance::speed_test_status() const {
  if (!speed_test_) return std::nullopt;
  SpeedTestStatus status;
  status.direction = to_string(speed_test_->direction());
  status.running = !speed_test_done_;
  status.left_s = static_cast<uint32_t>(
      std::chrono::ceil<std::chrono::seconds>(speed_test_->left(io::monotonic_now())).count());
  const auto rates = speed_test_->rates();
  for (size_t i = 0; i < rates.size(); ++i) {
    status.uplinks.push_back({speed_test_->uplinks()[i], rates[i]});
  }
  return status;
}

}  // namespace wirebraid::control
