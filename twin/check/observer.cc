#include "twin/check/observer.h"

#include <atomic>
#include <thread>

namespace wirebraid::check {

void in_parallel(size_t count, const std::function<void(size_t)>& work) {
  constexpr size_t kThreads = 6;
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(count, kThreads); ++i) {
    threads.emplace_back([&] {
      for (size_t mine = next++; mine < count; mine = next++) work(mine);
    });
  }
  for (std::thread& each : threads) each.join();
}

void Observer::look() {
  std::vector<NodeFacts> facts(twin_.size());
  in_parallel(twin_.size(), [&](size_t i) { facts[i] = ask(twin_.node(i), log_from_[i]); });
  facts_ = std::move(facts);
}

void Observer::forget_logs() {
  for (size_t i = 0; i < twin_.size(); ++i) log_from_[i] = twin_.node(i).log_bytes();
}

Results Observer::settle(milliseconds limit, const std::function<bool()>& stop) {
  constexpr milliseconds kPause(1000);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    look();
    Results results = check_view(view());
    const bool good = count(results, Outcome::failed) == 0;
    if (good || stop() || std::chrono::steady_clock::now() + kPause > deadline) return results;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace wirebraid::check
