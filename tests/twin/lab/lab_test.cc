// What the lab promises: nothing is left behind, whatever happens.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "twin/lab/namespace.h"
#include "twin/lab/process.h"
#include "twin/lab/socket.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/topology.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::lab {
namespace {

bool exists(const std::string& name) { return std::filesystem::exists("/run/netns/" + name); }

/// Dead, or dead and not yet buried.
bool dead(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  file >> number >> name >> state;
  return !file || state == "Z";
}

TEST(Namespace, IsRemovedAfterAnException) {
  std::string name;
  try {
    const Namespace inside("thrown");
    name = inside.name();
    EXPECT_TRUE(exists(name));
    inside.run([] { throw std::runtime_error("test"); });
    FAIL() << "not passed on";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "test");
  }
  EXPECT_FALSE(exists(name));
}

TEST(Namespace, IsAWorldOfItsOwn) {
  const Namespace inside("own");
  inside.ip("link add dummy-x type veth peer name dummy-y");
  EXPECT_EQ(run_command({"ip", "link"}).find("dummy-x"), std::string::npos);
  EXPECT_NE(run_command({"ip", "link"}, {.inside = &inside}).find("dummy-x"), std::string::npos);
  inside.sysctl("ipv4/ip_forward", "1");
  EXPECT_EQ(run_command({"cat", "/proc/sys/net/ipv4/ip_forward"}, {.inside = &inside}), "1\n");
  EXPECT_THROW(inside.sysctl("ipv4/no_such_key", "1"), std::system_error);
  EXPECT_THROW(inside.ip("link set no-such-device up"), CommandFailed);
}

