// Hundreds of short runs over random faults: whatever happens below, every inner packet is
// delivered at most once, in the order of its flow and unaltered, none is kept for ever, memory
// stays bounded, and traffic comes through again once everything is mended. See invariant_test.cc
// for long runs and for the one thing that is allowed.
//
// WIREBRAID_SCHEDULES=N runs N of them, WIREBRAID_SCHEDULE=S only that of seed S, which is printed
// whether it fails or not.
#include "tests/core/sim/schedule.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/core/sim/budget.h"

namespace wirebraid::sim {
namespace {

constexpr uint64_t kShards = 10;  // for ctest to run beside each other

/// False if it failed.
bool run(uint64_t seed) {
  // The simulator has expectations of its own.
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const int before = info->result()->total_part_count();
  const Schedule schedule = make_schedule(seed);
  const ScheduleResult result = run_schedule(schedule);
  if (result.failures.empty() && info->result()->total_part_count() == before) return true;
  std::string text;
  for (const auto& failure : result.failures) text += failure + "\n";
  ADD_FAILURE() << text << schedule.describe() << "WIREBRAID_SCHEDULE=" << seed
                << " repeats it alone";
  return false;
}

class Schedules : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Schedules, KeepTheInvariants) {
  const uint64_t only = from_environment("WIREBRAID_SCHEDULE", 0);
  if (only != 0) {
    if (only % kShards != GetParam()) GTEST_SKIP() << "in another shard";
    std::printf("%s", make_schedule(only).describe().c_str());
    run(only);
    return;
  }
  const uint64_t count = from_environment("WIREBRAID_SCHEDULES", kSanitized ? 40 : 500);
  std::string failed;
  for (uint64_t seed = 1; seed <= count; ++seed) {
    if (seed % kShards == GetParam() && !run(seed)) failed += " " + std::to_string(seed);
  }
  if (!failed.empty()) std::printf("failed seeds:%s\n", failed.c_str());
}

INSTANTIATE_TEST_SUITE_P(Shard, Schedules, ::testing::Range<uint64_t>(0, kShards),
                         [](const auto& shard) { return std::to_string(shard.param); });

}  // namespace
}  // namespace wirebraid::sim
