// What the demo does: a lab with two uplinks, wirebraidd at both ends, and three measurements.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "twin/demo/report.h"
#include "twin/demo/table.h"
#include "twin/lab/daemon.h"
#include "twin/lab/topology.h"

namespace wirebraid::demo {

struct ScenarioOptions {
  lab::Programs programs;
  std::string engine{};  ///< for the daemons' --engine; empty: they choose
};

/// A directory in /tmp that is removed with everything in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Every step throws Interrupted on a signal, and lab::CommandFailed or std::runtime_error with a
/// sentence for the user if it cannot be done.
class Scenario {
 public:
  Scenario(const ScenarioOptions& options, Table& table);

  /// Waits until every uplink of the bond is up at both ends.
  void wait_for_bond();
  /// A line about each daemon: how it does its I/O, and why so.
  std::string engines() const;
  Figures measure();
  /// How to look around in what this object has built.
  std::string guide() const;
  /// The end of both daemons' logs.
  std::string log_tails() const;

 private:
  struct Meter;

  double measure_alone(lab::Uplink& only);
  double measure_bond();
  FailureFigures measure_failure();
  double run_iperf(const std::string& heading);
  std::vector<TableRow> rows(Meter& meter) const;
  void expect(const std::function<bool()>& condition, std::chrono::seconds limit,
              const std::string& what);
  bool uplink_is(const std::string& name, bool up, const lab::Daemon& at) const;

  ScenarioOptions options_;
  Table& table_;
  ScratchDirectory scratch_;
  lab::Topology topology_;
  std::optional<lab::Daemon> server_;
  std::optional<lab::Daemon> gateway_;
};

}  // namespace wirebraid::demo
