// The modes and classes between two daemons over emulated uplinks, with real traffic.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/tunnel.h"
#include "twin/lab/bonded_lab.h"
#include "twin/lab/process.h"
#include "twin/lab/tcp_flow.h"
#include "twin/lab/udp_probe.h"

namespace wirebraid::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint16_t kVoicePort = 5060;

class Modes : public EndToEnd {
 protected:
  void build(const lab::BondConfigOptions& config) {
    lab::BondedLabOptions options;
    options.uplinks = {{"dsl", lab::symmetric(20'000'000, milliseconds(15))},
                       {"lte", lab::symmetric(10'000'000, milliseconds(50))},
                       {"mesh", lab::symmetric(10'000'000, milliseconds(30))}};
    options.programs = programs();
    options.config = config;
    options.prefix = unique_name("m");
    bond.emplace(options);
    bond->wait_for_bond();
  }
  lab::Uplink& uplink(size_t number) {
    return *std::next(bond->topology().uplinks().begin(), static_cast<std::ptrdiff_t>(number));
  }
  /// Bytes that the server has sent over each uplink.
  std::vector<uint64_t> delivered() const {
    std::vector<uint64_t> bytes;
    for (const lab::Uplink& each : bond->topology().uplinks()) {
      bytes.push_back(each.wire().statistics(fabric::End::b).delivered_bytes);
    }
    return bytes;
  }
  std::vector<uint64_t> since(const std::vector<uint64_t>& before) const {
    std::vector<uint64_t> bytes = delivered();
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] -= before[i];
    return bytes;
  }
  nlohmann::json show(const lab::Daemon& daemon) const {
    return nlohmann::json::parse(
        lab::run_command({programs().control, "show", daemon.interface(), "--json"}));
  }
  /// Waits until the flow has brought `bytes` more.
  static bool brings(const lab::TcpFlow& flow, uint64_t bytes) {
    const uint64_t before = flow.received();
    return lab::wait_until([&] { return flow.received() >= before + bytes; }, seconds(20));
  }

  std::optional<lab::BondedLab> bond;
};

TEST_F(Modes, VoiceInRedundantModeLosesNothingWhenAnUplinkDiesUnderADownload) {
  build({.sections = "[Class voice]\nMode = redundant\nProtocol = udp\nPort = " +
                     std::to_string(kVoicePort) + "\n"});
  lab::TcpFlow download(bond->topology().target(), bond->topology().lan(),
                        {.address = lab::address::kTarget4});
  ASSERT_TRUE(brings(download, 2'000'000)) << bond->log_tails();
  lab::UdpProbe up(bond->topology().lan(), bond->topology().target(),
                   {.address = lab::address::kTarget4, .port = kVoicePort});
  lab::UdpProbe down(bond->topology().target(), bond->topology().lan(),
                     {.address = lab::address::kLan4, .port = kVoicePort});
  for (size_t victim = 0; victim < 3; ++victim) {
    ASSERT_TRUE(brings(download, 1'000'000)) << bond->log_tails();
    uplink(victim).wire().set_state(fabric::LinkState::blackhole);
    ASSERT_TRUE(brings(download, 1'000'000)) << bond->log_tails();
    uplink(victim).wire().set_state(fabric::LinkState::up);
    bond->wait_for_bond();
  }
  for (lab::UdpProbe* probe : {&up, &down}) {
    const lab::UdpProbeReport report = probe->finish();
    EXPECT_EQ(report.lost(), 0u) << show(bond->server())["bonds"][0].dump(1);
    EXPECT_EQ(report.duplicates, 0u);
    EXPECT_EQ(report.reordered, 0u);
    std::printf("voice: %lu packets, longest gap %.1f ms\n", report.sent,
                static_cast<double>(report.longest_gap.count()) / 1e3);
  }
  EXPECT_TRUE(download.finish().intact);
  const nlohmann::json voice = show(bond->server())["bonds"][0]["classes"][0];
  EXPECT_EQ(voice["name"], "voice") << voice;
  EXPECT_EQ(voice["mode"], "redundant") << voice;
  EXPECT_GT(voice["packets"], 0) << voice;
}

