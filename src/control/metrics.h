// A status as metrics in the text format of Prometheus (version 0.0.4).
//
// The traffic of sessions has the names that WireGuard's exporters use, what only wirebraid knows
// begins with wirebraid_. Base units (seconds, bytes, ratios); counters end in _total. Never an
// endpoint's address as a label: it would make a new series with each change, and tell who is
// where.
#pragma once

#include <string>
#include <vector>

#include "control/status.h"

namespace wirebraid::control {

/// All series of all interfaces, each metric's together, as the format wants it. Empty without an
/// interface.
std::string render_metrics(const std::vector<InterfaceStatus>& interfaces);

}  // namespace wirebraid::control
