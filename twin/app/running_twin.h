// What the commands that run a twin themselves have in common: options, and a display of its boot.
#pragma once

#include <functional>

#include "twin/app/command.h"
#include "twin/mesh/twin.h"
#include "twin/topology/reader.h"

namespace wirebraid::twin {

/// --memory, --boots-at-once, --accelerator
void add_twin_options(CommandLine& line);
/// For nodes that start with `image`. Tries KVM if it is there. Throws UsageError and
/// firmware::ImageError.
mesh::TwinOptions twin_options(const CommandLine& line, const std::filesystem::path& image,
                               const Streams& streams);

/// What is not as the topology has it.
void print_remarks(const mesh::Twin& twin, const Streams& streams);

/// Shows how many nodes are where, until all run or have failed, or `stop`. Whether all run.
bool watch_boot(mesh::Twin& twin, const Streams& streams, const std::function<bool()>& stop);

}  // namespace wirebraid::twin
