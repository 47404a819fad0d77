// Once it runs, the data path allocates nothing.
#include <gtest/gtest.h>

#include "tests/core/packet/packet_builder.h"
#include "tests/support/fake_platform.h"
#include "tests/support/heap.h"
#include "wirebraid/interface.h"

namespace wirebraid {
namespace {

using namespace std::chrono_literals;
using wirebraid::testing::allocations;

constexpr Duration kStep = 1ms;
constexpr TransportId kTransport{1};
constexpr size_t kUplinks = 2;
constexpr size_t kFlows = 8;
constexpr size_t kPayload = 1180;  // of IP

/// A gateway and a server, joined by two uplinks of one step's delay.
class AllocationTest : public ::testing::TestWithParam<Mode> {
 protected:
  struct End {
    explicit End(uint64_t seed) : platform(seed), interface(platform, pool, 1420) {}
    wirebraid::testing::FakePlatform platform;
    BufferPool pool{1600, 8192};
    Interface interface;
    BondId bond{};
    std::vector<Packet> from_tun;
    std::vector<Datagram> under_way;  ///< to it
    uint64_t received = 0;
    uint64_t allocated = 0;  ///< in its calls
  };

  AllocationTest() {
    const PrivateKey server_key = generate_private_key(server.platform);
    const IdentityId at_server = server.interface.add_identity(server_key, kTransport, now);
    BondOptions options;
    options.mode = GetParam();
    for (End* end : {&gateway, &server}) {
      end->bond = end->interface.add_bond(options);
      end->interface.allow(end->bond, *Prefix::parse("0.0.0.0/0"));
    }
    for (uint16_t i = 0; i < kUplinks; ++i) {
      const PrivateKey key = generate_private_key(gateway.platform);
      const auto transport = static_cast<TransportId>(i + 1);
      UplinkOptions uplink;
      uplink.identity = gateway.interface.add_identity(key, transport, now);
      uplink.bond = gateway.bond;
      uplink.public_key = public_key_of(server_key);
      const UplinkId id = *gateway.interface.add_uplink(uplink, now);
      gateway.interface.set_endpoint(id, Endpoint{*IpAddress::parse("192.0.2.1"), i}, now);
      uplink.identity = at_server;
      uplink.bond = server.bond;
      uplink.public_key = public_key_of(key);
      server.interface.add_uplink(uplink, now);
      gateway.interface.connect(id, now);
    }
  }
  ~AllocationTest() override {
    for (End* end : {&gateway, &server}) {
      end->interface.output().clear();
      end->under_way.clear();
    }
  }

  /// Calls into the Interface of `end`, and takes what comes of it.
  template <class Call>
  void count(End& end, const Call& call) {
    const uint64_t before = allocations();
    call();
    end.allocated += allocations() - before;
    Output& output = end.interface.output();
    end.received += output.packets.size();
    End& other = &end == &gateway ? server : gateway;
    for (Datagram& datagram : output.datagrams) {
      Datagram copy;
      copy.bytes = other.pool.allocate();
      copy.bytes.resize(datagram.bytes.size());
      std::copy_n(datagram.bytes.data(), datagram.bytes.size(), copy.bytes.data());
      // Two addresses of the gateway, each of one uplink; one of the server.
      const auto uplink =
          &end == &gateway ? static_cast<uint16_t>(datagram.transport) : datagram.remote.port;
      copy.remote = Endpoint{*IpAddress::parse("192.0.2.2"), uplink};
      copy.transport = &end == &gateway ? kTransport : static_cast<TransportId>(uplink);
      other.under_way.push_back(std::move(copy));
    }
    output.clear();
  }

  void talk(End& end, size_t packets) {
    const auto there = test::address("10.0.0.1");
    const auto here = test::address("20.0.0.1");
    const bool up = &end == &gateway;
    for (size_t i = 0; i < packets; ++i) {
      test::PacketPlan plan;
      plan.payload.resize(kPayload);
      store_be(plan.payload.data(), static_cast<uint16_t>(i % kFlows));  // source port
      const test::Bytes bytes = up ? plan.build(there, here) : plan.build(here, there);
      Packet& packet = end.from_tun.emplace_back(end.pool.allocate());
      packet.resize(bytes.size());
      std::copy(bytes.begin(), bytes.end(), packet.data());
    }
    count(end, [&] { end.interface.handle_packets(end.from_tun, now); });
    end.from_tun.clear();
  }

  /// Both ways so many packets each millisecond.
  void run_for(Duration duration, size_t packets) {
    for (const Time end = now + duration; now < end;) {
      now += kStep;
      for (End* side : {&gateway, &server}) {
        std::vector<Datagram> arrived;
        arrived.swap(side->under_way);
        count(*side, [&] { side->interface.handle_datagrams(arrived, now); });
        talk(*side, packets);
        count(*side, [&] { side->interface.handle_deadline(now); });
      }
    }
  }

  Time now{1000s};
  End gateway{1};
  End server{2};
};

INSTANTIATE_TEST_SUITE_P(Modes, AllocationTest,
                         ::testing::Values(Mode::packet, Mode::flow, Mode::redundant));

TEST_P(AllocationTest, NoneOnceItRuns) {
  if (!wirebraid::testing::kHeapIsKnown) GTEST_SKIP() << "not counted here";
  run_for(10s, 4);
  ASSERT_GT(gateway.allocated, 0u) << "they are counted";
  ASSERT_GT(server.received, 20'000u);
  gateway.allocated = server.allocated = 0;
  server.received = 0;
  run_for(10s, 4);
  EXPECT_GE(server.received, 39'000u);
  EXPECT_EQ(gateway.allocated, 0u);
  EXPECT_EQ(server.allocated, 0u);
}

}  // namespace
}  // namespace wirebraid
