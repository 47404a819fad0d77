#include "wirebraid/interface.h"

#include <gtest/gtest.h>

#include "tests/support/fake_platform.h"
#include "wirebraid/packet_info.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;

/// Two interfaces with one uplink each, joined without delay; plain packets, so that each packet
/// is out at once.
class InterfaceTest : public ::testing::Test {
 protected:
  struct End {
    explicit End(uint64_t seed) : platform(seed), interface(platform, pool, 1420) {}
    BufferPool pool{1600, 512};
    wirebraid::testing::FakePlatform platform;
    Interface interface;
    IdentityId identity{};
    BondId bond{};
    UplinkId uplink{};
    std::vector<Packet> packets;
  };

  InterfaceTest() {
    const PrivateKey key_a = generate_private_key(a.platform);
    const PrivateKey key_b = generate_private_key(b.platform);
    set_up(a, key_a, public_key_of(key_b));
    set_up(b, key_b, public_key_of(key_a));
    a.interface.allow(a.bond, *Prefix::parse("0.0.0.0/0"));
    b.interface.allow(b.bond, *Prefix::parse("10.1.0.0/16"));
    a.interface.set_endpoint(a.uplink, *Endpoint::parse("192.0.2.2:51820"), now);
    a.interface.connect(a.uplink, now);
    exchange();
  }
  void set_up(End& end, const PrivateKey& key, const PublicKey& other) {
    end.identity = end.interface.add_identity(key, TransportId{3}, now);
    BondOptions options;
    options.frames = false;
    end.bond = end.interface.add_bond(options);
    UplinkOptions uplink;
    uplink.identity = end.identity;
    uplink.bond = end.bond;
    uplink.public_key = other;
    end.uplink = *end.interface.add_uplink(uplink, now);
  }
  static Datagram arriving(End& at, const Datagram& sent) {
    Datagram copy;
    copy.bytes = at.pool.allocate();
    copy.bytes.resize(sent.bytes.size());
    std::copy_n(sent.bytes.data(), sent.bytes.size(), copy.bytes.data());
    copy.remote = *Endpoint::parse("192.0.2.2:51820");
    copy.transport = TransportId{3};
    copy.traffic_class = sent.traffic_class;
    return copy;
  }
  void exchange() {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
        Output output = std::move(from->interface.output());
        from->interface.output().clear();
        for (Packet& packet : output.packets) from->packets.push_back(std::move(packet));
        for (Datagram& datagram : output.datagrams) {
          Datagram copy[1] = {arriving(*to, datagram)};
          if (mark) copy[0].traffic_class = kEcnCe;
          to->interface.handle_datagrams(copy, now);
          moved = true;
        }
      }
    }
  }
  /// Gives b what a has just sent.
  void deliver_to_b() {
    std::vector<Datagram> batch;
    for (const Datagram& datagram : a.interface.output().datagrams) {
      batch.push_back(arriving(b, datagram));
    }
    b.interface.handle_datagrams(batch, now);
    a.interface.output().clear();
  }
  void send(End& from, const char* source, const char* destination, uint8_t ecn = 0) {
    Packet packet[1] = {from.pool.allocate()};
    packet[0].resize(40);
    uint8_t* at = packet[0].data();
    std::fill_n(at, 40, uint8_t{0});
    at[0] = 0x45;
    at[1] = ecn;
    store_be(at + 2, uint16_t{40});
    const auto put = [](const char* text, uint8_t* to) {
      const IpAddress address = *IpAddress::parse(text);
      std::copy_n(address.bytes().begin(), 4, to);
    };
    put(source, at + 12);
    put(destination, at + 16);
    from.interface.handle_packets(packet, now);
    exchange();
  }

  Time now{1000s};
  End a{1};
  End b{2};
  bool mark = false;
};

TEST_F(InterfaceTest, RoutesByDestinationAndChecksTheSource) {
  send(a, "10.1.0.5", "192.0.2.77");
  ASSERT_EQ(b.packets.size(), 1u);
  EXPECT_EQ(b.packets[0].size(), 40u) << "the padding is gone";
  send(b, "192.0.2.77", "10.1.0.5");
  EXPECT_EQ(a.packets.size(), 1u);

  send(a, "10.2.0.5", "192.0.2.77");  // b allows 10.1.0.0/16 only
  EXPECT_EQ(b.packets.size(), 1u);
  EXPECT_EQ(b.interface.statistics().source_not_allowed, 1u);

  send(b, "192.0.2.77", "10.2.0.5");
  EXPECT_EQ(b.interface.statistics().no_route, 1u);
  EXPECT_EQ(a.packets.size(), 1u);
}

TEST_F(InterfaceTest, AllowedIpsMoveToTheirNewOwner) {
  const BondId other = b.interface.add_bond({});
  b.interface.allow(other, *Prefix::parse("10.1.7.0/24"));
  send(a, "10.1.7.1", "192.0.2.77");
  EXPECT_EQ(b.interface.statistics().source_not_allowed, 1u);
  b.interface.disallow(other, *Prefix::parse("10.1.7.0/24"));
  send(a, "10.1.7.1", "192.0.2.77");
  EXPECT_EQ(b.packets.size(), 1u);
  b.interface.remove_bond(other, now);
}

