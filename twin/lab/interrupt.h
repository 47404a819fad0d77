// Ctrl-C and termination, turned into an exception at the program's next step, so that everything
// it has made is removed by destructors.
#pragma once

#include <chrono>
#include <exception>

namespace wirebraid::lab {

struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag.
void catch_signals();
bool interrupted();
/// Returns at `when`; throws Interrupted within 50 ms of a signal.
void sleep_until(std::chrono::steady_clock::time_point when);

}  // namespace wirebraid::lab
