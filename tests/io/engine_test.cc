// Sockets, watched descriptors and deadlines: what every engine must do alike.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "tests/io/engine_fixture.h"

namespace wirebraid::io {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::NetNamespace;
using testing::run;

constexpr TransportId kFirst{1};
constexpr TransportId kSecond{2};

INSTANTIATE_TEST_SUITE_P(Engines, EngineTest, ::testing::ValuesIn(engine_kinds()),
                         [](const auto& instance) { return instance.param; });

TEST_P(EngineTest, ReceivesAndSendsOnBothFamilies) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  for (const std::string address : {"127.0.0.1", "::1"}) {
    PlainSocket peer(address);
    peer.send(endpoint(address, transport.port()), "question");
    handler->datagrams.clear();
    ASSERT_TRUE(turn_until([&] { return !handler->datagrams.empty(); })) << address;
    const Seen seen = handler->datagrams.front();
    EXPECT_EQ(seen.bytes, "question");
    EXPECT_EQ(seen.transport, kFirst);
    EXPECT_EQ(seen.remote, endpoint(address, peer.port()));
    EXPECT_EQ(seen.source.address, *IpAddress::parse(address));
    EXPECT_EQ(seen.source.device, 1u) << "lo";

    auto reply = datagram(transport, seen.remote, "answer");
    reply.source = seen.source;
    send(std::move(reply));
    const Seen answer = peer.receive();
    EXPECT_EQ(answer.bytes, "answer");
    EXPECT_EQ(answer.remote, endpoint(address, transport.port()));
  }
  EXPECT_EQ(engine->statistics().datagrams_received, 2u);
  EXPECT_EQ(engine->statistics().datagrams_sent, 2u);
  EXPECT_EQ(engine->statistics().send_dropped, 0u);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, ReceivedDatagramHasRoomForHeadersInFront) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  handler->hold = true;
  PlainSocket("127.0.0.1").send(endpoint("127.0.0.1", transport.port()), "x");
  ASSERT_TRUE(turn_until([&] { return !handler->held.empty(); }));
  EXPECT_GE(handler->held.front().headroom(), kHeadroom);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, EmptyDatagramIsDelivered) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  PlainSocket("127.0.0.1").send(endpoint("127.0.0.1", transport.port()), "");
  ASSERT_TRUE(turn_until([&] { return !handler->datagrams.empty(); }));
  EXPECT_EQ(handler->datagrams.front().bytes, "");
  engine->remove_transport(transport);
}

TEST_P(EngineTest, KeepsTheOrderOfManyDatagrams) {
  constexpr size_t kCount = 1000;
  UdpTransport from(kFirst);
  UdpTransport to(kSecond);
  ASSERT_FALSE(from.open({}));
  ASSERT_FALSE(to.open({}));
  engine->add_transport(from);
  engine->add_transport(to);
  std::vector<Datagram> batch;
  for (size_t i = 0; i < kCount; ++i) {
    batch.push_back(datagram(from, endpoint("127.0.0.1", to.port()), std::to_string(i)));
  }
  engine->send(batch);
  engine->flush();
  EXPECT_EQ(engine->statistics().datagrams_sent, kCount) << "without a turn";
  ASSERT_TRUE(turn_until([&] { return handler->datagrams.size() >= kCount; }));
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(handler->datagrams[i].bytes, std::to_string(i));
    ASSERT_EQ(handler->datagrams[i].transport, kSecond);
  }
  EXPECT_GT(*std::max_element(handler->batch_sizes.begin(), handler->batch_sizes.end()), 1u);
  engine->remove_transport(from);
  engine->remove_transport(to);
}

