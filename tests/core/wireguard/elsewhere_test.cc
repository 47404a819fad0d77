// Two Devices of one identity, as two workers have them, and a peer that belongs to the second.
#include <gtest/gtest.h>

#include "tests/core/wireguard/two_devices.h"
#include "wirebraid/worker.h"

namespace wirebraid::wireguard {
namespace {

using namespace testing;

class ElsewhereTest : public ::testing::Test {
 protected:
  static DeviceOptions options(uint32_t worker, uint32_t load = 200) {
    DeviceOptions out;
    out.transport = TransportId{7};
    out.under_load_per_second = load;
    const auto seed = CookieSeed(std::array<uint8_t, 32>{42});
    out.seat = {.worker = static_cast<WorkerId>(worker), .workers = 2, .cookie_seed = seed};
    return out;
  }
  static DeviceOptions alone(uint32_t load = 200) {
    DeviceOptions out;
    out.under_load_per_second = load;
    return out;
  }

  explicit ElsewhereTest(uint32_t load = 200)
      : gateway(1, "192.0.2.1:1000", alone(load)),
        first(2, "192.0.2.2:2000", options(0, load)),
        second(3, "192.0.2.2:2000", options(1, load)) {
    second.device.set_private_key(first.device.private_key(), now, second.out);
    gateway.peer = gateway.device.add_peer(first.device.public_key());
    gateway.device.set_endpoint(*gateway.peer, first.address);
    second.peer = second.device.add_peer(gateway.device.public_key());
    second.device.set_endpoint(*second.peer, gateway.address);
    first.device.add_peer_elsewhere(gateway.device.public_key(), WorkerId{1});
  }

  /// The gateway's datagrams reach the first worker, which hands them to the second.
  void arrive_at_the_wrong_worker() {
    for (Datagram& datagram : gateway.take_datagrams()) {
      first.receive(first.incoming(datagram, gateway.address), now);
    }
    for (Elsewhere& item : std::exchange(first.out.elsewhere, {})) {
      EXPECT_EQ(item.worker, WorkerId{1});
      EXPECT_EQ(item.content.remote, gateway.address);
      second.receive(second.incoming(item.content, item.content.remote), now);
      ++handed_over;
    }
  }
  void answer(End& from) {
    for (Datagram& datagram : from.take_datagrams()) {
      gateway.receive(gateway.incoming(datagram, from.address), now);
    }
  }

  Time now{1000s};
  End gateway;
  End first;
  End second;
  int handed_over = 0;
};

TEST_F(ElsewhereTest, InitiationsAndPayloadsAreGivenToTheirOwner) {
  gateway.send("hello", now);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(handed_over, 1);
  ASSERT_EQ(second.out.datagrams.size(), 1u);
  EXPECT_TRUE(first.out.datagrams.empty());
  answer(second);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(handed_over, 2);
  EXPECT_EQ(second.take_payloads(), std::vector<std::string>{"hello"});
  EXPECT_TRUE(second.peer->has_session(now));
  EXPECT_EQ(first.device.statistics().bad_handshake, 0u);
  EXPECT_EQ(first.device.statistics().unknown_index, 0u);
  EXPECT_EQ(worker_of(gateway.send("x", now).session, 2), WorkerId{1});
}

TEST_F(ElsewhereTest, ResponsesAreToo) {
  second.device.initiate(*second.peer, now, second.out);
  gateway.device.set_endpoint(*gateway.peer, second.address);
  answer(second);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(handed_over, 1);
  EXPECT_TRUE(second.peer->has_session(now));
}

TEST_F(ElsewhereTest, StrangersAndWrongIndicesAreNot) {
  first.device.remove_peer_elsewhere(gateway.device.public_key());
  gateway.send("hello", now);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(first.device.statistics().bad_handshake, 1u);

  std::array<uint8_t, 32> transport{4};
  for (const uint8_t index : {0, 1}) {  // the first's own, the second's
    transport[4] = index;
    Datagram datagram;
    datagram.bytes = first.packet(transport);
    first.receive(std::move(datagram), now);
  }
  EXPECT_EQ(first.device.statistics().unknown_index, 1u);
  EXPECT_EQ(first.out.elsewhere.size(), 1u);
  first.out.clear();
}

TEST_F(ElsewhereTest, APeerIsOfOneWorkerOnly) {
  EXPECT_EQ(first.device.add_peer(gateway.device.public_key()), nullptr);
  first.device.remove_peer_elsewhere(gateway.device.public_key());
  EXPECT_NE(first.device.add_peer(gateway.device.public_key()), nullptr);
}

class ElsewhereUnderLoad : public ElsewhereTest {
 protected:
  ElsewhereUnderLoad() : ElsewhereTest(0) {}
};

TEST_F(ElsewhereUnderLoad, ACookieOfOneIsGoodAtTheOther) {
  gateway.send("hello", now);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(first.device.statistics().cookie_demanded, 1u);
  answer(first);
  now += 5500ms;
  gateway.device.handle_deadline(now, gateway.out);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(handed_over, 1);
  EXPECT_EQ(second.device.statistics().cookie_demanded, 0u);
  ASSERT_EQ(second.out.datagrams.size(), 1u);
  EXPECT_EQ(type_of(second.out.datagrams[0]), MessageType::response);

  // The gateway wants one, too; it comes back to the wrong worker.
  answer(second);
  arrive_at_the_wrong_worker();
  EXPECT_EQ(handed_over, 2);
  EXPECT_EQ(second.device.statistics().bad_handshake, 0u);
  EXPECT_EQ(second.device.statistics().unknown_index, 0u);
}

}  // namespace
}  // namespace wirebraid::wireguard
