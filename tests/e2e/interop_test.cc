// Traffic with wireguard-go, the reference userspace implementation: who begins, over which IP
// version, with and without preshared key, and over rekeys.
#include "tests/e2e/tunnel.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::e2e {
namespace {

enum class Version { installed, backported };
enum class Role { initiator, responder };

struct Case {
  Version version;
  Role role;
  bool outer6;
  bool preshared_key;
};

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  const Case& test = info.param;
  return std::string(test.version == Version::backported ? "Backported" : "Installed") +
         (test.role == Role::initiator ? "_Initiator" : "_Responder") +
         (test.outer6 ? "_IPv6" : "_IPv4") + (test.preshared_key ? "_PresharedKey" : "");
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Version version : {Version::installed, Version::backported}) {
    for (const Role role : {Role::initiator, Role::responder}) {
      for (const bool outer6 : {false, true}) {
        for (const bool preshared_key : {false, true}) {
          all.push_back({version, role, outer6, preshared_key});
        }
      }
    }
  }
  return all;
}

class WireGuardGo : public EndToEnd, public ::testing::WithParamInterface<Case> {};

/// Host 1 is ours, host 2 wireguard-go.
TEST_P(WireGuardGo, CarriesBothVersionsBothWaysOverRekeys) {
  const Case test = GetParam();
  const bool backported = test.version == Version::backported;
  const std::string reference = backported ? backported_wireguard_go() : wireguard_go();
  if (reference.empty()) {
    GTEST_SKIP() << (backported ? "no wireguard-go from the backports: not fetched by ./dev test"
                                : "wireguard-go is not installed");
  }
  const Wire wire;
  const bool we_begin = test.role == Role::initiator;
  Tunnel tunnel(wire, {.program1 = fast_rekey_daemon(),
                       .program2 = reference,
                       .outer6 = test.outer6,
                       .preshared_key = test.preshared_key,
                       .knows1 = we_begin,
                       .knows2 = !we_begin});
  ASSERT_TRUE(tunnel.pings(we_begin ? 1 : 2));
  EXPECT_TRUE(tunnel.pings(1, true));

  lab::TcpFlow there(wire.host(2), wire.host(1), {.address = inner4(2), .download = false});
  lab::TcpFlow back(wire.host(2), wire.host(1),
                    {.address = inner6(2), .port = 7002, .download = true});
  for (int rekey = 0; rekey < 2; ++rekey) {
    const long before = tunnel.end(1).last_handshake();
    ASSERT_GT(before, 0);
    if (!we_begin) {
      // Stock timers would take two minutes: wireguard-go forgets the peer and begins anew, which
      // is a rekey to us.
      ASSERT_TRUE(
          lab::wait_until([&] { return ::time(nullptr) > before; }, lab::milliseconds(2000)));
      tunnel.end(2).wg("set", "peer " + tunnel.keys(1).open.to_base64() + " remove");
      tunnel.end(2).wg("addconf", "/dev/stdin", tunnel.peer_section(2));
    }
    EXPECT_TRUE(lab::wait_until([&] { return tunnel.end(1).last_handshake() > before; },
                                lab::milliseconds(10'000)))
        << "rekey " << rekey;
  }
  const lab::TcpFlowReport sent = there.finish();
  const lab::TcpFlowReport received = back.finish();
  EXPECT_TRUE(sent.intact);
  EXPECT_TRUE(received.intact);
  EXPECT_GT(sent.received, 1'000'000u);
  EXPECT_GT(received.received, 1'000'000u);
  EXPECT_EQ(tunnel.end(1).process().stop(), 0) << tunnel.end(1).process().errors();
}

INSTANTIATE_TEST_SUITE_P(Interop, WireGuardGo, ::testing::ValuesIn(cases()), name_of);

}  // namespace
}  // namespace wirebraid::e2e
