// One demo at a time on a host, and one that stays when the command has returned.
#pragma once

#include <sys/types.h>

#include <functional>

namespace wirebraid::demo {

/// Marks this process as the running demo until it ends. Returns 0, or the process id of the demo
/// that runs already. The interface names and control sockets allow for one only.
pid_t become_the_demo();

/// Ends a running demo and waits until it has cleaned up. False if there was none, or it does not
/// end within 15 seconds; says which on standard error.
bool end_running_demo();

/// Runs `job` in a child of its own session and returns what it passes to `done` (or its exit
/// status, if it ends without). The child may go on after that; its output is then detached from
/// the terminal. A signal to us before that goes to the child.
int run_detached(const std::function<int(const std::function<void(int)>& done)>& job);

}  // namespace wirebraid::demo
