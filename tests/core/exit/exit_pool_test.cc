// The core as a gateway with stock exits, in virtual time.
#include "core/exit/exit_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "core/packet/tcp_segment.h"
#include "tests/core/exit/exit_network.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;
using test::AtExit;
using test::Bytes;
using test::ExitNetwork;
using test::PacketPlan;

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

Bytes ports(size_t size, uint16_t near_port, uint16_t far_port) {
  Bytes header(size);
  store_be(&header[0], near_port);
  store_be(&header[2], far_port);
  return header;
}

Bytes udp(uint16_t near_port, int version = 4, const IpAddress* source = nullptr) {
  PacketPlan plan;
  plan.version = version;
  plan.protocol = kUdp;
  plan.payload = ports(16, near_port, 443);
  store_be(&plan.payload[4], uint16_t{16});
  return plan.build(source != nullptr ? *source : ExitNetwork::own(version),
                    ExitNetwork::far(version));
}

Bytes tcp(uint16_t near_port, uint8_t flags, uint32_t sequence, uint32_t acknowledged,
          int version = 4) {
  PacketPlan plan;
  plan.version = version;
  plan.protocol = kTcp;
  plan.payload = ports(20, near_port, 443);
  store_be(&plan.payload[4], sequence);
  store_be(&plan.payload[8], acknowledged);
  plan.payload[12] = 5 << 4;
  plan.payload[13] = flags;
  return plan.build(ExitNetwork::own(version), ExitNetwork::far(version));
}

uint16_t near_port(const Bytes& packet) { return read_ip(packet)->source_port; }

class ExitPoolTest : public ::testing::Test {
 protected:
  void start(size_t exits = 3, Mode mode = Mode::flow) {
    BondOptions options;
    options.mode = mode;
    options.frames = false;
    network.emplace(exits, options);
  }
  /// Sends one packet of each of the flows 1000 to 1000 + `flows`, and says where each came out.
  std::map<uint16_t, size_t> where(int flows, int version = 4) {
    network->take_arrived();
    for (int i = 0; i < flows; ++i) network->send(udp(static_cast<uint16_t>(1000 + i), version));
    network->run_for(50ms);
    std::map<uint16_t, size_t> result;
    for (const AtExit& each : network->take_arrived()) result[near_port(each.bytes)] = each.exit;
    return result;
  }
  /// The exit where a packet comes out that is sent now.
  std::optional<size_t> exit_of(const Bytes& packet) {
    network->take_arrived();
    network->send(packet);
    network->run_for(30ms);
    const auto arrived = network->take_arrived();
    if (arrived.empty()) return std::nullopt;
    return arrived.front().exit;
  }
  /// Opens connections until each exit has one; the ports, by exit.
  std::map<size_t, uint16_t> connect_each(int version = 4) {
    std::map<size_t, uint16_t> result;
    for (uint16_t port = 2000; result.size() < network->exits.size() && port < 2500; ++port) {
      const auto exit = exit_of(tcp(port, kTcpSyn, 100, 0, version));
      EXPECT_TRUE(exit);
      if (result.contains(*exit)) continue;
      result[*exit] = port;
      EXPECT_EQ(exit_of(tcp(port, kTcpAck, 101, 500, version)), exit);
    }
    return result;
  }
  /// With a packet of a flow of `exit` every 50 ms, until it is suspect.
  void notice(size_t exit, uint16_t port) {
    for (int i = 0; i < 100 && network->path(exit).reason != PathReason::silent; ++i) {
      network->send(udp(port));
      network->run_for(50ms);
    }
  }
  void kill(size_t exit, uint16_t port) {
    network->exits[exit]->swallows = true;
    notice(exit, port);
    ASSERT_EQ(network->path(exit).reason, PathReason::silent);
  }
  uint16_t flow_on(const std::map<uint16_t, size_t>& flows, size_t exit) {
    for (const auto& [port, where] : flows) {
      if (where == exit) return port;
    }
    ADD_FAILURE() << "no flow on exit " << exit;
    return 0;
  }

  std::optional<ExitNetwork> network;
};

