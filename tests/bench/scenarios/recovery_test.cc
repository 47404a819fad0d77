#include "bench/scenarios/recovery.h"

#include <gtest/gtest.h>

namespace wirebraid::scenarios {
namespace {

using std::chrono::milliseconds;

class RecoveryTest : public ::testing::Test {
 protected:
  /// `bits_per_second` from one millisecond to before another, of the flow.
  void flow(int from_ms, int to_ms, double bits_per_second) {
    for (int at = from_ms; at < to_ms; ++at) {
      log_.arrival(start_ + milliseconds(at), static_cast<uint64_t>(bits_per_second / 8 / 1000));
    }
  }
  Recovery find(int from_ms, int to_ms, double wanted) const {
    return find_recovery(log_, start_ + milliseconds(from_ms), start_ + milliseconds(to_ms),
                         wanted);
  }

  lab::ArrivalLog::TimePoint start_{std::chrono::hours(1)};
  lab::ArrivalLog log_{start_};
};

TEST_F(RecoveryTest, BeginsBehindTheStall) {
  flow(0, 1040, 50e6);  // what was under way arrives after the fault at 1000
  flow(1300, 4000, 18e6);
  const Recovery recovery = find(1000, 4000, 16e6);
  // The last window that reaches it begins at 1290: 90 ms of it flow.
  EXPECT_EQ(recovery.first, milliseconds(390));
  ASSERT_TRUE(recovery.steady);
  EXPECT_GE(*recovery.steady, milliseconds(160));
  EXPECT_LE(*recovery.steady, milliseconds(300));
}

TEST_F(RecoveryTest, ABurstIsNotSteady) {
  flow(0, 1000, 50e6);
  flow(1200, 1300, 60e6);  // what was held back
  flow(1300, 4000, 1e6);
  const Recovery recovery = find(1000, 4000, 16e6);
  EXPECT_TRUE(recovery.first);
  EXPECT_FALSE(recovery.steady);
}

TEST_F(RecoveryTest, NothingToRecoverFrom) {
  flow(0, 4000, 20e6);
  const Recovery recovery = find(1000, 4000, 16e6);
  EXPECT_EQ(recovery.first, milliseconds(0));
  EXPECT_EQ(recovery.steady, milliseconds(0));
}

TEST_F(RecoveryTest, Never) {
  flow(0, 1000, 50e6);
  const Recovery recovery = find(1000, 4000, 16e6);
  EXPECT_FALSE(recovery.first);
  EXPECT_FALSE(recovery.steady);
}

}  // namespace
}  // namespace wirebraid::scenarios
