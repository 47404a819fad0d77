#include "bench/scale/measure.h"

#include <gtest/gtest.h>

#include "tests/support/heap.h"

namespace wirebraid::scale {
namespace {

using namespace std::chrono_literals;

Figures measure_some(size_t gateways, const crypto::AeadBackend* cipher) {
  MeasureOptions options;
  options.world.gateways = gateways;
  options.world.cipher = cipher;
  options.active_share = 0.1;
  options.active_time = 5s;
  options.idle_time = 1s;
  return measure(options, [](const std::string&) {});
}

// docs/performance.md: at most 2 KiB per idle session with its share of the bond, also of bonds
// that have had traffic before.
TEST(Scale, AnIdleSessionIsSmallWithEveryCipher) {
  if (!wirebraid::testing::kHeapIsKnown) GTEST_SKIP() << "the heap's size is not known here";
  for (const auto& cipher : crypto::make_aead_backends()) {
    EXPECT_LE(measure_some(200, cipher.get()).bytes_per_session, 2048) << cipher->name();
  }
}

TEST(Scale, AllSessionsComeBackAfterARestart) {
  const Figures figures = measure_some(20, nullptr);
  EXPECT_EQ(figures.sessions, 60u);
  EXPECT_NE(figures.recovery.all, Duration{});
  EXPECT_EQ(figures.recovery.datagrams_lost, 0u);
}

// 600 sessions fit into the server's receive buffer, so it takes a small one to lose some.
TEST(Scale, AllSessionsComeBackThroughAFullReceiveBuffer) {
  World world({.gateways = 200, .receive_buffer = 100});
  world.connect(10s);
  world.run_for(20s);
  ASSERT_EQ(world.paths_up(), world.sessions());
  world.stop_server();
  world.start_server();
  EXPECT_EQ(world.sessions_up(), 0u);
  const uint64_t lost = world.work().datagrams_lost;
  world.renew(1ms);
  world.run_for(60s);
  EXPECT_EQ(world.paths_up(), world.sessions());
  EXPECT_GT(world.work().datagrams_lost, lost);
}

}  // namespace
}  // namespace wirebraid::scale