// With UDP_SEGMENT and UDP_GRO: longer and shorter ones, two receivers, and more than one call
// takes.
TEST_P(EngineTest, RunsOfDatagramsKeepTheirBoundsAndOrder) {
  UdpTransport near(kFirst);
  UdpTransport far(kSecond);
  ASSERT_FALSE(near.open({}));
  ASSERT_FALSE(far.open({}));
  EXPECT_TRUE(near.may_segment());
  engine->add_transport(near);
  engine->add_transport(far);
  for (const std::string address : {"127.0.0.1", "::1"}) {
    PlainSocket plain(address);
    handler->datagrams.clear();
    std::vector<std::string> sent;
    std::vector<Datagram> batch;
    for (size_t i = 0; i < 200; ++i) {
      const size_t size = i % 40 == 39 ? 700 : i % 100 < 90 ? 1200 : 20 + i;
      std::string text = std::to_string(i) + " ";
      text.resize(size, static_cast<char>('a' + i % 26));
      batch.push_back(datagram(near, endpoint(address, far.port()), text));
      batch.push_back(datagram(near, endpoint(address, plain.port()), text));
      sent.push_back(std::move(text));
    }
    engine->send(batch);
    engine->flush();
    ASSERT_TRUE(turn_until([&] { return handler->datagrams.size() >= sent.size(); }));
    for (size_t i = 0; i < sent.size(); ++i) {
      ASSERT_EQ(handler->datagrams[i].bytes, sent[i]) << i;
      ASSERT_EQ(handler->datagrams[i].remote, endpoint(address, near.port()));
      ASSERT_EQ(plain.receive().bytes, sent[i]) << i;
    }
  }
  EXPECT_EQ(engine->statistics().datagrams_sent, 800u);
  EXPECT_EQ(engine->statistics().send_dropped, 0u);
  engine->remove_transport(near);
  engine->remove_transport(far);
}

// The kernel does not make segments that it would have to fragment.
TEST_P(EngineTest, RunsAreSentOneByOneWhereTheMtuIsTooSmall) {
  run("ip link set lo mtu 1280");
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  PlainSocket peer("127.0.0.1");
  std::vector<Datagram> batch;
  for (char c = 'a'; c < 'k'; ++c) {
    batch.push_back(datagram(transport, endpoint("127.0.0.1", peer.port()), std::string(1400, c)));
  }
  engine->send(batch);
  engine->flush();
  for (char c = 'a'; c < 'k'; ++c) EXPECT_EQ(peer.receive().bytes, std::string(1400, c));
  EXPECT_EQ(engine->statistics().datagrams_sent, 10u);
  EXPECT_EQ(engine->statistics().send_dropped, 0u);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, ATurnReadsBoundedlyMuch) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  PlainSocket peer("127.0.0.1");
  for (int i = 0; i < 1500; ++i) peer.send(endpoint("127.0.0.1", transport.port()), "x");
  size_t before = 0;
  ASSERT_TRUE(turn_until([&] {
    EXPECT_LE(handler->datagrams.size() - before, 512u);
    before = handler->datagrams.size();
    return before == 1500;
  }));
  engine->remove_transport(transport);
}

TEST_P(EngineTest, CarriesTheTrafficClassInBothDirections) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  for (const std::string address : {"127.0.0.1", "::1"}) {
    for (const int traffic_class : {0x00, 0x01, 0x02, 0x03, 0xb8}) {
      PlainSocket peer(address);
      auto out = datagram(transport, endpoint(address, peer.port()), "x");
      out.traffic_class = static_cast<uint8_t>(traffic_class);
      send(std::move(out));
      EXPECT_EQ(peer.receive().traffic_class, traffic_class) << address;

      handler->datagrams.clear();
      auto to_self = datagram(transport, endpoint(address, transport.port()), "x");
      to_self.traffic_class = static_cast<uint8_t>(traffic_class);
      send(std::move(to_self));
      ASSERT_TRUE(turn_until([&] { return !handler->datagrams.empty(); }));
      EXPECT_EQ(handler->datagrams.front().traffic_class, traffic_class) << address;
    }
  }
  engine->remove_transport(transport);
}

