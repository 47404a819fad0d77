// The demo's figures, and whether they are good enough.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace wirebraid::demo {

/// What the demo promises.
inline constexpr double kLeastShare = 0.85;
inline constexpr std::chrono::milliseconds kLongestGap{300};

struct UplinkFigure {
  std::string name;
  double bits_per_second = 0;  ///< one TCP flow over this uplink alone
};

/// What happened while an uplink was a blackhole and came back.
struct FailureFigures {
  std::string uplink;
  bool flow_survived = false;  ///< the TCP flow ended in order, with every byte in its place
  std::chrono::microseconds tcp_gap{};
  std::chrono::microseconds udp_gap{};
  uint64_t udp_sent = 0;  ///< numbered packets, both directions
  uint64_t udp_lost = 0;
  uint64_t udp_duplicates = 0;
  uint64_t udp_reordered = 0;
  std::chrono::microseconds longest_gap() const { return std::max(tcp_gap, udp_gap); }
};

struct Figures {
  std::vector<UplinkFigure> alone;
  double bond_bits_per_second = 0;
  FailureFigures failure;

  double sum() const;
  /// The bond's rate as a part of the sum of the uplinks alone.
  double share() const;
};

/// Prints the figures and what is wrong with them; true if nothing is.
bool print_report(std::FILE* out, const Figures& figures);

}  // namespace wirebraid::demo
