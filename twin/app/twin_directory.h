// Where a running twin is: what all commands that talk to one have in common.
#pragma once

#include <filesystem>

#include "twin/app/command.h"
#include "twin/keeper/protocol.h"

namespace wirebraid::twin {

/// --directory DIR
void add_directory_option(CommandLine& line);
/// What --directory names; else $WIREBRAID_TWIN, else "twin" below $XDG_RUNTIME_DIR or /tmp.
std::filesystem::path directory_of(const CommandLine& line);
/// Asks the twin there.
keeper::Json ask_twin(const CommandLine& line, const keeper::Json& request);

}  // namespace wirebraid::twin