TEST_P(EngineTest, TooLongDatagramIsCountedAndTheNextOneArrives) {
  make_engine_with_pool(1000, 256);
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  for (const std::string address : {"127.0.0.1", "::1"}) {
    PlainSocket peer(address);
    const auto to = endpoint(address, transport.port());
    handler->datagrams.clear();
    peer.send(to, std::string(1001, 'a'));
    peer.send(to, std::string(1000, 'b'));
    ASSERT_TRUE(turn_until([&] { return !handler->datagrams.empty(); }));
    EXPECT_EQ(handler->datagrams.front().bytes, std::string(1000, 'b')) << address;
  }
  EXPECT_EQ(engine->statistics().truncated, 2u);
  EXPECT_EQ(engine->statistics().datagrams_received, 2u);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, ReceivesAgainAfterThePoolWasEmpty) {
  constexpr size_t kCount = 300;
  make_engine_with_pool(100, 64);
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  handler->hold = true;
  PlainSocket peer("127.0.0.1");
  const auto to = endpoint("127.0.0.1", transport.port());
  for (size_t i = 0; i < kCount; ++i) peer.send(to, std::to_string(i));
  for (int round = 0; handler->datagrams.size() < kCount; ++round) {
    ASSERT_LT(round, 100);
    const auto exhausted = engine->statistics().pool_exhausted;
    ASSERT_TRUE(turn_until([&] {
      return handler->datagrams.size() == kCount ||
             engine->statistics().pool_exhausted > exhausted + 3;
    }));
    handler->held.clear();
  }
  for (size_t i = 0; i < kCount; ++i) ASSERT_EQ(handler->datagrams[i].bytes, std::to_string(i));
  EXPECT_GT(engine->statistics().pool_exhausted, 0u);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, RefusedDatagramsAreCountedAndDoNotStopOthers) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  PlainSocket peer("127.0.0.1");
  std::vector<Datagram> batch;
  batch.push_back(datagram(transport, endpoint("127.0.0.1", peer.port()), "one"));
  batch.push_back(datagram(transport, endpoint("192.0.2.1", 9), "no route"));
  batch.push_back(datagram(transport, endpoint("127.0.0.1", peer.port()), "two"));
  batch.push_back(datagram(transport, Endpoint{}, "nowhere"));
  batch.push_back(datagram(UdpTransport(kSecond), endpoint("127.0.0.1", 9), "unknown transport"));
  batch.emplace_back();
  batch.push_back(datagram(transport, endpoint("127.0.0.1", peer.port()), "three"));
  engine->send(batch);
  engine->flush();
  EXPECT_EQ(peer.receive().bytes, "one");
  EXPECT_EQ(peer.receive().bytes, "two");
  EXPECT_EQ(peer.receive().bytes, "three");
  turn_a_few_times();
  EXPECT_EQ(engine->statistics().datagrams_sent, 3u);
  EXPECT_EQ(engine->statistics().send_dropped, 4u);
  EXPECT_TRUE(handler->errors.empty());
  engine->remove_transport(transport);
}

TEST_P(EngineTest, PortUnreachableIsNotAnError) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  for (int i = 0; i < 3; ++i) send(datagram(transport, endpoint("127.0.0.1", 9), "x"));
  turn_a_few_times();
  PlainSocket("127.0.0.1").send(endpoint("127.0.0.1", transport.port()), "still here");
  EXPECT_TRUE(turn_until([&] { return !handler->datagrams.empty(); }));
  EXPECT_TRUE(handler->errors.empty());
  engine->remove_transport(transport);
}

