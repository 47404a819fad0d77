// Sessions come about: by whom, with which keys, in which order of messages.
#include "tests/core/wireguard/two_devices.h"

namespace wirebraid::wireguard {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;
using Events = std::vector<PeerEventKind>;

using Handshake = TwoDevices;

TEST_F(Handshake, StagedPayloadsArriveInOrderBothWays) {
  EXPECT_FALSE(a.send("one", now).sent);
  EXPECT_FALSE(a.send("two", now).sent);
  ASSERT_EQ(a.out.datagrams.size(), 1u);
  EXPECT_EQ(a.out.datagrams[0].bytes.size(), sizeof(Initiation));
  EXPECT_EQ(a.out.datagrams[0].traffic_class, 0x88);
  EXPECT_EQ(a.out.datagrams[0].transport, TransportId{7});
  EXPECT_EQ(a.out.datagrams[0].remote, b.address);
  exchange();
  EXPECT_EQ(b.take_payloads(), (Texts{"one", "two"}));
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::session_established});
  EXPECT_EQ(b.take_events(), Events{PeerEventKind::session_established});

  const Outgoing reply = b.send("three", now);
  EXPECT_TRUE(reply.sent);
  EXPECT_EQ(reply.counter, 0u);
  ASSERT_EQ(b.out.datagrams.size(), 1u);
  EXPECT_EQ(reply.session, load_le<uint32_t>(b.out.datagrams[0].bytes.data() + 4));
  exchange();
  ASSERT_EQ(a.out.payloads.size(), 1u);
  EXPECT_EQ(static_cast<uint32_t>(a.out.payloads[0].session), reply.session);
  EXPECT_EQ(a.out.payloads[0].counter, reply.counter);
  EXPECT_EQ(a.take_payloads(), Texts{"three"});
}

TEST_F(Handshake, ResponderMayNotSendBeforeKeyConfirmation) {
  a.device.initiate(*a.peer, now, a.out);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  auto response = b.take_datagrams();
  ASSERT_EQ(response.size(), 1u);
  EXPECT_EQ(response[0].bytes.size(), sizeof(Response));
  EXPECT_FALSE(b.peer->has_session(now));
  EXPECT_FALSE(b.send("early", now).sent);
  EXPECT_TRUE(b.out.datagrams.empty());
  EXPECT_TRUE(b.take_events().empty());

  deliver(b, response[0]);
  auto confirmation = a.take_datagrams();
  ASSERT_EQ(confirmation.size(), 1u);
  EXPECT_TRUE(is_keepalive(confirmation[0]));
  deliver(a, confirmation[0]);
  EXPECT_EQ(b.take_events(), Events{PeerEventKind::session_established});
  EXPECT_TRUE(b.out.payloads.empty());
  exchange();
  EXPECT_EQ(a.take_payloads(), Texts{"early"});
}

TEST_F(Handshake, ResponderWithNothingStagedStaysSilent) {
  a.send("x", now);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  auto response = b.take_datagrams();
  deliver(b, response[0]);
  auto data = a.take_datagrams();
  deliver(a, data[0]);
  EXPECT_TRUE(b.out.datagrams.empty());
}

TEST_F(Handshake, PresharedKeysMustAgree) {
  const PresharedKey key = generate_preshared_key(a.platform);
  a.device.set_preshared_key(*a.peer, key);
  a.device.initiate(*a.peer, now, a.out);
  exchange();
  EXPECT_FALSE(a.peer->has_session(now));
  EXPECT_EQ(a.device.statistics().bad_handshake, 1u);  // the response does not open

  b.device.set_preshared_key(*b.peer, key);
  run_until(now + 6s);
  EXPECT_TRUE(a.peer->has_session(now));
  EXPECT_TRUE(b.peer->has_session(now));
}

TEST_F(Handshake, InitiationsThatCrossBothComplete) {
  a.send("from a", now);
  b.send("from b", now);
  auto first = a.take_datagrams();
  auto second = b.take_datagrams();
  deliver(a, first[0]);
  deliver(b, second[0]);
  exchange();
  EXPECT_EQ(b.take_payloads(), Texts{"from a"});
  EXPECT_EQ(a.take_payloads(), Texts{"from b"});
  EXPECT_TRUE(a.send("more", now).sent);
  EXPECT_TRUE(b.send("more", now).sent);
  exchange();
  EXPECT_EQ(b.take_payloads(), Texts{"more"});
  EXPECT_EQ(a.take_payloads(), Texts{"more"});
}

