#include "twin/node/boot_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace wirebraid::node {
namespace {

using namespace std::chrono_literals;

TEST(BootGate, HasSoManyPlacesAndTakesThemBack) {
  BootGate gate(2);
  const std::stop_source stop;
  std::optional<BootGate::Place> first(gate.enter(stop.get_token()));
  const BootGate::Place second = gate.enter(stop.get_token());
  EXPECT_TRUE(*first);
  EXPECT_TRUE(second);
  std::atomic<bool> in = false;
  std::jthread third([&] {
    const BootGate::Place place = gate.enter(stop.get_token());
    in = static_cast<bool>(place);
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(in) << "both places are taken";
  first.reset();
  third.join();
  EXPECT_TRUE(in);
}

TEST(BootGate, NobodyWaitsOnceItIsToStop) {
  BootGate gate(1);
  const std::stop_source never;
  std::stop_source stop;
  const BootGate::Place taken = gate.enter(never.get_token());
  bool got_in = true;
  std::jthread waiting([&] { got_in = static_cast<bool>(gate.enter(stop.get_token())); });
  std::this_thread::sleep_for(20ms);
  stop.request_stop();
  waiting.join();
  EXPECT_FALSE(got_in);
  EXPECT_TRUE(taken);
}

TEST(BootGate, APlaceThatWasNotGotIsNotGivenBack) {
  BootGate gate(1);
  const std::stop_source never;
  std::stop_source stop;
  stop.request_stop();
  {
    const BootGate::Place taken = gate.enter(never.get_token());
    EXPECT_FALSE(gate.enter(stop.get_token()));
    EXPECT_FALSE(gate.enter(stop.get_token()));
  }
  const BootGate::Place again = gate.enter(never.get_token());
  EXPECT_TRUE(again);
  EXPECT_FALSE(gate.enter(stop.get_token())) << "there was one place, and there still is";
}

TEST(BootGate, AMovedPlaceIsGivenBackOnce) {
  BootGate gate(1);
  std::stop_source stop;
  {
    BootGate::Place place = gate.enter(stop.get_token());
    const BootGate::Place moved = std::move(place);
    EXPECT_TRUE(moved);
  }
  const BootGate::Place one = gate.enter(stop.get_token());
  stop.request_stop();
  EXPECT_TRUE(one);
  EXPECT_FALSE(gate.enter(stop.get_token()));
}

TEST(BootGate, LetsEverybodyInInTheEndAndNeverTooMany) {
  BootGate gate(3);
  const std::stop_source stop;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(12);
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        const BootGate::Place place = gate.enter(stop.get_token());
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(5ms);
        --inside;
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 12);
  EXPECT_LE(most, 3);
}

}  // namespace
}  // namespace wirebraid::node