TEST_P(EngineTest, StickySourceIsUsedAndLeftOutWhenItHasVanished) {
  NetNamespace far;
  run("ip link add near type veth peer name far netns " + testing::path_of(far));
  run("ip addr add 10.9.0.1/24 dev near && ip addr add 10.9.0.3/24 dev near &&"
      "ip -6 addr add fd09::1/64 dev near nodad && ip -6 addr add fd09::3/64 dev near nodad &&"
      "ip link set near up");
  std::unique_ptr<PlainSocket> peers[2];
  {
    const auto inside = far.enter();
    run("ip addr add 10.9.0.2/24 dev far && ip -6 addr add fd09::2/64 dev far nodad &&"
        "ip link set far up");
    peers[0] = std::make_unique<PlainSocket>("10.9.0.2");
    peers[1] = std::make_unique<PlainSocket>("fd09::2");
  }
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  struct Case {
    std::string remote, chosen, remove;
  };
  const Case cases[] = {{"10.9.0.2", "10.9.0.3", "ip addr del 10.9.0.3/24 dev near"},
                        {"fd09::2", "fd09::3", "ip -6 addr del fd09::3/64 dev near"}};
  for (size_t i = 0; i < 2; ++i) {
    const auto to = endpoint(cases[i].remote, peers[i]->port());
    auto sticky = datagram(transport, to, "sticky");
    sticky.source.address = *IpAddress::parse(cases[i].chosen);
    send(std::move(sticky));
    EXPECT_EQ(peers[i]->receive().remote, endpoint(cases[i].chosen, transport.port()));

    run(cases[i].remove);
    std::vector<Datagram> batch;
    for (const auto* text : {"one", "two"}) {
      batch.push_back(datagram(transport, to, text));
      batch.back().source.address = *IpAddress::parse(cases[i].chosen);
    }
    engine->send(batch);
    engine->flush();
    for (const auto* text : {"one", "two"}) {
      const Seen seen = peers[i]->receive();
      EXPECT_EQ(seen.bytes, text);
      EXPECT_NE(seen.remote.address, *IpAddress::parse(cases[i].chosen));
    }

    // A device that is gone is no reason to fall silent either.
    auto elsewhere = datagram(transport, to, "elsewhere");
    elsewhere.source = {endpoint(cases[i].chosen, 0).address, 4711};
    send(std::move(elsewhere));
    EXPECT_EQ(peers[i]->receive().bytes, "elsewhere");
  }
  EXPECT_EQ(engine->statistics().send_dropped, 0u);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, AnAddressThatWasLeftIsNoSource) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  transport.leave(*IpAddress::parse("127.0.0.1"));
  PlainSocket peer("127.0.0.1");
  peer.send(endpoint("127.0.0.1", transport.port()), "left");
  peer.send(endpoint("127.0.0.2", transport.port()), "another");
  ASSERT_TRUE(turn_until([&] { return handler->datagrams.size() == 2; }));
  EXPECT_FALSE(handler->datagrams[0].source.address);
  EXPECT_EQ(handler->datagrams[1].source.address, *IpAddress::parse("127.0.0.2"));
  engine->remove_transport(transport);
}

TEST_P(EngineTest, SourceOfTheOtherFamilyIsIgnored) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  PlainSocket peer("127.0.0.1");
  auto out = datagram(transport, endpoint("127.0.0.1", peer.port()), "x");
  out.source.address = *IpAddress::parse("::1");
  send(std::move(out));
  EXPECT_EQ(peer.receive().bytes, "x");
  engine->remove_transport(transport);
}

