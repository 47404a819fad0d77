// A running twin: the nodes of a topology as virtual machines, and the wires between them.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "twin/fabric/socket_wires.h"
#include "twin/mesh/plan.h"
#include "twin/node/node.h"
#include "twin/topology/topology.h"

namespace wirebraid::mesh {

/// What wirebraid and the tests through it take. With less, a gateway reads its programs again and
/// again from its disk.
inline constexpr unsigned kTunnelMemoryMib = 64;

struct TwinOptions {
  std::filesystem::path directory;  ///< for disks and logs; made if it is not there
  std::filesystem::path image;      ///< the firmware that all start with
  machine::Accelerator accelerator = machine::Accelerator::tcg;
  unsigned memory_mib = 112;  ///< of a node; gateways and servers have kTunnelMemoryMib more
  unsigned boots_at_once = 2;
  uint64_t seed = 1;                           ///< of the wires' chances
  uint64_t data_bytes = 256ULL << 20;          ///< of each node's data disk at most; sparse
  std::vector<machine::Disk> further_disks{};  ///< that one node has besides
  size_t with_further_disks = 0;               ///< that node
};

/// Ends all machines with this object. Thread-safe but for its making.
class Twin {
 public:
  /// Makes all disks; nothing runs yet. The topology must be good. Throws node::DiskError,
  /// firmware::ImageError, std::system_error.
  Twin(topology::Topology topology, const TwinOptions& options, Platform& platform);
  ~Twin() { power_off_all(); }
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  const topology::Topology& topology() const { return topology_; }
  const Plan& plan() const { return plan_; }
  fabric::SocketWires& wires() { return wires_; }

  size_t size() const { return nodes_.size(); }
  node::Node& node(size_t index) { return *nodes_[index]; }
  /// By id; nullptr if there is none.
  node::Node* find(std::string_view id);
  void power_on_all();
  /// All at once, so that it takes no longer than one.
  void power_off_all();

 private:
  topology::Topology topology_;
  Plan plan_;
  fabric::SocketWires wires_;
  node::BootGate gate_;
  node::BootFiles boot_files_;
  std::vector<std::unique_ptr<node::Node>> nodes_;
};

}  // namespace wirebraid::mesh
