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

}  // namespace
}  // namespace wirebraid::wireguard
