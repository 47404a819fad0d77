// What many sessions cost a server: its memory, its processor time while nothing happens and while
// some gateways are busy, its handshakes, and how long a restart takes.
#pragma once

#include <functional>
#include <string>

#include "bench/scale/world.h"

namespace wirebraid::scale {

struct MeasureOptions {
  WorldOptions world;
  double active_share = 0.01;
  uint64_t active_rate = 1'000'000;                ///< bits per second to each active gateway
  Duration idle_time = std::chrono::seconds(250);  ///< two rekeys of each session
  Duration active_time = std::chrono::seconds(20);
};

/// The time after the server's restart until that share of the sessions is up; zero: never.
struct Recovery {
  Duration most{};  ///< 99 %
  Duration all{};
  uint64_t datagrams_lost = 0;  ///< in the receive buffer
};

struct Figures {
  size_t sessions = 0;
  double bytes_per_session = 0;       ///< of the server, bonds included; see World::stop_server()
  double idle_share = 0;              ///< of one processor
  double active_share = 0;            ///< of one processor
  double active_bits_per_second = 0;  ///< inner packets that the server was given
  double microseconds_per_handshake = 0;  ///< processor time, while all come at once
  Recovery recovery;
};

/// Throws std::runtime_error if sessions do not come up. `tell`: what is being done.
Figures measure(const MeasureOptions& options, const std::function<void(const std::string&)>& tell);

}  // namespace wirebraid::scale
