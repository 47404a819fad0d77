#include "control/worker.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tests/support/netns.h"

namespace wirebraid::control {
namespace {

using testing::NetNamespace;
using testing::run;

/// Two workers on one interface with 10.9.0.0/24. The main thread is the test's.
class WorkerTest : public ::testing::TestWithParam<io::EngineKind> {
 protected:
  void SetUp() override {
    if (!NetNamespace::supported()) GTEST_SKIP() << NetNamespace::kSkipReason;
    name_space = std::make_unique<NetNamespace>();
    scope.emplace(name_space->fd());
    make(GetParam());
    std::string reason;
    if (!workers[0]->start_here(reason) || !workers[1]->start_thread(reason)) {
      workers.clear();
      GTEST_SKIP() << reason;
    }
    run("ip addr add 10.9.0.1/24 dev wbtest && ip link set wbtest up");
  }
  void TearDown() override {
    for (const auto& worker : workers) worker->hold();
    while (!workers.empty()) workers.pop_back();
  }

  void make(io::EngineKind kind) {
    std::error_code error;
    std::string what;
    auto tun = io::TunDevice::open("wbtest", error, what, io::TunDevice::Queues::several);
    ASSERT_TRUE(tun) << what;
    auto queue = tun->open_queue(error, what);
    ASSERT_TRUE(queue) << what;
    for (uint32_t i = 0; i < 2; ++i) {
      WorkerOptions options;
      options.seat = {.worker = static_cast<WorkerId>(i), .workers = 2};
      options.mtu = 1420;
      options.slot_size = 2048;
      options.slots = 1024;
      options.engine = kind;
      workers.push_back(
          std::make_unique<Worker>(options, nullptr, std::move(i == 0 ? tun : queue)));
    }
    for (const auto& worker : workers) worker->join(workers);
  }

  static void send_to(unsigned host) {
    const io::Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(7);
    to.sin_addr.s_addr = htonl(0x0a09'0000 + host);
    EXPECT_EQ(sendto(socket.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 1);
  }
  void release() {
    for (const auto& worker : workers) worker->release();
  }
  /// Turns of the main worker until `done`; false after five seconds.
  bool turn_until(const std::function<bool()>& done) {
    const Time end = io::monotonic_now() + std::chrono::seconds(5);
    for (;;) {
      if (done()) return true;
      if (io::monotonic_now() > end) return false;
      release();
      workers[0]->turn(io::monotonic_now() + std::chrono::milliseconds(5));
    }
  }

  std::unique_ptr<NetNamespace> name_space;
  std::optional<NetNamespace::Scope> scope;
  std::vector<std::unique_ptr<Worker>> workers;
};

TEST_P(WorkerTest, RunsWhatItIsToldInItsThread) {
  const auto here = std::this_thread::get_id();
  std::thread::id first;
  std::thread::id second;
  workers[0]->run([&] { first = std::this_thread::get_id(); });
  EXPECT_EQ(first, here);
  for (int i = 0; i < 3; ++i) {
    workers[1]->run([&] { second = std::this_thread::get_id(); });
    EXPECT_NE(second, here);
    if (i > 0) workers[1]->release();
  }
  EXPECT_THROW(workers[1]->run([] { throw std::runtime_error("no"); }), std::runtime_error);
  workers[1]->run([&] { second = {}; });
  EXPECT_EQ(second, std::thread::id());
}

TEST_P(WorkerTest, ItsThreadHasNoRights) {
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  long result = -1;
  workers[1]->run([&] { result = syscall(SYS_capget, &header, data.data()); });
  ASSERT_EQ(result, 0);
  EXPECT_EQ(data[0].permitted | data[1].permitted, 0u);
  ASSERT_EQ(syscall(SYS_capget, &header, data.data()), 0);
  EXPECT_NE(data[0].permitted, 0u) << "of the main thread";
}

// Whichever queue the kernel picks.
TEST_P(WorkerTest, HandsPacketsOverToTheirOwner) {
  for (uint32_t owner = 0; owner < 2; ++owner) {
    const Prefix prefix = *Prefix::parse(owner == 0 ? "10.9.0.0/25" : "10.9.0.128/25");
    Interface& own = workers[owner]->core();
    own.allow(own.add_bond({}), prefix);
    workers[1 - owner]->core().allow_elsewhere(static_cast<WorkerId>(owner), prefix);
  }
  for (unsigned host = 2; host < 60; ++host) {
    send_to(host);
    send_to(128 + host);
  }
  const auto handled = [&](size_t i) {
    const BondStatistics bond = workers[i]->core().bond_statistics(BondId{});
    return bond.queued + bond.dropped_no_path + bond.dropped_stale;
  };
  EXPECT_TRUE(turn_until([&] { return handled(0) == 58 && handled(1) == 58; }))
      << handled(0) << " and " << handled(1);
  for (const auto& worker : workers) {
    EXPECT_GT(worker->handovers().taken, 0u);
    EXPECT_EQ(worker->handovers().dropped, 0u);
  }
}

TEST_P(WorkerTest, TellsThatItsInterfaceHasGone) {
  run("ip link del wbtest");
  EXPECT_TRUE(turn_until([&] { return workers[0]->calls() && workers[1]->calls(); }));
  for (const auto& worker : workers) {
    EXPECT_TRUE(worker->take_call().tun_gone);
    EXPECT_FALSE(worker->calls());
  }
}

std::string engine_name(const ::testing::TestParamInfo<io::EngineKind>& info) {
  return info.param == io::EngineKind::epoll ? "epoll" : "io_uring";
}

INSTANTIATE_TEST_SUITE_P(Engines, WorkerTest,
                         ::testing::Values(io::EngineKind::epoll, io::EngineKind::io_uring),
                         engine_name);

}  // namespace
}  // namespace wirebraid::control