TEST_F(Modes, AFlowStaysOnOneUplinkAndManySpreadByWeight) {
  build({.mode = "flow", .uplink_lines = {"Weight = 2\n", "Weight = 1\n", "Weight = 1\n"}});
  std::vector<uint64_t> before = delivered();
  {
    lab::TcpFlow one(bond->topology().target(), bond->topology().lan(),
                     {.address = lab::address::kTarget4});
    ASSERT_TRUE(brings(one, 2'000'000)) << bond->log_tails();
    EXPECT_TRUE(one.finish().intact);
  }
  std::vector<uint64_t> bytes = since(before);
  std::sort(bytes.begin(), bytes.end());
  EXPECT_GE(bytes[2], 2'000'000u);
  EXPECT_LT(bytes[0] + bytes[1], bytes[2] / 20) << "reports only";

  before = delivered();
  std::vector<std::unique_ptr<lab::UdpProbe>> flows;
  for (uint16_t i = 0; i < 100; ++i) {
    flows.push_back(std::make_unique<lab::UdpProbe>(
        bond->topology().target(), bond->topology().lan(),
        lab::UdpProbeOptions{.address = lab::address::kLan4,
                             .port = static_cast<uint16_t>(9000 + i),
                             .packets_per_second = 20}));
  }
  ASSERT_TRUE(lab::wait_until(
      [&] {
        const auto moved = since(before);
        return moved[0] + moved[1] + moved[2] > 2'000'000;
      },
      seconds(30)));
  const auto moved = since(before);
  for (auto& flow : flows) EXPECT_EQ(flow->finish().lost(), 0u);
  const double sum = static_cast<double>(moved[0] + moved[1] + moved[2]);
  std::printf("flow mode, weights 2:1:1: %.2f %.2f %.2f of the bytes\n",
              static_cast<double>(moved[0]) / sum, static_cast<double>(moved[1]) / sum,
              static_cast<double>(moved[2]) / sum);
  // Keys are random, so is which flow goes where: four standard deviations of 100 draws.
  EXPECT_NEAR(static_cast<double>(moved[0]) / sum, 0.5, 0.2);
  EXPECT_NEAR(static_cast<double>(moved[1]) / sum, 0.25, 0.18);
}

TEST_F(Modes, FailoverUsesTheBestPriorityAndComesBackToIt) {
  build(
      {.mode = "failover", .uplink_lines = {"Priority = 1\n", "Priority = 2\n", "Priority = 3\n"}});
  lab::UdpProbe probe(bond->topology().target(), bond->topology().lan(),
                      {.address = lab::address::kLan4});
  const auto carries = [&](size_t number) {
    auto last = delivered();
    return lab::wait_until(
        [&] {
          const auto moved = since(last);
          last = delivered();
          return moved[number] > 0 &&
                 moved[number] >= 4 * (moved[(number + 1) % 3] + moved[(number + 2) % 3]);
        },
        seconds(30));
  };
  EXPECT_TRUE(carries(0)) << bond->log_tails();
  uplink(0).wire().set_state(fabric::LinkState::blackhole);
  EXPECT_TRUE(carries(1)) << bond->log_tails();
  uplink(1).wire().set_state(fabric::LinkState::blackhole);
  EXPECT_TRUE(carries(2)) << bond->log_tails();
  uplink(0).wire().set_state(fabric::LinkState::up);
  EXPECT_TRUE(carries(0)) << bond->log_tails();
  const lab::UdpProbeReport report = probe.finish();
  EXPECT_EQ(report.lost(), 0u);
  EXPECT_EQ(report.reordered, 0u);
  std::printf("failover: longest gap %.1f ms\n",
              static_cast<double>(report.longest_gap.count()) / 1e3);
}

}  // namespace
}  // namespace wirebraid::e2e
