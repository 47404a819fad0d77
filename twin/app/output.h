// Where commands put the topology that they make.
#pragma once

#include "twin/app/command.h"
#include "twin/topology/topology.h"

namespace wirebraid::twin {

/// --output FILE
void add_output_option(CommandLine& line);

/// To the file that --output names, or to standard output. Returns the exit code.
int write_out(const topology::Topology& topology, const CommandLine& line, const Streams& streams);

}  // namespace wirebraid::twin
