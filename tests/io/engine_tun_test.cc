// The engine between a TUN device and its Handler, with packets of the kernel's own making.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "io/message.h"
#include "io/tun.h"
#include "tests/io/engine_fixture.h"
#include "tests/support/heap.h"

namespace wirebraid::io {
namespace {

using testing::run;

class EngineTunTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    std::error_code error;
    std::string what;
    tun = TunDevice::open("wbtest", error, what);
    ASSERT_TRUE(tun) << what << ": " << error.message();
    run("ip addr add 10.8.0.1/24 dev wbtest && ip link set wbtest up");
    engine->set_tun(*tun);
  }
  void TearDown() override {
    EngineTest::TearDown();
    tun.reset();
  }
  std::unique_ptr<TunDevice> tun;
};

INSTANTIATE_TEST_SUITE_P(Engines, EngineTunTest, ::testing::ValuesIn(engine_kinds()),
                         [](const auto& instance) { return instance.param; });

constexpr size_t kHeaders = 28;  // IPv4 and UDP

// Both ways round: checksums stay right when addresses and ports only change places.
template <typename Bytes>
void turn_round(Bytes* packet) {
  std::swap_ranges(packet + 12, packet + 16, packet + 16);
  std::swap_ranges(packet + 20, packet + 22, packet + 22);
}

std::string answer_to(std::string packet) {
  turn_round(packet.data());
  return packet;
}

Packet packet_of(BufferPool& pool, std::string_view bytes) {
  Packet packet = pool.allocate();
  packet.resize(bytes.size());
  std::memcpy(packet.data(), bytes.data(), bytes.size());
  return packet;
}

TEST_P(EngineTunTest, ReadsAndWritesPacketsInOrder) {
  constexpr int kCount = 300;
  PlainSocket host("10.8.0.1");
  for (int i = 0; i < kCount; ++i) host.send(endpoint("10.8.0.2", 9), std::to_string(i));
  ASSERT_TRUE(turn_until([&] { return handler->packets.size() >= kCount; }));
  EXPECT_GE(engine->statistics().packets_read, static_cast<uint64_t>(kCount));
  std::vector<Packet> answers;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(handler->packets[i].substr(kHeaders), std::to_string(i));
    answers.push_back(packet_of(*pool, answer_to(handler->packets[i])));
  }
  engine->write(answers);
  engine->flush();
  for (int i = 0; i < kCount; ++i) {
    const Seen seen = host.receive();
    ASSERT_EQ(seen.bytes, std::to_string(i));
    ASSERT_EQ(seen.remote, endpoint("10.8.0.2", 9));
  }
  EXPECT_EQ(engine->statistics().packets_written, static_cast<uint64_t>(kCount));
  EXPECT_EQ(engine->statistics().write_dropped, 0u);
}

