// The bond between two daemons over emulated uplinks, a short form of the demo: both carry, one
// fails silently, nothing is lost.
#include <filesystem>
#include <fstream>

#include "tests/e2e/tunnel.h"
#include "twin/lab/bond_config.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/topology.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Bond : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) return;
    directory = std::filesystem::path(::testing::TempDir()) / unique_name("bond");
    std::filesystem::create_directories(directory);
    topology.emplace(
        std::vector<lab::UplinkOptions>{{"dsl", lab::symmetric(20'000'000, milliseconds(15))},
                                        {"lte", lab::symmetric(10'000'000, milliseconds(50))}});
    const lab::ConfigPair configs = lab::make_bond_configs(programs(), *topology);
    start(server, topology->server(), "s", configs.server);
    // A handshake that comes too early is repeated after five seconds only.
    lab::wait_until([&] { return server->status().has_value(); }, milliseconds(5000));
    start(gateway, topology->gateway(), "g", configs.gateway);
  }
  void TearDown() override {
    server.reset();
    gateway.reset();
    std::filesystem::remove_all(directory);
  }
  void start(std::optional<lab::Daemon>& daemon, const lab::Namespace& inside,
             const std::string& suffix, const std::string& config) const {
    const std::string name = unique_name(suffix);
    const std::string file = directory / (name + ".conf");
    std::ofstream(file) << config;
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    daemon.emplace(programs(), inside,
                   lab::DaemonOptions{.interface = name,
                                      .config_file = file,
                                      .log_file = directory / (name + ".log"),
                                      .more_arguments = {"--engine", GetParam()}});
  }
  bool becomes(const std::string& uplink, bool up) const {
    return lab::wait_until(
        [&] {
          for (const auto* daemon : {&*gateway, &*server}) {
            const auto view = daemon->status();
            const auto* seen = view ? view->uplink(uplink) : nullptr;
            if (seen == nullptr || seen->up() != up) return false;
          }
          return true;
        },
        milliseconds(15'000));
  }
  /// Bytes that came to the gateway over each uplink.
  uint64_t delivered(const lab::Uplink& uplink) const {
    return uplink.wire().statistics(fabric::End::b).delivered_bytes;
  }
  std::string logs() const {
    return lab::tail(gateway->log_file(), 20) + lab::tail(server->log_file(), 20);
  }

  std::filesystem::path directory;
  std::optional<lab::Topology> topology;
  std::optional<lab::Daemon> server;
  std::optional<lab::Daemon> gateway;
};

TEST_P(Bond, UsesBothUplinksAndLosesNothingWhenOneFails) {
  ASSERT_TRUE(becomes("dsl", true) && becomes("lte", true)) << logs();
  EXPECT_EQ(gateway->status()->engine, GetParam());
  lab::Uplink& victim = topology->uplinks().front();
  lab::Uplink& other = topology->uplinks().back();

  // BBR hardly fills a queue, and then sees no reason to use the slower uplink.
  lab::TcpFlow flow(topology->target(), topology->lan(),
                    {.address = lab::address::kTarget4, .congestion_control = "cubic"});
  lab::UdpProbe down(topology->target(), topology->lan(),
                     {.address = lab::address::kLan6, .packets_per_second = 200});
  lab::UdpProbe up(topology->lan(), topology->target(),
                   {.address = lab::address::kTarget4, .packets_per_second = 200});
  EXPECT_TRUE(
      lab::wait_until([&] { return delivered(victim) > 2'000'000 && delivered(other) > 500'000; },
                      milliseconds(15'000)))
      << delivered(victim) << " and " << delivered(other) << " bytes";

  victim.wire().set_state(fabric::LinkState::blackhole);
  EXPECT_TRUE(becomes("dsl", false)) << logs();
  const uint64_t before = flow.received();
  EXPECT_TRUE(
      lab::wait_until([&] { return flow.received() > before + 1'000'000; }, milliseconds(10'000)));
  victim.wire().set_state(fabric::LinkState::up);
  EXPECT_TRUE(becomes("dsl", true)) << logs();

  const lab::UdpProbeReport went_up = up.finish();
  const lab::UdpProbeReport came_down = down.finish();
  EXPECT_EQ(went_up.lost(), 0u) << "of " << went_up.sent;
  EXPECT_EQ(came_down.lost(), 0u) << "of " << came_down.sent;
  EXPECT_EQ(went_up.duplicates + came_down.duplicates, 0u);
  EXPECT_TRUE(flow.finish().intact);
  EXPECT_EQ(gateway->process().stop(), 0) << logs();
  EXPECT_EQ(server->process().stop(), 0) << logs();
}

INSTANTIATE_TEST_SUITE_P(Engines, Bond, kEveryEngine, engine_name);

}  // namespace
}  // namespace wirebraid::e2e
