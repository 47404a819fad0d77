// Threads that stand for hardware, or for hosts of their own, on a machine that is busy with
// others.
#pragma once

namespace wirebraid::fabric {

/// Gives the calling thread real-time priority and exact timers, so that a busy machine does not
/// delay it. Where real-time scheduling is not permitted, the ordinary scheduler has to do.
void become_hardware();

}  // namespace wirebraid::fabric