// The host's TCP talks to itself: what it sends to the address beside its own comes back from
// there.
TEST_P(EngineTunTest, SuperPacketsAreCutAndMerged) {
  ASSERT_TRUE(tun->offloads().tcp);
  make_engine_with_pool(1500, 1024);
  engine->set_tun(*tun);
  size_t longest = 0;
  handler->on_packet_batch = [&](std::span<Packet> batch) {
    for (Packet& packet : batch) {
      longest = std::max(longest, packet.size());
      if (packet.data()[0] >> 4 != 4) continue;
      std::swap_ranges(packet.data() + 12, packet.data() + 16, packet.data() + 16);
      engine->write({&packet, 1});
      engine->flush();
    }
  };
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto near = to_socket_address(endpoint("10.8.0.1", 5000));
  ASSERT_EQ(bind(listener, &near.any, near.size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  const int sender = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto far = to_socket_address(endpoint("10.8.0.2", 5000));
  connect(sender, &far.any, far.size);
  int receiver = -1;
  ASSERT_TRUE(turn_until([&] { return (receiver = accept(listener, nullptr, nullptr)) >= 0; }));

  std::string all(4 << 20, ' ');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 2654435761u >> 13);
  size_t sent = 0;
  std::string got;
  std::array<char, 65536> buffer{};
  EXPECT_TRUE(turn_until([&] {
    const ssize_t out = ::send(sender, &all[sent], all.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (out > 0) sent += static_cast<size_t>(out);
    const ssize_t in = recv(receiver, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (in > 0) got.append(buffer.data(), static_cast<size_t>(in));
    return got.size() == all.size();
  }));
  EXPECT_TRUE(got == all);
  EXPECT_EQ(longest, 1500u);
  EXPECT_EQ(engine->statistics().malformed, 0u);
  EXPECT_EQ(engine->statistics().truncated, 0u);
  for (const int fd : {listener, sender, receiver}) close(fd);
}

TEST_P(EngineTunTest, PacketLongerThanASlotIsCounted) {
  // The MTU is 1500; slots are smaller here.
  make_engine_with_pool(1000, 256);
  engine->set_tun(*tun);
  PlainSocket host("10.8.0.1");
  host.send(endpoint("10.8.0.2", 9), std::string(1001 - kHeaders, 'a'));
  host.send(endpoint("10.8.0.2", 9), std::string(1000 - kHeaders, 'b'));
  ASSERT_TRUE(turn_until([&] { return !handler->packets.empty(); }));
  EXPECT_EQ(handler->packets.front().substr(kHeaders), std::string(1000 - kHeaders, 'b'));
  EXPECT_EQ(engine->statistics().truncated, 1u);
}

// From the TUN device to a socket, and from a socket to the TUN device, with runs and
// super-packets.
TEST_P(EngineTunTest, OnceItRunsItAllocatesNothing) {
  if (!testing::kHeapIsKnown) GTEST_SKIP() << "the sanitizer's allocator does not tell";
  constexpr size_t kBurst = 40;
  constexpr int kRounds = 30;
  constexpr int kWarm = 10;
  UdpTransport near(TransportId{1});
  UdpTransport far(TransportId{2});
  for (UdpTransport* each : {&near, &far}) {
    ASSERT_FALSE(each->open({}));
    engine->add_transport(*each);
  }
  const Endpoint to = endpoint("127.0.0.1", far.port());
  std::vector<Datagram> datagrams;
  std::vector<Packet> packets;
  datagrams.reserve(10 * kBurst);
  packets.reserve(10 * kBurst);
  handler->on_packet_batch = [&](std::span<Packet> batch) {
    for (Packet& packet : batch) {
      if (packet.data()[0] >> 4 != 4) continue;
      turn_round(packet.data());
      Datagram& datagram = datagrams.emplace_back();
      datagram.bytes = std::move(packet);
      datagram.remote = to;
      datagram.transport = near.id();
    }
    engine->send(datagrams);
    datagrams.clear();
  };
  size_t arrived = 0;
  handler->on_datagram_batch = [&](std::span<Datagram> batch) {
    arrived += batch.size();
    for (Datagram& datagram : batch) packets.push_back(std::move(datagram.bytes));
    engine->write(packets);
    packets.clear();
  };
  PlainSocket host("10.8.0.1");
  for (int round = 0; round < kRounds; ++round) {
    // At first more than later: how much of a burst one turn sees depends on what else the machine
    // does.
    const size_t burst = round < kWarm ? 3 * kBurst : kBurst;
    for (size_t i = 0; i < burst; ++i) {
      host.send(endpoint("10.8.0.2", 9), std::string(1000, static_cast<char>('a' + i % 26)));
    }
    const size_t wanted = arrived + burst;
    while (arrived < wanted) {
      const uint64_t before = testing::allocations();
      engine->run_once(monotonic_now() + std::chrono::seconds(5));
      if (round >= kWarm) {
        ASSERT_EQ(testing::allocations() - before, 0u) << "round " << round;
      }
    }
    engine->flush();
    for (size_t i = 0; i < burst; ++i) ASSERT_EQ(host.receive().bytes.size(), 1000u);
  }
  engine->remove_transport(near);
  engine->remove_transport(far);
}

TEST_P(EngineTunTest, ReadsAgainAfterThePoolWasEmpty) {
  constexpr size_t kCount = 200;
  make_engine_with_pool(1500, 64);
  engine->set_tun(*tun);
  handler->hold = true;
  PlainSocket host("10.8.0.1");
  for (size_t i = 0; i < kCount; ++i) host.send(endpoint("10.8.0.2", 9), std::to_string(i));
  for (int round = 0; handler->packets.size() < kCount; ++round) {
    ASSERT_LT(round, 100);
    const auto exhausted = engine->statistics().pool_exhausted;
    ASSERT_TRUE(turn_until([&] {
      return handler->packets.size() == kCount ||
             engine->statistics().pool_exhausted > exhausted + 3;
    }));
    handler->held.clear();
  }
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(handler->packets[i].substr(kHeaders), std::to_string(i));
  }
  EXPECT_GT(engine->statistics().pool_exhausted, 0u);
}

TEST_P(EngineTunTest, RefusedPacketsAreCounted) {
  std::vector<Packet> batch;
  batch.push_back(packet_of(*pool, "\x10 is neither IPv4 nor IPv6"));
  batch.emplace_back();
  engine->write(batch);
  engine->flush();
  turn_a_few_times();
  EXPECT_EQ(engine->statistics().write_dropped, 2u);
  EXPECT_EQ(engine->statistics().packets_written, 0u);
}

TEST_P(EngineTunTest, InterfaceThatIsDownAcceptsNothingAndComesBack) {
  PlainSocket host("10.8.0.1");
  host.send(endpoint("10.8.0.2", 9), "before");
  ASSERT_TRUE(turn_until([&] { return !handler->packets.empty(); }));
  const std::string answer = answer_to(handler->packets.front());
  handler->packets.clear();
  run("ip link set wbtest down");
  Packet lost = packet_of(*pool, answer);
  engine->write({&lost, 1});
  engine->flush();
  turn_a_few_times();
  EXPECT_EQ(handler->tun_gone, 0);
  run("ip link set wbtest up");
  host.send(endpoint("10.8.0.2", 9), "after");
  ASSERT_TRUE(turn_until([&] { return !handler->packets.empty(); }));
  EXPECT_EQ(handler->packets.front().substr(kHeaders), "after");
}

TEST_P(EngineTunTest, DeletedInterfaceIsReportedOnce) {
  turn_a_few_times();
  run("ip link del wbtest");
  ASSERT_TRUE(turn_until([&] { return handler->tun_gone > 0; }));
  Packet packet = packet_of(*pool, std::string(40, 'x'));
  engine->write({&packet, 1});
  engine->flush();
  turn_a_few_times();
  EXPECT_EQ(handler->tun_gone, 1);
  EXPECT_EQ(engine->statistics().write_dropped, 1u);
}

TEST_P(EngineTunTest, CanBeDestroyedWhileReading) {
  turn_a_few_times();
  PlainSocket host("10.8.0.1");
  for (int i = 0; i < 300; ++i) host.send(endpoint("10.8.0.2", 9), "x");
  engine->run_once(monotonic_now());
  engine.reset();
  EXPECT_EQ(pool->in_use(), 0u);
  // What the engine left is still there for the next one.
  make_engine_with_pool(2048, 1024);
  engine->set_tun(*tun);
  host.send(endpoint("10.8.0.2", 9), "last");
  EXPECT_TRUE(turn_until([&] {
    return !handler->packets.empty() && handler->packets.back().substr(kHeaders) == "last";
  }));
}

}  // namespace
}  // namespace wirebraid::io
