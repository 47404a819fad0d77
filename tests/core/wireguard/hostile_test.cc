// Datagrams that nobody honest sends: none is accepted, none does harm.
#include <random>

#include "core/crypto/blake2s.h"
#include "tests/core/wireguard/two_devices.h"

namespace wirebraid::wireguard {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;

class Hostile : public TwoDevices {
 protected:
  using Bytes = std::vector<uint8_t>;

  static Bytes bytes_of(const Datagram& datagram) {
    return {datagram.bytes.bytes().begin(), datagram.bytes.bytes().end()};
  }

  /// Gives `bytes` to `end`; true if it changed anything but the counters of refusals.
  bool has_effect(End& end, const Bytes& bytes) {
    const auto before = end.peer->statistics();
    const Time deadline = end.device.next_deadline();
    Datagram datagram;
    datagram.bytes = end.packet(bytes);
    datagram.remote = endpoint("203.0.113.66:6666");
    end.receive(std::move(datagram), now);
    if (end.device.next_deadline() == Time{}) end.device.handle_deadline(now, end.out);
    const bool quiet =
        end.out.datagrams.empty() && end.out.payloads.empty() && end.out.events.empty() &&
        before.received_datagrams == end.peer->statistics().received_datagrams &&
        deadline == end.device.next_deadline() && end.peer->endpoint() == other(end).address;
    end.out.clear();
    return !quiet;
  }