TEST_F(InterfaceTest, PrefixesOfOtherWorkersLeadThere) {
  const Prefix prefix = *Prefix::parse("10.1.7.0/24");
  b.interface.allow_elsewhere(WorkerId{3}, prefix);
  Packet packet[1] = {b.pool.allocate()};
  packet[0].resize(40);
  std::fill_n(packet[0].data(), 40, uint8_t{0});
  packet[0].data()[0] = 0x45;
  packet[0].data()[3] = 40;
  const IpAddress destination = *IpAddress::parse("10.1.7.5");
  std::copy_n(destination.bytes().begin(), 4, packet[0].data() + 16);
  b.interface.handle_packets(packet, now);
  ASSERT_EQ(b.interface.output().elsewhere.size(), 1u);
  EXPECT_EQ(b.interface.output().elsewhere[0].worker, WorkerId{3});
  EXPECT_EQ(b.interface.output().elsewhere[0].content.bytes.size(), 40u);
  EXPECT_FALSE(b.interface.output().elsewhere[0].content.remote);
  b.interface.output().clear();
  EXPECT_TRUE(b.interface.output().elsewhere.empty());

  send(a, "10.1.7.5", "192.0.2.77");  // b's own bond has 10.1.0.0/16 only
  EXPECT_EQ(b.interface.statistics().source_not_allowed, 1u);
  b.interface.disallow_elsewhere(WorkerId{2}, prefix);  // does not have it
  send(a, "10.1.7.5", "192.0.2.77");
  EXPECT_EQ(b.interface.statistics().source_not_allowed, 2u);
  b.interface.disallow_elsewhere(WorkerId{3}, prefix);
  send(a, "10.1.7.5", "192.0.2.77");
  EXPECT_EQ(b.packets.size(), 1u);
  EXPECT_FALSE(b.interface.disallow(b.bond, prefix));
  b.interface.allow(b.bond, prefix);
  EXPECT_TRUE(b.interface.disallow(b.bond, prefix));
}

TEST_F(InterfaceTest, CongestionMarksComeThrough) {
  mark = true;
  send(a, "10.1.0.5", "192.0.2.77", kEcnEct0);
  ASSERT_EQ(b.packets.size(), 1u);
  EXPECT_EQ(b.packets[0].data()[1] & kEcnMask, kEcnCe);
  send(a, "10.1.0.5", "192.0.2.77", kEcnNotEct);
  EXPECT_EQ(b.packets.size(), 1u);
  EXPECT_EQ(b.interface.statistics().ecn_dropped, 1u);
}

TEST_F(InterfaceTest, HandshakesThatWaitGetATurnWhateverElseComes) {
  constexpr size_t kHandshakes = 10;
  for (size_t i = 0; i < kHandshakes; ++i) {
    now += 20ms;
    a.interface.renew(a.uplink, now);
    deliver_to_b();
  }
  const size_t answered = b.interface.output().datagrams.size();
  ASSERT_LT(answered, kHandshakes);
  b.interface.handle_deadline(now);
  EXPECT_EQ(b.interface.next_deadline(), now + 1us)
      << "soon, but never at once: calls in a loop end";
  size_t turns = 1;
  for (; b.interface.next_deadline() <= now + 1us; ++turns) {
    ASSERT_LT(turns, kHandshakes);
    now += 1us;
    Datagram other[1];  // malformed
    other[0].transport = TransportId{3};
    b.interface.handle_datagrams(other, now);
    ASSERT_LE(b.interface.next_deadline(), now);
    b.interface.handle_deadline(now);
  }
  EXPECT_GT(turns, 1u);
  EXPECT_EQ(b.interface.output().datagrams.size(), kHandshakes);
}

TEST_F(InterfaceTest, BadInputIsCounted) {
  Packet garbage[3] = {a.pool.allocate(), a.pool.allocate(), a.pool.allocate()};
  garbage[1].resize(19);
  std::fill_n(garbage[1].data(), 19, uint8_t{0x45});
  garbage[2].resize(60);
  std::fill_n(garbage[2].data(), 60, uint8_t{0xb1});
  a.interface.handle_packets(garbage, now);
  EXPECT_EQ(a.interface.statistics().malformed, 3u);

  Datagram lost[1];
  lost[0].bytes = a.pool.allocate();
  lost[0].transport = TransportId{99};
  a.interface.handle_datagrams(lost, now);
  EXPECT_EQ(a.interface.statistics().unknown_transport, 1u);
}

TEST_F(InterfaceTest, PlacesAreUsedAgainAfterRemoval) {
  const BondId bond = a.interface.add_bond({});
  UplinkOptions options;
  options.identity = a.identity;
  options.bond = bond;
  options.public_key = public_key_of(generate_private_key(a.platform));
  const auto first = a.interface.add_uplink(options, now);
  ASSERT_TRUE(first);
  EXPECT_FALSE(a.interface.add_uplink(options, now)) << "this peer exists";
  EXPECT_EQ(a.interface.find_uplink(a.identity, options.public_key), first);
  a.interface.remove_uplink(*first, now);
  EXPECT_FALSE(a.interface.find_uplink(a.identity, options.public_key));
  EXPECT_EQ(a.interface.add_uplink(options, now), first);
  a.interface.remove_bond(bond, now);
  EXPECT_EQ(a.interface.add_bond({}), bond);
}

TEST_F(InterfaceTest, ABondTakesSixteenUplinks) {
  UplinkOptions options;
  options.identity = a.identity;
  options.bond = a.interface.add_bond({});
  for (int i = 0; i < 16; ++i) {
    options.public_key = public_key_of(generate_private_key(a.platform));
    EXPECT_TRUE(a.interface.add_uplink(options, now));
  }
  options.public_key = public_key_of(generate_private_key(a.platform));
  EXPECT_FALSE(a.interface.add_uplink(options, now));
  EXPECT_FALSE(a.interface.find_uplink(a.identity, options.public_key));
}

}  // namespace
}  // namespace wirebraid
