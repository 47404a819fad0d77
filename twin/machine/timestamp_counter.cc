#include "twin/machine/timestamp_counter.h"

#include <chrono>
#include <cstdint>
#include <thread>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace wirebraid::machine {

unsigned timestamp_counter_khz() {
#if defined(__x86_64__)
  static const unsigned measured = [] {
    using Clock = std::chrono::steady_clock;
    // What is read on both sides of the clock takes nanoseconds: an error of 1e-6 in this time.
    constexpr std::chrono::milliseconds kTime(100);
    const auto begin = Clock::now();
    const uint64_t first = __rdtsc();
    std::this_thread::sleep_for(kTime);
    const auto end = Clock::now();
    const uint64_t ticks = __rdtsc() - first;
    const std::chrono::duration<double, std::milli> took = end - begin;
    return static_cast<unsigned>(static_cast<double>(ticks) / took.count());
  }();
  return measured;
#else
  return 0;
#endif
}

}  // namespace wirebraid::machine
