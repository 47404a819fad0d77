// The picture of one flow: rate per uplink, round trips and reordering over time. Pure.
#pragma once

#include <optional>
#include <string>

#include "bench/scenarios/series.h"

namespace wirebraid::scenarios {

struct PictureOptions {
  std::string title;
  std::string subtitle{};
  std::optional<double> sum_bps{};    ///< what the uplinks give alone, for a line across
  std::optional<double> warm_up_s{};  ///< what comes before does not count
};

/// An SVG document.
std::string draw(const Series& series, const PictureOptions& options);

}  // namespace wirebraid::scenarios
