// A gateway and stock exits in virtual time: real WireGuard on both ends, and behind each exit a
// far side that answers pings. Links have a delay, and may swallow everything.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/packet/packet_builder.h"
#include "tests/support/fake_platform.h"
#include "wirebraid/interface.h"

namespace wirebraid::test {

/// An inner packet that came out at an exit.
struct AtExit {
  size_t exit = 0;
  Time when{};
  Bytes bytes;
};

class ExitNetwork {
 public:
  static constexpr Duration kDelay = std::chrono::milliseconds(10);  ///< one way

  explicit ExitNetwork(size_t count, const BondOptions& bond_options) {
    gateway.set_addresses(own(4), own(6));
    bond = gateway.add_bond(bond_options);
    gateway.allow(bond, *Prefix::parse("0.0.0.0/0"));
    gateway.allow(bond, *Prefix::parse("::/0"));
    for (size_t i = 0; i < count; ++i) add_exit(path_options(i));
    run_for(std::chrono::milliseconds(100));
  }

  static IpAddress own(int version) { return address(version == 4 ? "10.9.0.1" : "fd09::1"); }
  static IpAddress far(int version) { return address(version == 4 ? "192.0.2.7" : "2001:db8::7"); }
  static IpAddress tunnel(size_t exit, int version) {
    const std::string number = std::to_string(exit);
    return address(((version == 4 ? "10.64." + number + ".2" : "fd64:" + number + "::2")).c_str());
  }
  static IpAddress target() { return address("10.64.255.1"); }
  static PathOptions path_options(size_t exit) {
    PathOptions options;
    options.exit = {tunnel(exit, 4), tunnel(exit, 6), {target()}};
    return options;
  }

  void add_exit(const PathOptions& options) {
    const size_t index = exits.size();
    exits.push_back(std::make_unique<Exit>(index + 10));
    Exit& exit = *exits.back();
    const auto transport = static_cast<TransportId>(index);
    const PrivateKey key = generate_private_key(platform);
    const IdentityId identity = gateway.add_identity(key, transport, now);
    exit.identity = exit.interface.add_identity(generate_private_key(platform), transport, now);
    BondOptions plain;
    plain.frames = false;
    exit.bond = exit.interface.add_bond(plain);
    // A stock peer accepts nothing but the addresses that it gave out.
    for (const int version : {4, 6}) {
      exit.interface.allow(exit.bond, *Prefix::parse(tunnel(index, version).to_string()));
    }
    exit.inside =
        *exit.interface.add_uplink({exit.identity, exit.bond, public_key_of(key), {}}, now);
    exit.uplink = *gateway.add_uplink(
        {identity, bond, exit.interface.public_key(exit.identity), options}, now);
    gateway.set_endpoint(exit.uplink, *Endpoint::parse("198.51.100.1:51820"), now);
    gateway.connect(exit.uplink, now);
  }

  /// From the LAN, masqueraded by the kernel: to TUN.
  void send(const Bytes& bytes) {
    Packet packet[1] = {pool.allocate()};
    packet[0].resize(bytes.size());
    std::ranges::copy(bytes, packet[0].data());
    gateway.handle_packets(packet, now);
    take_output();
  }
  /// From behind an exit.
  void send_back(size_t exit, const Bytes& bytes) {
    Packet packet[1] = {pool.allocate()};
    packet[0].resize(bytes.size());
    std::ranges::copy(bytes, packet[0].data());
    exits[exit]->interface.handle_packets(packet, now);
    take_output();
  }
  void run_for(Duration duration) {
    const Time until = now + duration;
    take_output();
    for (;;) {
      Time next = gateway.next_deadline();
      for (const auto& exit : exits) next = std::min(next, exit->interface.next_deadline());
      if (!wires.empty()) next = std::min(next, wires.front().due);
      if (next > until) break;
      now = std::max(now, next);
      ASSERT_LT(++turns, 1'000'000) << "the core asks to be woken without end";
      while (!wires.empty() && wires.front().due <= now) deliver();
      gateway.handle_deadline(now);
      for (const auto& exit : exits) exit->interface.handle_deadline(now);
      take_output();
    }
    now = until;
  }

