#include "twin/lab/interrupt.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace wirebraid::lab {
namespace {

// A signal handler has no other way to reach the program than a global.
std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { signalled = true; };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // output into a closed pipe must not keep us from cleaning up
}

bool interrupted() { return signalled; }

void sleep_until(std::chrono::steady_clock::time_point when) {
  while (true) {
    if (signalled) throw Interrupted();
    const auto now = std::chrono::steady_clock::now();
    if (now >= when) return;
    std::this_thread::sleep_until(std::min(when, now + std::chrono::milliseconds(50)));
  }
}

}  // namespace wirebraid::lab
