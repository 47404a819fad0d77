// Checks that do something to a running twin: send, measure, cut, restart. Each leaves the twin as
// it found it. They need a look() of the observer before them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "twin/check/observer.h"
#include "twin/check/result.h"

namespace wirebraid::check {

/// Every node to every other in its mesh and to the internet; beyond kAllPairs nodes to some of
/// them. Round-trip times are compared with what the links on the way have.
Results try_pings(Observer& observer);
inline constexpr size_t kAllPairs = 12;

/// TCP from a household of each gateway to it, and from each gateway to its server, both ways.
Results try_throughput(Observer& observer);

/// The kernel's WireGuard at exits with wirebraid at gateways, asked from either side.
Results try_interop(Observer& observer);

/// Every mode of wirebraid's bonds.
Results try_modes(Observer& observer);

/// An uplink of each gateway swallows everything, and comes back: the longest time without
/// delivery.
Results try_failover(Observer& observer);

/// The first gateway restarts; everything is as before in the end.
Results try_gateway_reboot(Observer& observer);

/// A link of the mesh goes and comes back, one with a way around it if there is one.
Results try_link_flap(Observer& observer);

/// Each file in `directory` runs on each node as a shell script: 0 is good, 77 there was nothing to
/// check, all else has failed; its output is the evidence.
Results try_scripts(Observer& observer, const std::filesystem::path& directory);

/// Whether the nodes' configuration is what it was.
Results compare_configuration(const topology::Topology& topology,
                              const std::vector<NodeFacts>& before,
                              const std::vector<NodeFacts>& after);

/// How long a mesh may take to be as it should again.
inline constexpr milliseconds kSettleLimit{150'000};

}  // namespace wirebraid::check
