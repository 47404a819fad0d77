// Writes a topology file that reader.h reads back to an equal topology.
#pragma once

#include <optional>
#include <string>

#include "twin/topology/topology.h"

namespace wirebraid::topology {

/// One node or link per line, so that two files can be compared. Keys that say nothing are left
/// out. The topology must be one that check_topology() finds good.
std::string write_topology(const Topology& topology);

/// Writes to a file beside it first and renames that, so that `path` is the old file or the whole
/// new one. Returns what went wrong; nullopt: nothing.
std::optional<std::string> save_text(const std::string& text, const std::string& path);

}  // namespace wirebraid::topology
