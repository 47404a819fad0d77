#include "bench/throughput/cpu_time.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "twin/lab/process.h"

namespace wirebraid::throughput {
namespace {

TEST(CpuTime, ReadsWhatAProcessIs) {
  const auto softirqs =
      parse_process_stat("14 (ksoftirqd/0) S 2 0 0 0 -1 69238848 0 0 0 0 0 770 0 0 20 0 1 0\n");
  ASSERT_TRUE(softirqs);
  EXPECT_EQ(softirqs->command, "ksoftirqd/0");
  EXPECT_EQ(softirqs->parent, 2);
  EXPECT_TRUE(softirqs->kernel_thread);
  EXPECT_TRUE(softirqs->is_helper());
}

TEST(CpuTime, ReadsACommandWithBracketsAndSpaces) {
  const auto strange = parse_process_stat("77 (a) S 2 (b) R 41 77 77 0 -1 4194304 9 9");
  ASSERT_TRUE(strange);
  EXPECT_EQ(strange->command, "a) S 2 (b");
  EXPECT_EQ(strange->parent, 41);
  EXPECT_FALSE(strange->kernel_thread);
}

TEST(CpuTime, HelpersAreKernelThreads) {
  const auto helper = [](const std::string& command, bool kernel_thread) {
    return ProcessStat{.command = command, .kernel_thread = kernel_thread}.is_helper();
  };
  EXPECT_TRUE(helper("kworker/1:2-events", true));
  EXPECT_TRUE(helper("napi/wire1-8193", true));
  EXPECT_FALSE(helper("kworker/1:2-events", false));
  EXPECT_FALSE(helper("rcu_preempt", true));
  EXPECT_FALSE(helper("wirebraidd", false));
}

TEST(CpuTime, RefusesWhatIsNoProcess) {
  for (const char* text : {"", "14", "14 (x", "14 (x) S", "14 (x) S 2 0 0 0 -1", ")14("}) {
    EXPECT_FALSE(parse_process_stat(text)) << text;
  }
}

TEST(CpuTime, AddsUpTheIdleTimeOfTheMachine) {
  const auto stat = parse_machine_stat(
      "cpu  100 1 50 3000 200 2 30 7 11 0\n"
      "cpu0 50 1 25 1500 100 1 15 3 5 0\n"
      "cpu1 50 0 25 1500 100 1 15 4 6 0\n"
      "intr 12 34\nctxt 5\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->processors, 2u);
  EXPECT_EQ(stat->idle_ticks, 3207u);  // idle, waiting for a disk, stolen
}

TEST(CpuTime, RefusesWhatIsNoMachine) {
  for (const char* text : {"", "intr 1 2\n", "cpu  1 2 3 4 5 6 7 8\n", "cpu0 1 2 3 4 5 6 7 8\n",
                           "cpu  1 2 3\ncpu0 1 2 3\n", "cpu  a b\ncpu0 1\n"}) {
    EXPECT_FALSE(parse_machine_stat(text)) << text;
  }
}

TEST(CpuTime, IsPerTenToTheNine) {
  EXPECT_DOUBLE_EQ(per_gigabyte(3, 1'500'000'000), 2);
  EXPECT_DOUBLE_EQ(per_gigabyte(0, 1'000'000'000), 0);
  EXPECT_DOUBLE_EQ(per_gigabyte(3, 0), 0);
}

TEST(CpuTime, DaemonsTimeIsThatOfAllTheirThreadsEndedOnesToo) {
  const CpuMeter meter({::getpid()});
  const CpuUse before = meter.used();
  // Until it has run for so long, however busy the machine is.
  std::thread([&] {
    while (meter.used().daemons_s < before.daemons_s + 0.02) continue;
  }).join();
  EXPECT_GE(meter.used().daemons_s, before.daemons_s + 0.02);
  EXPECT_GT(meter.used().machine_s, 0);
}

TEST(CpuTime, ADaemonThatHasEndedIsAnError) {
  lab::Process ended({"true"});
  ASSERT_EQ(ended.wait(lab::milliseconds(10'000)), 0);
  EXPECT_THROW(CpuMeter({ended.pid()}), std::system_error);
}

}  // namespace
}  // namespace wirebraid::throughput