TEST(Namespace, OfAKilledOwnerIsRemovedByTheNextRun) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const Namespace inside("killed");
    [[maybe_unused]] const auto n = ::write(ready[1], "x", 1);
    while (true) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const std::string name = "wb" + std::to_string(child) + "-killed";
  EXPECT_TRUE(exists(name));
  const Namespace mine("alive");
  remove_leftovers();
  EXPECT_TRUE(exists(name)) << "its owner lives";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_GE(remove_leftovers(), 1);
  EXPECT_FALSE(exists(name));
  EXPECT_TRUE(exists(mine.name()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Process, GivesOutputErrorsAndStatus) {
  Process process({"sh", "-c", "cat; echo wrong >&2; exit 3"}, {.input = "hello"});
  EXPECT_EQ(process.wait(milliseconds(5000)), 3);
  EXPECT_EQ(process.output(), "hello");
  EXPECT_EQ(process.errors(), "wrong\n");
  EXPECT_THROW(run_command({"false"}), CommandFailed);
  EXPECT_THROW(Process({"no-such-program"}), std::system_error);
  EXPECT_EQ(run_command({"sh", "-c", "echo $WB_TEST"}, {.environment = {"WB_TEST=7"}}), "7\n");
}

TEST(Process, EndsWithItsObjectEvenIfItIgnoresTermination) {
  pid_t pid = 0;
  {
    Process process({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 100; done"});
    pid = process.pid();
    ASSERT_TRUE(wait_until([&] { return process.output() == "ready\n"; }, milliseconds(5000)));
    EXPECT_FALSE(process.wait(milliseconds(1)));
    EXPECT_EQ(process.stop(milliseconds(50)), 128 + SIGKILL);
  }
  EXPECT_TRUE(dead(pid));
}

TEST(Process, DiesWithItsParent) {
  int report[2];
  ASSERT_EQ(::pipe(report), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const Process process({"sleep", "1000"});
    const pid_t pid = process.pid();
    [[maybe_unused]] const auto n = ::write(report[1], &pid, sizeof pid);
    while (true) ::pause();
  }
  pid_t pid = 0;
  ASSERT_EQ(::read(report[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  EXPECT_FALSE(dead(pid));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(wait_until([&] { return dead(pid); }, milliseconds(5000)));
  ::close(report[0]);
  ::close(report[1]);
}

TEST(Socket, ReportsABadAddress) {
  EXPECT_THROW(Endpoint("192.0.2.999", 1), std::invalid_argument);
}

class TopologyTest : public ::testing::Test {
 protected:
  Topology lab_{{{"dsl", symmetric(50'000'000, milliseconds(15))},
                 {"lte", symmetric(20'000'000, milliseconds(60))}}};
};

TEST_F(TopologyTest, EachUplinkReachesTheServerByItsOwnDevice) {
  for (Uplink& uplink : lab_.uplinks()) {
    const uint64_t before = uplink.wire().statistics(fabric::End::a).delivered_frames;
    for (const char* server : {address::kServer4, address::kServer6}) {
      run_command({"ping", "-c", "1", "-W", "2", "-I", uplink.device(), server},
                  {.inside = &lab_.gateway()});
    }
    EXPECT_GE(uplink.wire().statistics(fabric::End::a).delivered_frames, before + 2);
  }
}

TEST_F(TopologyTest, NothingLeadsFromLanToTargetWithoutATunnel) {
  EXPECT_THROW(
      run_command({"ping", "-c", "1", "-W", "1", address::kTarget4}, {.inside = &lab_.lan()}),
      CommandFailed);
}

TEST_F(TopologyTest, TrafficToolsMeasureAnUplink) {
  TcpFlow flow(lab_.server(), lab_.gateway(),
               {.address = address::kServer4, .bytes = 3'000'000, .device = "lte0"});
  const auto report = flow.finish();
  EXPECT_TRUE(report.intact);
  EXPECT_LT(report.bits_per_second(), 20e6);
  UdpProbe probe(lab_.gateway(), lab_.server(), {.address = address::kServer6});
  std::this_thread::sleep_for(milliseconds(200));
  const auto counted = probe.finish();
  EXPECT_GE(counted.sent, 50u);
  EXPECT_EQ(counted.lost(), 0u);
}

TEST_F(TopologyTest, AFlowThatBreaksIsNotIntact) {
  TcpFlow flow(lab_.server(), lab_.gateway(), {.address = address::kServer4, .device = "dsl0"});
  ASSERT_TRUE(wait_until([&] { return flow.received() > 100'000; }, milliseconds(5000)));
  lab_.uplinks().front().wire().set_state(fabric::LinkState::blackhole);
  const auto report = flow.finish(milliseconds(300));
  EXPECT_FALSE(report.intact);
  EXPECT_GT(report.received, 100'000u);
}

TEST(GapMeter, KeepsTheLongestSilence) {
  const GapMeter::TimePoint start{std::chrono::hours(1)};
  GapMeter gaps;
  for (const int at : {5, 10, 40, 60}) gaps.arrival(start + milliseconds(at));
  EXPECT_EQ(gaps.longest(), milliseconds(30));
  EXPECT_EQ(gaps.longest_between(start, start + milliseconds(9)), milliseconds(5));
  EXPECT_EQ(gaps.longest_between(start + milliseconds(41), start + milliseconds(99)),
            milliseconds(20));
  EXPECT_EQ(gaps.longest_between(start + milliseconds(61), start + milliseconds(99)),
            milliseconds(0));
}

TEST(ArrivalLog, CountsWholeMilliseconds) {
  const ArrivalLog::TimePoint start{std::chrono::hours(1)};
  ArrivalLog log(start);
  log.arrival(start - milliseconds(1), 7);
  log.arrival(start + milliseconds(3), 100);
  log.arrival(start + milliseconds(12), 150);
  EXPECT_EQ(log.between(start, start + milliseconds(12)), 100u);
  EXPECT_EQ(log.between(start + milliseconds(3), start + milliseconds(99)), 250u);
  EXPECT_DOUBLE_EQ(log.rate(start, start + milliseconds(100)), 20'000);
}

}  // namespace
}  // namespace wirebraid::lab