TEST_F(ExitPoolTest, SplitsFlowsAndRewritesBothWays) {
  start();
  for (const int version : {4, 6}) {
    const auto flows = where(300, version);
    std::map<size_t, int> share;
    for (const auto& [port, exit] : flows) ++share[exit];
    ASSERT_EQ(flows.size(), 300u);
    for (size_t exit = 0; exit < 3; ++exit) EXPECT_NEAR(share[exit], 100, 35) << exit;
    EXPECT_EQ(where(300, version), flows);

    PacketPlan answer;
    answer.version = version;
    answer.payload = ports(16, 443, 1000);
    store_be(&answer.payload[4], uint16_t{16});
    network->take_to_tun();
    network->send_back(1, answer.build(ExitNetwork::far(version), ExitNetwork::tunnel(1, version)));
    network->run_for(30ms);
    const auto to_tun = network->take_to_tun();
    ASSERT_EQ(to_tun.size(), 1u);
    EXPECT_EQ(to_tun[0], answer.build(ExitNetwork::far(version), ExitNetwork::own(version)));
  }
}

TEST_F(ExitPoolTest, LeavesOtherSourcesAlone) {
  start(1);
  const IpAddress lan = test::address("192.168.7.5");
  const Bytes packet = udp(1000, 4, &lan);
  network->exits[0]->interface.allow(network->exits[0]->bond, *Prefix::parse("192.168.7.0/24"));
  network->send(packet);
  network->run_for(30ms);
  const auto arrived = network->take_arrived();
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_EQ(arrived[0].bytes, packet);
}

TEST_F(ExitPoolTest, LeavesSharedBytesAlone) {
  start(1);
  Packet packet[1] = {network->pool.allocate()};
  const Bytes bytes = udp(1000);
  packet[0].resize(bytes.size());
  std::ranges::copy(bytes, packet[0].data());
  const Packet kept = packet[0].share();
  network->gateway.handle_packets(packet, network->now);
  network->run_for(30ms);
  EXPECT_TRUE(std::ranges::equal(kept.bytes(), bytes));
  ASSERT_EQ(network->take_arrived().size(), 1u);
}

TEST_F(ExitPoolTest, NoticesADeadExitAndMovesOnlyItsFlows) {
  start();
  const auto before = where(60);
  network->exits[1]->swallows = true;
  const Time dead = network->now;
  notice(1, flow_on(before, 1));
  EXPECT_EQ(network->path(1).state, PathState::exit);
  EXPECT_EQ(network->path(1).reason, PathReason::silent);
  EXPECT_LE(network->now - dead, 1600ms);
  EXPECT_EQ(network->path(1).suspicions, 1u);
  EXPECT_TRUE(network->path(0).measured);
  EXPECT_EQ(network->path(0).rtt, 2 * ExitNetwork::kDelay);

  const auto after = where(60);
  EXPECT_EQ(after.size(), 60u);
  for (const auto& [port, exit] : before) {
    if (exit == 1) {
      EXPECT_NE(after.at(port), 1u);
    } else {
      EXPECT_EQ(after.at(port), exit);
    }
  }
  // Back, it gets new flows only.
  network->exits[1]->swallows = false;
  network->run_for(6s);
  EXPECT_EQ(network->path(1).reason, PathReason::none);
  EXPECT_EQ(where(60), after);
  std::set<size_t> used;
  for (const auto& [port, exit] : where(160)) {
    if (port >= 1060) used.insert(exit);
  }
  EXPECT_EQ(used, (std::set<size_t>{0, 1, 2}));
  EXPECT_EQ(network->resets(), 0u) << "UDP";
}

class ExitResets : public ExitPoolTest, public ::testing::WithParamInterface<int> {};

