// What the demo does: a lab with two uplinks, wirebraidd at both ends, and three measurements.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "twin/demo/report.h"
#include "twin/demo/table.h"
#include "twin/lab/bonded_lab.h"

namespace wirebraid::demo {

struct ScenarioOptions {
  lab::Programs programs;
  std::string engine{};  ///< for the daemons' --engine; empty: they choose
};

/// Every step throws lab::Interrupted on a signal, and lab::CommandFailed or std::runtime_error
/// with a sentence for the user if it cannot be done.
class Scenario {
 public:
  Scenario(const ScenarioOptions& options, Table& table);

  lab::BondedLab& lab() { return lab_; }
  Figures measure();
  /// How to look around in what this object has built.
  std::string guide() const;

 private:
  struct Meter;

  double measure_alone(const lab::Uplink& only);
  double measure_bond();
  FailureFigures measure_failure();
  double run_iperf(const std::string& heading);
  std::vector<TableRow> rows(Meter& meter) const;

  ScenarioOptions options_;
  Table& table_;
  lab::BondedLab lab_;
};

}  // namespace wirebraid::demo