  PathStatus path(size_t exit) { return gateway.uplink_state(exits[exit]->uplink).path; }
  uint64_t resets() { return gateway.bond_statistics(bond).resets; }
  /// At which exits packets came out since the last call, and forgets them.
  std::vector<AtExit> take_arrived() { return std::exchange(arrived, {}); }
  std::vector<Bytes> take_to_tun() { return std::exchange(to_tun, {}); }

  struct Exit {
    explicit Exit(uint64_t seed) : platform(seed), interface(platform, pool, 1420) {}
    wirebraid::testing::FakePlatform platform;
    BufferPool pool{1600, 4096};
    Interface interface;
    IdentityId identity{};
    BondId bond{};
    UplinkId uplink{};  ///< the gateway's
    UplinkId inside{};  ///< the exit's own
    bool swallows = false;
    bool answers = true;  ///< pings to target()
    uint64_t pings = 0;
  };
  Time now{std::chrono::seconds(1000)};
  wirebraid::testing::FakePlatform platform{1};
  BufferPool pool{1600, 8192};
  Interface gateway{platform, pool, 1420};
  BondId bond{};
  std::vector<std::unique_ptr<Exit>> exits;

 private:
  struct Wire {
    Time due{};
    size_t exit = 0;
    bool to_exit = false;
    Bytes bytes;
  };

  void deliver() {
    const Wire wire = std::move(wires.front());
    wires.pop_front();
    Exit& exit = *exits[wire.exit];
    if (exit.swallows) return;
    Datagram datagram[1];
    datagram[0].bytes = pool.allocate();
    datagram[0].bytes.resize(wire.bytes.size());
    std::ranges::copy(wire.bytes, datagram[0].bytes.data());
    datagram[0].remote = *Endpoint::parse("198.51.100.1:51820");
    datagram[0].transport = static_cast<TransportId>(wire.exit);
    (wire.to_exit ? exit.interface : gateway).handle_datagrams(datagram, now);
    take_output();
  }
  void take_output() {
    for (size_t i = 0; i < exits.size(); ++i) {
      Exit& exit = *exits[i];
      Output output = std::move(exit.interface.output());
      exit.interface.output().clear();
      for (const Datagram& datagram : output.datagrams) put(i, false, datagram);
      for (const Packet& packet : output.packets) {
        arrive(i, Bytes(packet.bytes().begin(), packet.bytes().end()));
      }
    }
    Output output = std::move(gateway.output());
    gateway.output().clear();
    for (const Datagram& datagram : output.datagrams) {
      put(static_cast<size_t>(datagram.transport), true, datagram);
    }
    for (const Packet& packet : output.packets) {
      to_tun.emplace_back(packet.bytes().begin(), packet.bytes().end());
    }
  }
  void put(size_t exit, bool to_exit, const Datagram& datagram) {
    const auto bytes = datagram.bytes.bytes();
    wires.push_back({now + kDelay, exit, to_exit, Bytes(bytes.begin(), bytes.end())});
  }
  void arrive(size_t index, Bytes bytes) {
    const auto info = read_ip(bytes);
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->fragment || checksums_hold(bytes));
    const bool to_target =
        info->version == 4 &&
        std::equal(info->destination, info->destination + 4, target().bytes().begin());
    if (!to_target) {
      arrived.push_back({index, now, std::move(bytes)});
      return;
    }
    ++exits[index]->pings;
    if (!exits[index]->answers) return;
    PacketPlan reply;
    reply.protocol = 1;
    reply.payload.assign(bytes.begin() + 20, bytes.end());
    reply.payload[0] = 0;
    Bytes answer = reply.build(target(), tunnel(index, 4));
    Packet packet[1] = {exits[index]->pool.allocate()};
    packet[0].resize(answer.size());
    std::ranges::copy(answer, packet[0].data());
    exits[index]->interface.handle_packets(packet, now);
  }

  std::deque<Wire> wires;  ///< in the order of `due`, the delay being the same for all
  std::vector<AtExit> arrived;
  std::vector<Bytes> to_tun;
  int turns = 0;
};

}  // namespace wirebraid::test