TEST_P(EngineTest, VanishedDeviceIsReportedOncePerTurn) {
  run("ip link add near type veth peer name far && ip addr add 10.9.0.1/24 dev near &&"
      "ip link set near up && ip link set far up");
  UdpTransport transport(kFirst);
  UdpOptions options;
  options.device = "near";
  ASSERT_FALSE(transport.open(options));
  engine->add_transport(transport);
  run("ip link del near");
  std::vector<Datagram> batch;
  batch.reserve(3);
  for (int i = 0; i < 3; ++i) batch.push_back(datagram(transport, endpoint("10.9.0.2", 9), "x"));
  engine->send(batch);
  engine->flush();
  EXPECT_TRUE(handler->errors.empty()) << "callbacks come from run_once() only";
  turn_a_few_times();
  ASSERT_EQ(handler->errors.size(), 1u);
  EXPECT_EQ(handler->errors.front(), std::make_pair(kFirst, ENODEV));
  EXPECT_EQ(engine->statistics().send_dropped, 3u);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, NothingOfARemovedTransportIsDelivered) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  turn_a_few_times();
  const uint16_t port = transport.port();
  PlainSocket peer("127.0.0.1");
  for (int i = 0; i < 100; ++i) peer.send(endpoint("127.0.0.1", port), "late");
  engine->remove_transport(transport);
  transport.close();
  turn_a_few_times();
  EXPECT_TRUE(handler->datagrams.empty());

  UdpOptions options;
  options.port = port;
  ASSERT_FALSE(transport.open(options)) << "nobody holds the old sockets";
  engine->add_transport(transport);
  peer.send(endpoint("127.0.0.1", port), "again");
  ASSERT_TRUE(turn_until([&] { return !handler->datagrams.empty(); }));
  EXPECT_EQ(handler->datagrams.front().bytes, "again");
  engine->remove_transport(transport);
}

TEST_P(EngineTest, TransportsMayBeRemovedAndAddedByTheHandlerUnderTraffic) {
  UdpTransport first(kFirst);
  UdpTransport second(kSecond);
  ASSERT_FALSE(first.open({}));
  ASSERT_FALSE(second.open({}));
  engine->add_transport(first);
  engine->add_transport(second);
  PlainSocket peer("127.0.0.1");
  bool removed = false;
  int removals = 0;
  handler->on_batch = [&](std::span<Datagram> batch) {
    for (const auto& datagram : batch) {
      EXPECT_FALSE(removed && datagram.transport == kSecond);
    }
    if (batch.front().transport != kFirst) return;
    if (removed) {
      ASSERT_FALSE(second.open({}));
      engine->add_transport(second);
    } else {
      engine->remove_transport(second);
      second.close();
      ++removals;
    }
    removed = !removed;
  };
  for (int round = 0; round < 50; ++round) {
    handler->datagrams.clear();
    for (int i = 0; i < 20; ++i) {
      if (!removed) peer.send(endpoint("127.0.0.1", second.port()), "2");
      peer.send(endpoint("127.0.0.1", first.port()), "1");
    }
    ASSERT_TRUE(turn_until([&] {
      return std::count_if(handler->datagrams.begin(), handler->datagrams.end(),
                           [](const auto& seen) { return seen.transport == kFirst; }) == 20;
    }));
  }
  EXPECT_GT(removals, 10);
  handler->on_batch = nullptr;
  engine->remove_transport(first);
  if (!removed) engine->remove_transport(second);
}

TEST_P(EngineTest, WhatTheHandlerSendsLeavesAtTheEndOfTheTurn) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  PlainSocket peer("127.0.0.1");
  handler->on_batch = [&](std::span<Datagram> batch) {
    for (auto& datagram : batch) std::swap(datagram.source, datagram.source);
    engine->send(batch);
    engine->flush();
  };
  for (int i = 0; i < 200; ++i) {
    peer.send(endpoint("127.0.0.1", transport.port()), std::to_string(i));
  }
  ASSERT_TRUE(turn_until([&] { return engine->statistics().datagrams_sent == 200; }));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(peer.receive().bytes, std::to_string(i));
  engine->remove_transport(transport);
}