TEST_P(ExitResets, AreForConnectionsOfTheDeadExitOnly) {
  start();
  const int version = GetParam();
  const auto ports_by_exit = connect_each(version);
  ASSERT_EQ(ports_by_exit.size(), 3u);
  const uint16_t old = ports_by_exit.at(1);
  // A connection that the exit's end finds in SYN-SENT begins again elsewhere.
  uint16_t opening = 3000;
  while (exit_of(tcp(opening, kTcpSyn, 7, 0, version)) != 1u) ++opening;
  // One that was closed by a RST needs no other.
  uint16_t closed = 4000;
  while (exit_of(tcp(closed, kTcpSyn, 7, 0, version)) != 1u) ++closed;
  exit_of(tcp(closed, kTcpAck, 8, 9, version));
  exit_of(tcp(closed, kTcpRst, 8, 0, version));
  network->take_to_tun();
  kill(1, flow_on(where(60), 1));
  network->run_for(20ms);

  const auto to_tun = network->take_to_tun();
  ASSERT_EQ(to_tun.size(), 1u);
  const auto info = read_ip(to_tun[0]);
  EXPECT_TRUE(test::checksums_hold(to_tun[0]));
  EXPECT_TRUE(std::ranges::equal(ConstByteSpan(info->source, version == 4 ? 4 : 16),
                                 ExitNetwork::far(version).bytes()));
  EXPECT_EQ(info->destination_port, old);
  const auto reset = read_tcp(to_tun[0]);
  EXPECT_TRUE(reset->has(kTcpRst));
  EXPECT_EQ(reset->sequence, 500u) << "exactly what the near end expects (RFC 5961)";
  EXPECT_EQ(network->resets(), 1u);

  EXPECT_EQ(exit_of(tcp(ports_by_exit.at(0), kTcpAck, 101, 600, version)), 0u);
  EXPECT_EQ(exit_of(tcp(ports_by_exit.at(2), kTcpAck, 101, 600, version)), 2u);
  EXPECT_NE(exit_of(tcp(opening, kTcpSyn, 7, 0, version)), std::nullopt);
  EXPECT_TRUE(network->take_to_tun().empty());

  // A challenge ACK tells the right number; a new connection on the same ports is a new one.
  EXPECT_EQ(exit_of(tcp(old, kTcpAck, 101, 900, version)), std::nullopt);
  const auto second = network->take_to_tun();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(read_tcp(second[0])->sequence, 900u);
  EXPECT_EQ(network->resets(), 1u);
  EXPECT_TRUE(exit_of(tcp(old, kTcpSyn, 77, 0, version)));
}
INSTANTIATE_TEST_SUITE_P(Versions, ExitResets, ::testing::Values(4, 6));

TEST_F(ExitPoolTest, AreDeadAtOnceWhenTheirNetworkIs) {
  start();
  const auto ports_by_exit = connect_each();
  network->take_to_tun();
  network->gateway.set_network(network->exits[2]->uplink, false, network->now);
  network->run_for(1ms);
  EXPECT_EQ(network->resets(), 1u);
  EXPECT_EQ(network->take_to_tun().size(), 1u);
  EXPECT_EQ(where(30).size(), 30u);
}

TEST_F(ExitPoolTest, ConnectionsWaitWhereThereIsNoOtherExit) {
  start(2);
  const auto ports_by_exit = connect_each();
  const auto flows = where(60);
  for (auto& exit : network->exits) exit->swallows = true;
  for (int i = 0; i < 60; ++i) {
    network->send(udp(flow_on(flows, 0)));
    network->send(udp(flow_on(flows, 1)));
    network->run_for(50ms);
  }
  EXPECT_EQ(network->path(0).reason, PathReason::silent);
  EXPECT_EQ(network->path(1).reason, PathReason::silent);
  // At the same time or not, whichever was first may have had its flows moved.
  const uint64_t resets = network->resets();
  EXPECT_LE(resets, 1u);
  for (auto& exit : network->exits) exit->swallows = false;
  network->run_for(8s);
  EXPECT_EQ(network->resets(), resets);
  EXPECT_EQ(network->path(0).reason, PathReason::none);
  if (resets == 0) {
    EXPECT_EQ(exit_of(tcp(ports_by_exit.at(0), kTcpAck, 101, 600)), 0u);
    EXPECT_EQ(exit_of(tcp(ports_by_exit.at(1), kTcpAck, 101, 600)), 1u);
  }
}

