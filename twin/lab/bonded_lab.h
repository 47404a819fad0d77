// A Topology with wirebraidd at both ends and one bond over all of its uplinks.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "twin/lab/bond_config.h"
#include "twin/lab/daemon.h"
#include "twin/lab/scratch_directory.h"
#include "twin/lab/topology.h"

namespace wirebraid::lab {

struct BondedLabOptions {
  std::vector<UplinkOptions> uplinks;
  Programs programs;
  BondConfigOptions config{};
  std::string engine{};        ///< for the daemons' --engine; empty: they choose
  std::string prefix = "wb-";  ///< of the interfaces' names, which are unique on a host
};

/// The waiting members throw Interrupted on a signal, and std::runtime_error with a sentence for
/// the user if what they wait for does not come, or a daemon ends.
class BondedLab {
 public:
  /// Builds everything and starts the daemons. Throws std::system_error or CommandFailed.
  explicit BondedLab(const BondedLabOptions& options);

  Topology& topology() { return topology_; }
  const Topology& topology() const { return topology_; }
  const Daemon& gateway() const { return *gateway_; }
  const Daemon& server() const { return *server_; }
  /// Configuration files and logs.
  const std::filesystem::path& files() const { return scratch_.path(); }

  /// Waits until every uplink of the bond is up at both ends.
  void wait_for_bond();
  /// Takes the carrier from all other uplinks and waits until the gateway knows.
  void use_only(const Uplink& only);
  /// The reverse: takes the carrier from `left_out` only.
  void use_without(const Uplink& left_out);
  /// Undoes either and waits for the bond.
  void use_all();

  /// A line about each daemon: how it does its I/O, and why so.
  std::string engines() const;
  /// The end of both daemons' logs.
  std::string log_tails() const;

 private:
  void start(std::optional<Daemon>& daemon, const Namespace& inside, const std::string& interface,
             const std::string& config);
  void use_those(const std::function<bool(const Uplink&)>& used);
  void expect(const std::function<bool()>& condition, const std::string& what);

  BondedLabOptions options_;
  ScratchDirectory scratch_{"wirebraid-lab"};
  Topology topology_;
  std::optional<Daemon> server_;
  std::optional<Daemon> gateway_;
};

/// wirebraidd and wirebraid of the build that the running program, two directories below its top,
/// belongs to.
std::string own_build();

/// Throws std::runtime_error with a sentence for the user if this process may not build a lab.
void require_rights();

}  // namespace wirebraid::lab