TEST_P(EngineTest, WatchIsLevelTriggeredUntilUnwatched) {
  const Descriptor event(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  int calls = 0;
  engine->watch(event.get(), EPOLLIN, [&](uint32_t events) {
    EXPECT_EQ(events, static_cast<uint32_t>(EPOLLIN));
    ++calls;
  });
  ASSERT_TRUE(turn_until([&] { return calls >= 3; })) << "never read, so ready every turn";
  engine->unwatch(event.get());
  calls = 0;
  turn_a_few_times();
  EXPECT_EQ(calls, 0);
}

TEST_P(EngineTest, WatchOfAnUnreadyDescriptorWakesTheTurnWhenItBecomesReady) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  Descriptor reader(pipe_ends[0]);
  Descriptor writer(pipe_ends[1]);
  uint32_t seen = 0;
  engine->watch(reader.get(), EPOLLIN, [&](uint32_t events) {
    seen = events;
    char byte = 0;
    EXPECT_LE(read(reader.get(), &byte, 1), 1);
  });
  turn_a_few_times();
  EXPECT_EQ(seen, 0u);
  ASSERT_EQ(write(writer.get(), "x", 1), 1);
  ASSERT_TRUE(turn_until([&] { return seen != 0; }));
  EXPECT_EQ(seen, static_cast<uint32_t>(EPOLLIN));
  seen = 0;
  writer = Descriptor();
  ASSERT_TRUE(turn_until([&] { return seen != 0; }));
  EXPECT_TRUE((seen & EPOLLHUP) != 0);
  engine->unwatch(reader.get());
}

TEST_P(EngineTest, WatchCallbackMayUnwatchItselfAndOthersAndReuseTheDescriptor) {
  Descriptor events[3];
  int calls[3] = {};
  for (auto& event : events) event = Descriptor(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  int replaced_calls = 0;
  for (int i = 0; i < 3; ++i) {
    engine->watch(events[i].get(), EPOLLIN, [&, i](uint32_t) {
      ++calls[i];
      for (const auto& event : events) engine->unwatch(event.get());
      // The same numbers again: an event of the old ones must not reach the new callback.
      for (auto& event : events) {
        event = Descriptor();
        event = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        engine->watch(event.get(), EPOLLIN, [&](uint32_t) { ++replaced_calls; });
      }
    });
  }
  ASSERT_TRUE(turn_until([&] { return calls[0] + calls[1] + calls[2] > 0; }));
  turn_a_few_times();
  EXPECT_EQ(calls[0] + calls[1] + calls[2], 1);
  EXPECT_EQ(replaced_calls, 0);
  for (const auto& event : events) engine->unwatch(event.get());
}

TEST_P(EngineTest, WaitsForTheDeadlineWithoutSpinning) {
  for (const auto wait : {microseconds(0), microseconds(300), microseconds(20'000)}) {
    const Time deadline = monotonic_now() + wait;
    // Signals, or work that the kernel does for this thread (rings closed by the tests before), may
    // end a few turns before.
    int turns = 0;
    do {
      engine->run_once(deadline);
      ++turns;
    } while (monotonic_now() < deadline);
    EXPECT_LE(turns, 10);
  }
  engine->run_once(Time{});
  engine->run_once(Time::min());
}

TEST_P(EngineTest, WithoutADeadlineADatagramEndsTheTurn) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  engine->run_once(monotonic_now());
  PlainSocket("127.0.0.1").send(endpoint("127.0.0.1", transport.port()), "x");
  while (handler->datagrams.empty()) engine->run_once(kNever);
  engine->remove_transport(transport);
}

TEST_P(EngineTest, CanBeDestroyedWhileEverythingIsUnderWay) {
  UdpTransport transport(kFirst);
  ASSERT_FALSE(transport.open({}));
  engine->add_transport(transport);
  const Descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  engine->watch(event.get(), EPOLLIN, [](uint32_t) {});
  turn_a_few_times();
  PlainSocket peer("127.0.0.1");
  for (int i = 0; i < 500; ++i) peer.send(endpoint("127.0.0.1", transport.port()), "x");
  engine->run_once(monotonic_now());
  engine.reset();
  handler->datagrams.clear();
  handler->held.clear();
  EXPECT_EQ(pool->in_use(), 0u);
}

}  // namespace
}  // namespace wirebraid::io