TEST_F(ExitPoolTest, ResetsManyConnectionsInBoundedSteps) {
  start(2);
  constexpr int kConnections = 3000;
  for (int i = 0; i < kConnections; ++i) {
    const auto port = static_cast<uint16_t>(10'000 + i);
    network->send(tcp(port, kTcpSyn, 7, 0));
    network->send(tcp(port, kTcpAck, 8, 9));
    if (i % 100 == 0) network->run_for(20ms);
  }
  network->run_for(100ms);
  std::set<uint16_t> on_first;
  for (const AtExit& each : network->take_arrived()) {
    if (each.exit == 0) on_first.insert(near_port(each.bytes));
  }
  EXPECT_NEAR(static_cast<double>(on_first.size()), kConnections / 2., 150);
  network->take_to_tun();
  network->gateway.set_network(network->exits[0]->uplink, false, network->now);
  network->run_for(1ms);
  std::set<uint16_t> reset;
  for (const Bytes& packet : network->take_to_tun())
    reset.insert(read_ip(packet)->destination_port);
  EXPECT_EQ(reset, on_first);
  EXPECT_EQ(network->resets(), on_first.size());
}

TEST_F(ExitPoolTest, FailoverMovesFlowsOnlyWhenTheirExitDies) {
  start(2, Mode::failover);
  PathOptions second = ExitNetwork::path_options(1);
  second.priority = 2;
  network->gateway.set_path_options(network->exits[1]->uplink, second, network->now);
  const auto before = where(10);
  for (const auto& [port, exit] : before) EXPECT_EQ(exit, 0u);
  kill(0, 1000);
  for (const auto& [port, exit] : where(10)) EXPECT_EQ(exit, 1u);
  network->exits[0]->swallows = false;
  network->run_for(8s);
  ASSERT_EQ(network->path(0).reason, PathReason::none);
  for (const auto& [port, exit] : where(20)) EXPECT_EQ(exit, port < 1010 ? 1u : 0u) << port;
}

TEST_F(ExitPoolTest, WeightsAndNewExitsMoveNoFlow) {
  start(2);
  const auto before = where(100);
  std::array<PathOptions, 3> weighted;  // weights count when all have one
  for (size_t i = 0; i < weighted.size(); ++i) {
    weighted[i] = ExitNetwork::path_options(i);
    weighted[i].weight = i == 0 ? 50 : 1;
  }
  for (size_t i = 0; i < 2; ++i) {
    network->gateway.set_path_options(network->exits[i]->uplink, weighted[i], network->now);
  }
  network->add_exit(weighted[2]);
  network->run_for(100ms);
  EXPECT_EQ(where(100), before);
  int heavier = 0;
  for (const auto& [port, exit] : where(300)) heavier += port >= 1100 && exit == 0 ? 1 : 0;
  EXPECT_GT(heavier, 150);
}

TEST_F(ExitPoolTest, AnExitOfOneFamilyCarriesOnlyThat) {
  start(2);
  PathOptions only4 = ExitNetwork::path_options(0);
  only4.exit.v6 = {};
  network->gateway.set_path_options(network->exits[0]->uplink, only4, network->now);
  for (const auto& [port, exit] : where(50, 6)) EXPECT_EQ(exit, 1u);
  std::set<size_t> used;
  for (const auto& [port, exit] : where(50, 4)) used.insert(exit);
  EXPECT_EQ(used.size(), 2u);
  const uint64_t dropped = network->gateway.bond_statistics(network->bond).dropped_no_path;
  network->gateway.set_network(network->exits[1]->uplink, false, network->now);
  EXPECT_TRUE(where(50, 6).empty());
  EXPECT_EQ(network->gateway.bond_statistics(network->bond).dropped_no_path, dropped + 50);
  EXPECT_EQ(where(50, 4).size(), 50u);
}

TEST_F(ExitPoolTest, FragmentsOfAPacketTakeOneExit) {
  start();
  PacketPlan plan;
  plan.payload = ports(1000, 1000, 443);
  store_be(&plan.payload[4], uint16_t{1000});
  const Bytes whole = plan.build(ExitNetwork::own(4), ExitNetwork::far(4));
  const auto parts = test::fragment(plan, whole, 512);
  network->take_arrived();
  network->send(parts.first);
  network->send(parts.second);
  network->run_for(30ms);
  const auto arrived = network->take_arrived();
  ASSERT_EQ(arrived.size(), 2u);
  EXPECT_EQ(arrived[0].exit, arrived[1].exit);
  const auto expected = test::fragment(
      plan, plan.build(ExitNetwork::tunnel(arrived[0].exit, 4), ExitNetwork::far(4)), 512);
  EXPECT_EQ(arrived[0].bytes, expected.first);
  EXPECT_EQ(arrived[1].bytes, expected.second);
}

TEST_F(ExitPoolTest, AnErrorTakesTheExitOfTheFlowThatItIsAbout) {
  start();
  for (const int version : {4, 6}) {
    const auto flows = where(40, version);
    for (const auto& [port, exit] : flows) {
      PacketPlan within;  // built the other way round: the packet of the far end
      within.version = version;
      within.payload = ports(16, 443, port);
      store_be(&within.payload[4], uint16_t{16});
      PacketPlan error;
      error.version = version;
      error.protocol = version == 4 ? 1 : 58;
      error.payload = {static_cast<uint8_t>(version == 4 ? 3 : 1),
                       static_cast<uint8_t>(version == 4 ? 3 : 4),
                       0,
                       0,
                       0,
                       0,
                       0,
                       0};
      error.within = {within};
      network->take_arrived();
      network->send(error.build(ExitNetwork::own(version), ExitNetwork::far(version)));
      network->run_for(30ms);
      const auto arrived = network->take_arrived();
      ASSERT_EQ(arrived.size(), 1u);
      EXPECT_EQ(arrived[0].exit, exit);
      EXPECT_EQ(arrived[0].bytes,
                error.build(ExitNetwork::tunnel(exit, version), ExitNetwork::far(version)));
    }
  }
}

TEST_F(ExitPoolTest, AnswersToProbesAreConsumedAndPingsOfOthersAreNot) {
  start();
  network->take_to_tun();
  where(30);
  network->run_for(25s);
  EXPECT_GT(network->exits[0]->pings, 0u);
  EXPECT_TRUE(network->take_to_tun().empty());
  PacketPlan reply;
  reply.protocol = 1;
  reply.payload = Bytes(24);
  network->send_back(0, reply.build(ExitNetwork::target(), ExitNetwork::tunnel(0, 4)));
  network->run_for(30ms);
  EXPECT_EQ(network->take_to_tun().size(), 1u);
}

TEST_F(ExitPoolTest, KeepalivesProveAnExitAlive) {
  start(2);
  for (auto& exit : network->exits) exit->answers = false;
  network->exits[0]->interface.set_persistent_keepalive(network->exits[0]->inside, 1s,
                                                        network->now);
  where(40);
  network->run_for(30s);
  EXPECT_EQ(network->path(0).suspicions, 0u);
  EXPECT_EQ(network->path(1).reason, PathReason::silent);
}

TEST_F(ExitPoolTest, UnusedExitsAreLeftInPeace) {
  start();
  where(10);
  network->run_for(6min);
  const uint64_t pings = network->exits[0]->pings;
  network->run_for(30min);
  EXPECT_EQ(network->exits[0]->pings, pings);
}

TEST_F(ExitPoolTest, PacketsWaitForTheFirstExitThatComesUp) {
  BondOptions options;
  options.mode = Mode::flow;
  options.frames = false;
  network.emplace(0, options);
  network->add_exit(ExitNetwork::path_options(0));
  network->exits[0]->swallows = true;
  network->add_exit(ExitNetwork::path_options(1));
  const auto flows = where(20);
  EXPECT_EQ(flows.size(), 20u);
  for (const auto& [port, exit] : flows) EXPECT_EQ(exit, 1u);
  EXPECT_EQ(network->resets(), 0u);
}

TEST_F(ExitPoolTest, NothingIsFollowedWithoutASecondPathOrAnAddress) {
  wirebraid::testing::FakePlatform platform;
  BufferPool pool(1600, 4);
  const std::array<uint8_t, 16> key{};
  const FlowHasher hasher{key};
  ExitPool exits(platform, pool, hasher);
  exits.set_options(0, {});
  exits.set_exits(1);
  EXPECT_FALSE(exits.follows_flows());
  std::vector<ExitPool::Question> questions;
  exits.poll(Time{1s}, questions);
  EXPECT_EQ(exits.health(0), nullptr);
  EXPECT_EQ(exits.next_deadline(), kNever);
  exits.set_options(1, {});
  EXPECT_TRUE(exits.follows_flows());
  exits.remove(1);
  EXPECT_FALSE(exits.follows_flows());
  exits.set_options(0, {.v4 = test::address("10.64.0.2"), .v6 = {}, .targets = {}});
  EXPECT_TRUE(exits.follows_flows());
}

}  // namespace
}  // namespace wirebraid
