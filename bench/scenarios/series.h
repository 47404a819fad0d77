// What is recorded while a flow runs, for the picture.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wirebraid::scenarios {

/// Times are seconds since the start of the flow.
struct Sample {
  double at = 0;                                    ///< the end of the interval
  std::vector<double> uplink_bps{};                 ///< delivered by each emulated link
  std::vector<std::optional<double>> uplink_rtt{};  ///< ms, as the sending daemon tells
  double flow_bps = 0;                              ///< received by the flow
  double out_of_order = 0;                          ///< packets of the flow, per second
  double retransmits = 0;                           ///< likewise
};

struct Point {
  double at = 0;
  double value = 0;
};

struct Mark {
  double at = 0;
  std::string text;
};

struct Series {
  std::vector<std::string> uplinks{};
  std::vector<Sample> samples{};
  std::vector<Point> ping{};              ///< by time of sending; ms
  std::vector<double> probe_reordered{};  ///< when a numbered UDP packet came after a later one
  std::vector<Mark> marks{};
};

}  // namespace wirebraid::scenarios
