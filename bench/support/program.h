// What the measuring programs' main() have in common.
#pragma once

#include <cstdio>
#include <exception>

#include "twin/lab/interrupt.h"

namespace wirebraid::bench {

// Exit statuses.
inline constexpr int kGood = 0;    ///< all figures are as promised
inline constexpr int kPoor = 1;    ///< some are not
inline constexpr int kCannot = 2;  ///< something could not be measured
inline constexpr int kInterrupted = 130;

/// The status that `work()` returns, or what comes of a signal or an exception in it; `name` is the
/// program's, for messages.
template <typename Work>
int run_program(const char* name, Work work) {
  try {
    return work();
  } catch (const lab::Interrupted&) {
    std::fprintf(stderr, "\n%s: interrupted, all removed\n", name);
    return kInterrupted;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return kCannot;
  }
}

}  // namespace wirebraid::bench
