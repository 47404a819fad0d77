// Under load: cookies, rates per source; and the stamps that order initiations.
#include "core/wireguard/cookie.h"

#include "core/wireguard/load_detector.h"
#include "core/wireguard/rate_limiter.h"
#include "core/wireguard/tai64n.h"
#include "tests/core/wireguard/two_devices.h"

namespace wirebraid::wireguard {
namespace {

using namespace testing;
using wirebraid::testing::FakePlatform;

/// Both always under load.
class Cookies : public TwoDevices {
 protected:
  static DeviceOptions loaded() {
    DeviceOptions out = options();
    out.under_load_per_second = 0;
    return out;
  }
  Cookies() : TwoDevices(loaded()) {}
};

TEST_F(Cookies, SessionNeedsACookieFromEachSide) {
  a.send("x", now);
  auto initiation = a.take_datagrams();
  deliver(a, initiation[0]);
  auto cookie = b.take_datagrams();
  ASSERT_EQ(cookie.size(), 1u);
  EXPECT_EQ(type_of(cookie[0]), MessageType::cookie_reply);
  EXPECT_EQ(cookie[0].bytes.size(), sizeof(CookieReply));
  EXPECT_EQ(cookie[0].remote, a.address);
  EXPECT_EQ(b.device.statistics().cookie_demanded, 1u);
  deliver(b, cookie[0]);
  EXPECT_TRUE(a.out.datagrams.empty());  // waits for the next try
  EXPECT_FALSE(a.peer->has_session(now));

  // Second try: the initiation has a mac2, now the response needs one. Third: done.
  run_until(now + 5500ms);
  EXPECT_EQ(a.device.statistics().cookie_demanded, 1u);
  EXPECT_FALSE(a.peer->has_session(now));
  run_until(now + 5500ms);
  EXPECT_TRUE(a.peer->has_session(now));
  EXPECT_EQ(b.take_payloads(), std::vector<std::string>{"x"});
}

TEST_F(Cookies, CookieIsForOneAddressAndPort) {
  a.send("x", now);
  exchange();
  run_until(now + 5500ms, [] {});
  auto with_mac2 = a.take_datagrams();
  ASSERT_EQ(with_mac2.size(), 1u);
  for (const char* from : {"192.0.2.1:1001", "192.0.2.2:1000", "[2001:db8::1]:1000"}) {
    b.receive(b.incoming(with_mac2[0], endpoint(from)), now);
    ASSERT_EQ(b.out.datagrams.size(), 1u);
    EXPECT_EQ(type_of(b.take_datagrams()[0]), MessageType::cookie_reply);
  }
  deliver(a, with_mac2[0]);
  ASSERT_EQ(b.out.datagrams.size(), 1u);
  EXPECT_EQ(type_of(b.out.datagrams[0]), MessageType::response);
}

TEST_F(Cookies, OnlyTheAnswerToTheLastMessageIsTakenAndOnce) {
  a.send("x", now);
  auto first = a.take_datagrams();
  deliver(a, first[0]);
  auto cookie = b.take_datagrams();
  const std::vector<uint8_t> original(cookie[0].bytes.bytes().begin(),
                                      cookie[0].bytes.bytes().end());
  for (size_t bit = 0; bit < original.size() * 8; ++bit) {
    auto flipped = original;
    flipped[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    Datagram datagram;
    datagram.bytes = a.packet(flipped);
    a.receive(std::move(datagram), now);
  }
  for (size_t size = 0; size < 200; ++size) {
    if (size == original.size()) continue;
    auto other_size = original;
    other_size.resize(size);
    Datagram datagram;
    datagram.bytes = a.packet(other_size);
    a.receive(std::move(datagram), now);
  }
  const auto& s = a.device.statistics();
  EXPECT_EQ(s.malformed + s.unknown_index + s.bad_handshake + s.bad_mac1, 64u * 8 + 199);
  deliver(b, cookie[0]);
  const uint64_t refused = s.bad_handshake;
  deliver(b, cookie[0]);
  EXPECT_EQ(s.bad_handshake, refused + 1);
  run_until(now + 5500ms, [] {});
  auto second = a.take_datagrams();
  deliver(a, second[0]);
  ASSERT_EQ(b.out.datagrams.size(), 1u);
  EXPECT_EQ(type_of(b.out.datagrams[0]), MessageType::response);
}

TEST_F(Cookies, WrongMac1GetsNoCookie) {
  a.send("x", now);
  auto sent = a.take_datagrams();
  sent[0].bytes.data()[116] ^= 1;
  deliver(a, sent[0]);
  EXPECT_TRUE(b.out.datagrams.empty());
  EXPECT_EQ(b.device.statistics().bad_mac1, 1u);
}

TEST_F(Cookies, RateLimitHoldsEvenWithACookie) {
  a.send("x", now);
  exchange();
  run_until(now + 5500ms, [] {});
  auto with_mac2 = a.take_datagrams();
  for (int i = 0; i < 8; ++i) deliver(a, with_mac2[0]);
  EXPECT_EQ(b.device.statistics().rate_limited, 3u);  // a burst of 5, then none
}

/// Both sides of one key, and a message from one to the other.
class OneCookie : public ::testing::Test {
 protected:
  FakePlatform platform;
  const PublicKey key = public_key_of(generate_private_key(platform));
  const Endpoint from = endpoint("192.0.2.1:1");
  CookieChecker checker{key, generate_cookie_seed(platform)};
  CookieGenerator generator{key};
  std::array<uint8_t, sizeof(Initiation)> message{};
};

TEST_F(OneCookie, IsUsedFor115SecondsAndTheSecretChangesAfter120) {
  const Time start{600s};  // the secret changes every 120 s
  generator.add_macs(message, start);
  EXPECT_TRUE(checker.check_mac1(message));
  EXPECT_FALSE(checker.check_mac2(message, from, start));
  const CookieReply reply = checker.reply(message, from, start, platform);
  EXPECT_TRUE(generator.consume(reply, start));

  const auto accepted_at = [&](Time made, Time checked) {
    generator.add_macs(message, made);
    return checker.check_mac2(message, from, checked);
  };
  EXPECT_TRUE(accepted_at(start, start));
  EXPECT_TRUE(accepted_at(start + 115s - 1us, start + 120s - 1us));
  EXPECT_FALSE(accepted_at(start + 115s, start + 115s));
  EXPECT_FALSE(accepted_at(start, start + 120s));
}

TEST(LoadDetector, AboveTheLimitAndForOneSecondAfter) {
  LoadDetector load;
  const LoadDetector::Limit limit{.per_second = 2, .at_once = 3};
  const Time start{10s};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(load.count(limit, start));
  EXPECT_TRUE(load.count(limit, start + 499ms));
  EXPECT_TRUE(load.count(limit, start + 1498ms));
  EXPECT_FALSE(load.count(limit, start + 1499ms));
}

TEST(LoadDetector, AllowsARateForever) {
  LoadDetector load;
  const LoadDetector::Limit limit{.per_second = 4, .at_once = 3};
  Time now{10s};
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(load.count(limit, now += 250ms));
  EXPECT_FALSE(load.count(limit, now + 1h));
}

TEST_F(Cookies, ManyPeersMayRenewTheirSessionsWithoutACookie) {
  // The bound of this test is 0; with 120 peers it is two of each.
  for (int i = 1; i < 120; ++i) {
    b.device.add_peer(public_key_of(generate_private_key(b.platform)));
  }
  a.send("x", now);
  auto sent = a.take_datagrams();
  for (int i = 0; i < 240; ++i) deliver(a, sent[0]);
  EXPECT_EQ(b.device.statistics().cookie_demanded, 0u);
  deliver(a, sent[0]);
  EXPECT_EQ(b.device.statistics().cookie_demanded, 1u);
  // Then four times one per second.
  now += 2s;
  for (int i = 0; i < 8; ++i) deliver(a, sent[0]);
  EXPECT_EQ(b.device.statistics().cookie_demanded, 1u);
  deliver(a, sent[0]);
  EXPECT_EQ(b.device.statistics().cookie_demanded, 2u);
}

TEST_F(OneCookie, IsNotTakenForAnAnsweredMessage) {
  const Time now{50s};
  generator.add_macs(message, now);
  const CookieReply reply = checker.reply(message, from, now, platform);
  generator.answered();
  EXPECT_FALSE(generator.consume(reply, now));
}

TEST_F(OneCookie, IsKeptBeyondTheAnswer) {
  const Time now{50s};
  generator.add_macs(message, now);
  ASSERT_TRUE(generator.consume(checker.reply(message, from, now, platform), now));
  generator.answered();
  generator.add_macs(message, now);
  EXPECT_TRUE(checker.check_mac2(message, from, now));
}

TEST(RateLimiter, TwentyPerSecondInBurstsOfFive) {
  FakePlatform platform;
  RateLimiter limiter(platform);
  const IpAddress source = *IpAddress::parse("192.0.2.1");
  Time now{5s};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.allow(source, now));
  EXPECT_FALSE(limiter.allow(source, now));
  now += 50ms - 1us;
  EXPECT_FALSE(limiter.allow(source, now));
  now += 1us;
  EXPECT_TRUE(limiter.allow(source, now));
  EXPECT_FALSE(limiter.allow(source, now));
  int allowed = 0;
  for (int i = 0; i < 10'000; ++i) allowed += limiter.allow(source, now += 1ms) ? 1 : 0;
  EXPECT_EQ(allowed, 200);
  EXPECT_TRUE(limiter.allow(*IpAddress::parse("192.0.2.2"), now));  // others are not affected
}

TEST(RateLimiter, IPv6CountsPer64) {
  FakePlatform platform;
  RateLimiter limiter(platform);
  const Time now{5s};
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(limiter.allow(*IpAddress::parse("2001:db8::" + std::to_string(i)), now));
  }
  EXPECT_FALSE(limiter.allow(*IpAddress::parse("2001:db8::ffff"), now));
  EXPECT_TRUE(limiter.allow(*IpAddress::parse("2001:db8:0:1::1"), now));
}

TEST(RateLimiter, KnowsABoundedNumberOfSources) {
  FakePlatform platform;
  RateLimiter limiter(platform);
  Time now{5s};
  size_t allowed = 0;
  const auto source = [](uint32_t i) {
    std::array<uint8_t, 4> bytes;
    store_be(bytes.data(), i);
    return IpAddress::v4(bytes);
  };
  for (uint32_t i = 0; i < RateLimiter::kMaxSources + 100; ++i) {
    allowed += limiter.allow(source(i), now) ? 1 : 0;
  }
  EXPECT_EQ(allowed, RateLimiter::kMaxSources);
  EXPECT_EQ(limiter.source_count(), RateLimiter::kMaxSources);
  now += 1s;
  EXPECT_TRUE(limiter.allow(source(UINT32_MAX), now));
  EXPECT_EQ(limiter.source_count(), 1u);
}

TEST(Tai64n, RoundsDownAndAlwaysIncreases) {
  Tai64nClock clock;
  const WallTime start{1'700'000'000s};
  const Tai64n first = clock.stamp(start + 500'000'000ns);
  EXPECT_EQ(load_be<uint64_t>(first.data()), 0x400000000000000AU + 1'700'000'000U);
  EXPECT_EQ(load_be<uint32_t>(first.data() + 8), 29U << 24U);
  Tai64n last = first;
  for (int i = 0; i < 200; ++i) {  // a clock that stands still, then goes back
    const Tai64n next = clock.stamp(i < 100 ? start : start - 3600s);
    EXPECT_GT(next, last);
    EXPECT_EQ(load_be<uint32_t>(next.data() + 8) % (1U << 24U), 0u);
    EXPECT_LT(load_be<uint32_t>(next.data() + 8), 1'000'000'000u);
    last = next;
  }
  EXPECT_EQ(load_be<uint64_t>(clock.stamp(start + 60s).data()),
            0x400000000000000AU + 1'700'000'060U);
}

}  // namespace
}  // namespace wirebraid::wireguard
