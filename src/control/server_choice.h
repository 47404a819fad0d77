// Which of several servers a bond uses. All its uplinks must lead to the same one, so the choice is
// the bond's: it moves on when no uplink has been up for a while, and stays until then.
#pragma once

#include <cstddef>

#include "wirebraid/time.h"

namespace wirebraid::control {

class ServerChoice {
 public:
  /// A handshake and a HELLO take two round trips; WireGuard repeats a lost handshake after 5 s.
  static constexpr Duration kPatience = std::chrono::seconds(3);
  /// Before the first success, when devices, addresses and names may still be on their way.
  static constexpr Duration kFirstPatience = std::chrono::seconds(6);
  /// An uplink that was up for less proves nothing: one that is dead in one direction only may seem
  /// to come back again and again.
  static constexpr Duration kProof = std::chrono::seconds(1);

  struct View {
    size_t servers = 0;      ///< in the longest list of its uplinks
    bool connected = false;  ///< an uplink is up
    bool network = false;    ///< an uplink has a network, so an answer could be expected
  };

  /// To be called every fraction of a second. True: index() has moved to the next server, round
  /// robin.
  bool update(const View& view, Time now);

  /// From 0; an uplink with a shorter list takes it modulo its length.
  size_t index() const { return index_; }

 private:
  size_t index_ = 0;
  bool was_connected_ = false;
  bool waiting_ = false;
  Time waiting_since_{};
  bool connected_ = false;
  Time connected_since_{};
};

}  // namespace wirebraid::control
