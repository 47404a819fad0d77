#include "control/server_choice.h"

namespace wirebraid::control {

bool ServerChoice::update(const View& view, Time now) {
  was_connected_ = was_connected_ || view.connected;
  if (view.connected && !connected_) connected_since_ = now;
  connected_ = view.connected;
  if (!view.network || (connected_ && now - connected_since_ >= kProof)) waiting_ = false;
  if (connected_ || !view.network) return false;
  if (!waiting_) {
    waiting_ = true;
    waiting_since_ = now;
  }
  if (now - waiting_since_ < (was_connected_ ? kPatience : kFirstPatience)) return false;
  waiting_since_ = now;
  if (view.servers < 2) return false;
  index_ = (index_ + 1) % view.servers;
  return true;
}

}  // namespace wirebraid::control
