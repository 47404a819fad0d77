#include "core/wireguard/index_table.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>

#include "core/wireguard/peer.h"
#include "tests/support/fake_platform.h"

namespace wirebraid::wireguard {
namespace {

TEST(WorkerBits, AreAsFewAsTellAllWorkersApart) {
  EXPECT_EQ(worker_bits(1), 0u);
  EXPECT_EQ(worker_bits(2), 1u);
  EXPECT_EQ(worker_bits(3), 2u);
  EXPECT_EQ(worker_bits(4), 2u);
  EXPECT_EQ(worker_bits(5), 3u);
  EXPECT_EQ(worker_bits(kMaxWorkers), 6u);
  EXPECT_EQ(worker_of(0xffff'ffff, 1), WorkerId{0});
  EXPECT_EQ(worker_of(0xffff'fffe, 2), WorkerId{0});
  EXPECT_EQ(worker_of(0xffff'ffff, 3), WorkerId{3});
}

TEST(IndexTable, IndicesTellTheirWorkerAndAreRandomBeside) {
  wirebraid::testing::FakePlatform platform;
  PeerState peer{PublicKey()};
  for (const uint32_t workers : {1u, 2u, 3u, kMaxWorkers}) {
    for (const uint32_t worker : {0u, workers - 1}) {
      IndexTable table({.worker = static_cast<WorkerId>(worker), .workers = workers});
      std::set<uint32_t> seen;
      uint32_t ones = 0;
      uint32_t zeros = 0;
      for (int i = 0; i < 1000; ++i) {
        const uint32_t index = table.insert(peer, platform);
        EXPECT_EQ(worker_of(index, workers), static_cast<WorkerId>(worker));
        EXPECT_EQ(table.find(index), &peer);
        seen.insert(index);
        ones |= index;
        zeros |= ~index;
      }
      EXPECT_EQ(seen.size(), 1000u);
      EXPECT_EQ(static_cast<unsigned>(std::popcount(ones & zeros)), 32 - worker_bits(workers));
    }
  }
}

}  // namespace
}  // namespace wirebraid::wireguard
