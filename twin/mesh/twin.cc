#include "twin/mesh/twin.h"

#include <sys/resource.h>

#include <thread>

#include "twin/mesh/node_files.h"

namespace wirebraid::mesh {
namespace {

/// Every wire takes four descriptors, and what a login allows is for a hundred of them.
void allow_many_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Twin::Twin(topology::Topology topology, const TwinOptions& options, Platform& platform)
    : topology_(std::move(topology)),
      plan_(make_plan(topology_, platform)),
      gate_(options.boots_at_once),
      boot_files_(options.directory / "boot") {
  allow_many_files();
  for (size_t i = 0; i < plan_.wires.size(); ++i) wires_.add(plan_.wires[i], options.seed + i);
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    const topology::Node& from = topology_.nodes[i];
    node::NodeOptions node{
        .name = from.id, .accelerator = options.accelerator, .memory_mib = options.memory_mib};
    if (from.role == topology::Role::gateway || from.role == topology::Role::server) {
      node.memory_mib += kTunnelMemoryMib;
    }
    for (const Card& card : plan_.nodes[i].cards) {
      node.cards.push_back({wires_.machine_end(card.link, card.end), card.mac});
    }
    if (i == options.with_further_disks) node.further_disks = options.further_disks;
    node::Disk disk = node::Disk::make(options.directory / "nodes" / from.id, options.image,
                                       node_files(plan_, i), options.data_bytes);
    nodes_.push_back(
        std::make_unique<node::Node>(std::move(node), std::move(disk), gate_, boot_files_));
  }
}

node::Node* Twin::find(std::string_view id) {
  for (const auto& node : nodes_) {
    if (node->name() == id) return node.get();
  }
  return nullptr;
}

void Twin::power_on_all() {
  for (const auto& node : nodes_) node->power_on();
}

void Twin::power_off_all() {
  std::vector<std::thread> threads;
  for (const auto& node : nodes_) threads.emplace_back([&node] { node->power_off(); });
  for (std::thread& each : threads) each.join();
}

}  // namespace wirebraid::mesh
