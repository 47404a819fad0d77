// busybox's ping: what it is asked, and what it says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::check {

struct PingReport {
  unsigned sent = 0;
  unsigned received = 0;
  double least_ms = 0;
  double mean_ms = 0;
  /// Most packets in a row that were not answered.
  unsigned longest_loss = 0;
};

/// Of a whole output of ping. What is not there is 0.
PingReport parse_ping(std::string_view output);

}  // namespace wirebraid::check
