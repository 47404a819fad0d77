#include "bench/scenarios/end_points.h"

#include <exception>

namespace wirebraid::scenarios {

EndPoints::EndPoints(const lab::Topology& topology, bool strict)
    : topology_(topology), strict_(strict) {
  if (strict_) set("0", "3", "3");
}

EndPoints::~EndPoints() {
  if (!strict_) return;
  try {
    set("1", "3", "300");            // the kernel's defaults
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a namespace on its way out
  }
}

void EndPoints::set(const char* recovery, const char* reordering,
                    const char* max_reordering) const {
  for (const lab::Namespace* each : {&topology_.lan(), &topology_.target()}) {
    each->sysctl("ipv4/tcp_recovery", recovery);
    each->sysctl("ipv4/tcp_max_reordering", max_reordering);
    each->sysctl("ipv4/tcp_reordering", reordering);
  }
}

}  // namespace wirebraid::scenarios
