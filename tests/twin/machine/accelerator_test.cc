#include "twin/machine/accelerator.h"

#include <gtest/gtest.h>

namespace wirebraid::machine {
namespace {

using std::chrono::seconds;

TEST(Accelerator, AMachineRunsWithoutKvm) { EXPECT_TRUE(runs(Accelerator::tcg, seconds(60))); }

TEST(Accelerator, IsFoundInTimeEvenWhereKvmHangs) {
  const auto start = std::chrono::steady_clock::now();
  const AcceleratorChoice choice = find_accelerator(seconds(5));
  EXPECT_FALSE(choice.reason.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(30));
  EXPECT_TRUE(runs(choice.accelerator, seconds(60))) << choice.reason;
}

}  // namespace
}  // namespace wirebraid::machine
