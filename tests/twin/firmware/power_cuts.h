// Every state in which a power failure can leave a disk while a program changes it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wirebraid::firmware {

/// Files by their name below the disk; a directory's contents are "/".
using DiskState = std::map<std::string, std::string>;

DiskState read_state(const std::filesystem::path& disk, const std::vector<std::string>& parts);
void write_state(const DiskState& state, const std::filesystem::path& disk);

struct PowerCuts {
  int status = -1;          ///< of the command, as a shell has it
  size_t system_calls = 0;  ///< that may have changed something
  size_t states = 0;        ///< that differ
};

/// Runs `command` step by step, and gives every state to `check` in which a failure of power could
/// leave `parts` (files and directories) of `disk`. What has been written and not been synced since
/// may have reached the disk or not, for each part by itself. A state that comes again is given
/// once. Nothing is read from the system calls but which they are: the disk itself is looked at.
PowerCuts cut_power_everywhere(const std::vector<std::string>& command,
                               const std::vector<std::string>& environment,
                               const std::filesystem::path& disk,
                               const std::vector<std::string>& parts,
                               const std::function<void(const DiskState&)>& check);

}  // namespace wirebraid::firmware
