// Everything measured in one run of the program.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/throughput/load.h"
#include "bench/throughput/system.h"

namespace wirebraid::throughput {

struct Run {
  std::vector<SystemSpec> systems;
  std::vector<Load> loads;
  std::map<std::string, std::string> about{};  ///< by system
  /// By load, then by system; one per repeat.
  std::map<std::string, std::map<std::string, std::vector<Measurement>>> results{};
  std::vector<std::string> errors{};  ///< sentences about what could not be measured

  /// Empty if there are none.
  const std::vector<Measurement>& of(const std::string& load, const std::string& system) const;
};

/// Adds one measurement of every load through every system. All systems stand side by side, idle
/// but for the one that is measured, and take turns in each load. `progress` hears what is being
/// done. What goes wrong with one system is noted in `run.errors`; throws lab::Interrupted.
void measure_all(Run& run, const ProgramPaths& programs, std::chrono::seconds duration,
                 const std::function<void(const std::string&)>& progress);

}  // namespace wirebraid::throughput
