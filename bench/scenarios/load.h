// Which flow fills a bond.
#pragma once

#include <string>
#include <vector>

namespace wirebraid::scenarios {

struct Load {
  std::string sender = "cubic";  ///< a congestion control of the kernel's TCP, or kQuic
  bool download = true;          ///< from the target to the LAN
  bool strict = false;           ///< the end points do not tolerate reordering

  /// As parse_load() reads it.
  std::string name() const;
};
inline constexpr const char* kQuic = "quic";

/// SENDER[,up][,strict]. Throws std::runtime_error with a sentence for the user.
Load parse_load(const std::string& text);

/// What a scenario with variants runs: CUBIC as it is, with strict end points and the other way,
/// BBR if it is among `available` (as /proc/sys/net/ipv4/tcp_available_congestion_control has
/// them), and the QUIC-like sender.
std::vector<Load> all_loads(const std::string& available);

}  // namespace wirebraid::scenarios