  /// Every other length, every flipped bit; the real one still works afterwards.
  /// `unchecked`: bytes at the end that mean nothing now, that is, mac2 while not under load.
  void expect_only_the_original_works(End& end, const Bytes& original, size_t unchecked) {
    for (size_t size = 0; size < 1500; ++size) {
      if (size == original.size()) continue;
      Bytes other_size = original;
      other_size.resize(size);
      ASSERT_FALSE(has_effect(end, other_size)) << "size " << size;
    }
    for (size_t bit = 0; bit < (original.size() - unchecked) * 8; ++bit) {
      Bytes flipped = original;
      flipped[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
      ASSERT_FALSE(has_effect(end, flipped)) << "bit " << bit;
    }
  }

  uint64_t refusals(const End& end) {
    const auto& s = end.device.statistics();
    return s.malformed + s.bad_mac1 + s.cookie_demanded + s.rate_limited + s.bad_handshake +
           s.unknown_index + s.bad_transport + s.replayed;
  }
};

TEST_F(Hostile, Initiation) {
  a.device.initiate(*a.peer, now, a.out);
  auto sent = a.take_datagrams();
  expect_only_the_original_works(b, bytes_of(sent[0]), 16);
  EXPECT_EQ(refusals(b), 1499u + 132 * 8);
  deliver(a, sent[0]);
  exchange();
  EXPECT_TRUE(a.peer->has_session(now));
}

TEST_F(Hostile, Response) {
  a.device.initiate(*a.peer, now, a.out);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  auto response = b.take_datagrams();
  expect_only_the_original_works(a, bytes_of(response[0]), 16);
  EXPECT_EQ(refusals(a), 1499u + 76 * 8);
  deliver(b, response[0]);
  exchange();
  EXPECT_TRUE(b.peer->has_session(now));
}

TEST_F(Hostile, Transport) {
  handshake();
  a.send("a payload of some length", now);
  auto sent = a.take_datagrams();
  expect_only_the_original_works(b, bytes_of(sent[0]), 0);
  EXPECT_EQ(refusals(b), 1499u + sent[0].bytes.size() * 8);
  deliver(a, sent[0]);
  EXPECT_EQ(b.take_payloads(), Texts{"a payload of some length"});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(has_effect(b, bytes_of(sent[0])));
  EXPECT_EQ(b.device.statistics().replayed, 3u);
  EXPECT_EQ(b.peer->statistics().replayed, 3u);
}

TEST_F(Hostile, RecomputedMac1DoesNotHelp) {
  // The attacker knows the public key, so passes mac1; the rest still has to authenticate.
  a.device.initiate(*a.peer, now, a.out);
  auto sent = a.take_datagrams();
  const Bytes original = bytes_of(sent[0]);
  Bytes label{'m', 'a', 'c', '1', '-', '-', '-', '-'};
  const auto key = crypto::blake2s({label, b.device.public_key().bytes()});
  for (size_t bit = 64; bit < 116 * 8; ++bit) {  // behind type and sender
    Bytes flipped = original;
    flipped[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    const auto mac = crypto::blake2s_mac(key, {ConstByteSpan(flipped).first(116)});
    std::copy(mac.begin(), mac.end(), flipped.begin() + 116);
    advance(10ms);  // so as not to come under load
    ASSERT_FALSE(has_effect(b, flipped)) << bit;
  }
  EXPECT_EQ(b.device.statistics().bad_mac1, 0u);
}

TEST_F(Hostile, EveryTypeAndReservedByte) {
  handshake();
  a.send("x", now);
  auto sent = a.take_datagrams();
  for (uint32_t type = 0; type < 256; ++type) {
    for (size_t at = 0; at < 4; ++at) {
      Bytes changed = bytes_of(sent[0]);
      if (changed[at] == type) continue;
      changed[at] = static_cast<uint8_t>(type);
      ASSERT_FALSE(has_effect(b, changed));
    }
  }
}

TEST_F(Hostile, RandomBytesOfEveryTypeAndSize) {
  handshake();
  std::mt19937 random(3);
  for (size_t size = 0; size < 300; ++size) {
    for (uint8_t type = 0; type < 6; ++type) {
      Bytes bytes(size);
      for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
      if (size >= 4) std::copy_n(Bytes{type, 0, 0, 0}.begin(), 4, bytes.begin());
      ASSERT_FALSE(has_effect(b, bytes));
    }
  }
  // No packet at all is no crash either.
  b.receive(Datagram(), now);
  a.send("still works", now);
  exchange();
  EXPECT_EQ(b.take_payloads(), Texts{"still works"});
}

TEST_F(Hostile, OwnMessagesReflected) {
  a.device.initiate(*a.peer, now, a.out);
  auto initiation = a.take_datagrams();
  EXPECT_FALSE(has_effect(a, bytes_of(initiation[0])));
  deliver(a, initiation[0]);
  exchange();
  a.take_events();
  a.send("x", now);
  auto data = a.take_datagrams();
  EXPECT_FALSE(has_effect(a, bytes_of(data[0])));
}

TEST_F(Hostile, ReorderedWithinTheWindowIsFine) {
  handshake();
  for (int i = 0; i < 50; ++i) a.send(std::to_string(i), now);
  auto sent = a.take_datagrams();
  for (size_t i = sent.size(); i-- > 0;) deliver(a, sent[i]);
  for (auto& datagram : sent) deliver(a, datagram);  // and each once only
  EXPECT_EQ(b.take_payloads().size(), 50u);
  EXPECT_EQ(b.device.statistics().replayed, 50u);
}

TEST_F(Hostile, ExhaustedPoolDropsAndCounts) {
  handshake();
  std::vector<Packet> hoard;
  while (Packet packet = a.pool.allocate()) hoard.push_back(std::move(packet));
  Outgoing keepalive[1];
  a.device.send(*a.peer, keepalive, now, a.out);
  EXPECT_FALSE(keepalive[0].sent);
  EXPECT_TRUE(a.out.datagrams.empty());
  EXPECT_EQ(a.device.statistics().pool_exhausted, 1u);
  hoard.clear();
  a.send("fine again", now);
  exchange();
  EXPECT_EQ(b.take_payloads(), Texts{"fine again"});
}

TEST_F(Hostile, PaddingToSixteenButNotBeyondTheLimit) {
  handshake();
  a.device.set_max_payload(1420);
  for (const auto& [size, padded] : {std::pair<size_t, size_t>{1, 16},
                                     {16, 16},
                                     {17, 32},
                                     {1408, 1408},
                                     {1409, 1420},
                                     {1420, 1420},
                                     {1450, 1450}}) {
    a.send(std::string(size, 'x'), now);
    ASSERT_EQ(a.out.datagrams.size(), 1u);
    EXPECT_EQ(a.out.datagrams[0].bytes.size(), padded + kTransportOverhead);
    exchange();
    ASSERT_EQ(b.out.payloads.size(), 1u);
    const auto& got = b.out.payloads[0].payload;
    ASSERT_EQ(got.size(), padded);
    for (size_t i = 0; i < padded; ++i) EXPECT_EQ(got.data()[i], i < size ? 'x' : 0) << i;
    b.out.clear();
  }
}

TEST_F(Hostile, SealingLeavesASharedPayloadAsItWas) {
  handshake();
  Packet slot = a.packet(std::string(64, 'n'));
  Outgoing outgoing[1];
  outgoing[0].payload = slot.share();
  outgoing[0].payload.resize(10);  // the first segment of a larger read
  outgoing[0].traffic_class = 1;
  a.device.send(*a.peer, outgoing, now, a.out);
  for (const uint8_t byte : slot.bytes()) EXPECT_EQ(byte, 'n');
  EXPECT_EQ(a.out.datagrams[0].traffic_class, 1);
  exchange();
  EXPECT_EQ(b.out.payloads[0].traffic_class, 1);
  EXPECT_EQ(b.out.payloads[0].datagram_size, 16 + kTransportOverhead);
}

}  // namespace
}  // namespace wirebraid::wireguard