TEST_F(Handshake, ReplayedInitiationIsRefused) {
  a.device.initiate(*a.peer, now, a.out);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  EXPECT_EQ(b.take_datagrams().size(), 1u);
  advance(60s);
  deliver(a, initiation[0]);
  EXPECT_TRUE(b.out.datagrams.empty());
  EXPECT_EQ(b.device.statistics().bad_handshake, 1u);
}

TEST_F(Handshake, OlderInitiationIsRefusedAndFloodsAreToo) {
  a.device.initiate(*a.peer, now, a.out);
  auto old = a.take_datagrams();
  run_until(now + 6s, [] {});
  auto newer = a.take_datagrams();
  ASSERT_EQ(newer.size(), 1u);
  run_until(now + 6s, [] {});
  auto newest = a.take_datagrams();
  ASSERT_EQ(newest.size(), 1u);
  deliver(a, newer[0]);
  EXPECT_EQ(b.take_datagrams().size(), 1u);
  advance(19'999us);
  deliver(a, newest[0]);
  EXPECT_TRUE(b.out.datagrams.empty());  // sooner than 20 ms
  advance(1us);
  deliver(a, old[0]);
  EXPECT_TRUE(b.out.datagrams.empty());
  deliver(a, newest[0]);
  EXPECT_EQ(b.take_datagrams().size(), 1u);
}

TEST_F(Handshake, ResponseIsTakenOnce) {
  a.device.initiate(*a.peer, now, a.out);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  auto response = b.take_datagrams();
  deliver(b, response[0]);
  EXPECT_EQ(a.take_events().size(), 1u);
  deliver(b, response[0]);
  EXPECT_TRUE(a.take_events().empty());
  EXPECT_EQ(a.device.statistics().unknown_index, 1u);
}

TEST_F(Handshake, UnknownPeerGetsNoAnswer) {
  b.device.remove_peer(*b.peer);
  a.device.initiate(*a.peer, now, a.out);
  exchange();
  EXPECT_EQ(b.device.statistics().bad_handshake, 1u);
  EXPECT_EQ(b.device.peer_count(), 0u);
}

TEST_F(Handshake, InitiateDoesNothingWithoutEndpointOrWhileUnderWay) {
  a.device.initiate(*a.peer, now, a.out);
  a.device.initiate(*a.peer, now, a.out);
  EXPECT_EQ(a.take_datagrams().size(), 1u);
  b.device.set_endpoint(*b.peer, {});
  b.device.initiate(*b.peer, now, b.out);
  b.send("x", now);
  EXPECT_TRUE(b.out.datagrams.empty());
}

TEST_F(Handshake, StagedQueueDropsTheOldest) {
  for (int i = 0; i < 130; ++i) a.send(std::string("p").append(std::to_string(i)), now);
  EXPECT_EQ(a.peer->statistics().staged_dropped, 2u);
  exchange();
  const auto texts = b.take_payloads();
  ASSERT_EQ(texts.size(), 128u);
  EXPECT_EQ(texts.front(), "p2");
  EXPECT_EQ(texts.back(), "p129");
}

TEST_F(Handshake, NewPrivateKeyEndsSessions) {
  handshake();
  a.device.set_private_key(a.device.private_key(), now, a.out);  // no change
  EXPECT_TRUE(a.peer->has_session(now));
  a.device.set_private_key(generate_private_key(a.platform), now, a.out);
  EXPECT_FALSE(a.peer->has_session(now));
  EXPECT_EQ(a.take_events(), Events{PeerEventKind::session_lost});
  b.send("lost", now);
  exchange();
  EXPECT_EQ(a.device.statistics().unknown_index, 1u);
  EXPECT_TRUE(a.out.payloads.empty());

  // The other end knows the new key as another peer.
  b.peer = b.device.add_peer(a.device.public_key());
  advance(6s);
  a.send("new", now);
  exchange();
  EXPECT_EQ(b.take_payloads(), Texts{"new"});
}

TEST_F(Handshake, NoPrivateKeyMeansSilence) {
  handshake();
  a.device.set_private_key(PrivateKey(), now, a.out);
  EXPECT_TRUE(a.device.public_key().is_zero());
  a.send("x", now);
  a.device.initiate(*a.peer, now, a.out);
  a.device.set_persistent_keepalive(*a.peer, 5s, now, a.out);
  advance(10s);
  b.device.initiate(*b.peer, now, b.out);
  run_until(now + 20s);
  EXPECT_EQ(a.peer->statistics().sent_datagrams, 2u);  // initiation and keepalive of the handshake
  EXPECT_GT(a.device.statistics().bad_mac1, 0u);
}

TEST_F(Handshake, OwnKeyIsNoPeer) {
  EXPECT_EQ(a.device.add_peer(a.device.public_key()), nullptr);
  EXPECT_EQ(a.device.add_peer(b.device.public_key()), nullptr);  // there already
  // A peer whose key becomes our own is out of use.
  a.device.set_private_key(b.device.private_key(), now, a.out);
  a.send("x", now);
  a.device.initiate(*a.peer, now, a.out);
  EXPECT_TRUE(a.out.datagrams.empty());
  EXPECT_EQ(a.device.find_peer(a.device.public_key()), a.peer);
}

TEST_F(Handshake, PeerWithAKeyOfSmallOrderNeverHandshakes) {
  const PublicKey zero;
  Peer* const peer = a.device.add_peer(zero);
  a.device.set_endpoint(*peer, b.address);
  a.device.initiate(*peer, now, a.out);
  EXPECT_TRUE(a.out.datagrams.empty());
}

TEST_F(Handshake, RoamsAfterAuthenticationOnly) {
  handshake();
  const Endpoint elsewhere = endpoint("198.51.100.7:77");
  a.send("hello", now);
  auto data = a.take_datagrams();
  Datagram damaged = b.incoming(data[0], elsewhere);
  damaged.bytes.data()[20] ^= 1;
  b.receive(std::move(damaged), now);
  EXPECT_EQ(b.peer->endpoint(), a.address);

  Datagram moved = b.incoming(data[0], elsewhere);
  moved.source = {b.address.address, 42};
  b.receive(std::move(moved), now);
  EXPECT_EQ(b.peer->endpoint(), elsewhere);
  EXPECT_EQ(b.take_events(), Events{PeerEventKind::endpoint_changed});

  b.receive(b.incoming(data[0], a.address), now);  // a replay proves nothing
  EXPECT_EQ(b.peer->endpoint(), elsewhere);

  b.send("back", now);
  ASSERT_EQ(b.out.datagrams.size(), 1u);
  EXPECT_EQ(b.out.datagrams[0].remote, elsewhere);
  EXPECT_EQ(b.out.datagrams[0].source.device, 42u);
  b.take_datagrams();
  b.device.forget_sources();
  b.send("back", now);
  EXPECT_EQ(b.out.datagrams[0].source, LocalSource());
}

TEST_F(Handshake, WithoutEndpointPayloadsWaitAndTheSessionLives) {
  handshake();
  a.device.set_endpoint(*a.peer, {});
  EXPECT_FALSE(a.send("kept", now).sent);
  EXPECT_TRUE(a.out.datagrams.empty());
  EXPECT_TRUE(a.take_events().empty());
  a.device.set_endpoint(*a.peer, b.address);
  a.send("next", now);
  exchange();
  EXPECT_EQ(b.take_payloads(), (Texts{"kept", "next"}));
}

TEST_F(Handshake, TenThousandPeers) {
  constexpr int kPeers = 10'000;
  std::vector<Peer*> peers;
  for (int i = 0; i < kPeers; ++i) {
    PublicKey key;
    b.platform.random(key.mutable_bytes());
    peers.push_back(b.device.add_peer(key));
    ASSERT_NE(peers.back(), nullptr);
    b.device.set_persistent_keepalive(*peers.back(), std::chrono::seconds(1 + i % 50), now, b.out);
  }
  EXPECT_EQ(b.device.peer_count(), kPeers + 1u);
  EXPECT_EQ(b.device.peers()[1], peers[0]);
  handshake();  // still found among the others
  run_until(now + 3s);
  for (Peer* peer : peers) b.device.remove_peer(*peer);
  EXPECT_EQ(b.device.peer_count(), 1u);
  a.send("still here", now);
  exchange();
  EXPECT_EQ(b.take_payloads(), Texts{"still here"});
}

}  // namespace
}  // namespace wirebraid::wireguard
