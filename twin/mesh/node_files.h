// The configuration of a node of the plan, as files of the twin's own firmware.
#pragma once

#include "twin/mesh/plan.h"
#include "twin/node/disk.h"

namespace wirebraid::mesh {

/// What is in /etc/config and /etc/wirebraid of the node.
node::Files node_files(const Plan& plan, size_t node);

}  // namespace wirebraid::mesh
