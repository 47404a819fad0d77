// wg-quick(8) with our daemon as its userspace implementation: it tries the kernel's WireGuard
// first, which has to be missing here, or is taken instead.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/tunnel.h"

namespace wirebraid::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class WgQuick : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    if (::access("/usr/bin/wg-quick", X_OK) != 0) GTEST_SKIP() << "needs wg-quick";
    wire.emplace();
    if (run_to_end({"ip", "link", "add", "kernel-wg", "type", "wireguard"},
                   {.inside = &wire->host(1)})
            .status == 0) {
      GTEST_SKIP() << "this kernel has WireGuard, so wg-quick would not start wirebraidd";
    }
    directory = std::filesystem::path(::testing::TempDir()) / unique_name("quick");
    std::filesystem::create_directories(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  void write_config(const std::string& text) const {
    std::ofstream file(config());
    std::filesystem::permissions(
        config(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    file << text;
  }
  std::string config() const { return directory / (unique_name("q") + ".conf"); }
  Outcome quick(const std::string& verb) const {
    return run_to_end({"wg-quick", verb, config()},
                      {.inside = &wire->host(1),
                       .environment = {"WG_QUICK_USERSPACE_IMPLEMENTATION=" + programs().daemon}},
                      lab::milliseconds(20'000));
  }
  /// Host 2, which waits for host 1.
  void start_far_side() {
    far.emplace(programs().daemon, wire->host(2), "f");
    far->wg("setconf", "/dev/stdin",
            "[Interface]\nPrivateKey = " + far_keys.secret.to_base64() +
                "\nListenPort = 51820\n[Peer]\nPublicKey = " + keys.open.to_base64() +
                "\nAllowedIPs = 10.9.0.1/32, fd09::1/128\n");
    wire->host(2).ip("addr add 10.9.0.2/24 dev " + far->name());
    wire->host(2).ip("addr add fd09::2/64 dev " + far->name() + " nodad");
    wire->host(2).ip("link set mtu 1420 up dev " + far->name());
  }
  std::string config_text(const std::string& allowed) const {
    return "[Interface]\nPrivateKey = " + keys.secret.to_base64() +
           "\nAddress = 10.9.0.1/24, fd09::1/64\n[Peer]\nPublicKey = " + far_keys.open.to_base64() +
           "\nEndpoint = 192.0.2.2:51820\nAllowedIPs = " + allowed + "\n";
  }
  bool pings(const std::string& address) const {
    return lab::wait_until(
        [&] {
          return run_to_end({"ping", "-c1", "-W1", address}, {.inside = &wire->host(1)}).status ==
                 0;
        },
        lab::milliseconds(8000));
  }
  std::string ip(const std::string& arguments) const {
    return lab::run_command(words("ip " + arguments), {.inside = &wire->host(1)});
  }

  std::optional<Wire> wire;
  std::optional<WgInterface> far;
  KeyPair keys = make_keys();
  KeyPair far_keys = make_keys();
  std::filesystem::path directory;
};

TEST_F(WgQuick, GoesUpAndDown) {
  start_far_side();
  write_config(config_text("10.9.0.2/32, fd09::2/128"));
  const Outcome up = quick("up");
  ASSERT_EQ(up.status, 0) << up.errors;
  EXPECT_TRUE(pings("10.9.0.2"));
  EXPECT_TRUE(pings("fd09::2"));
  EXPECT_THAT(lab::run_command({"wg", "show", unique_name("q")}), HasSubstr("latest handshake"));
  const Outcome down = quick("down");
  EXPECT_EQ(down.status, 0) << down.errors;
  // The daemon ends as its interface goes, and takes its socket along.
  EXPECT_TRUE(
      lab::wait_until([&] { return !std::filesystem::exists(uapi_socket(unique_name("q"))); },
                      lab::milliseconds(3000)));
}

TEST_F(WgQuick, TakesTheDefaultRoute) {
  start_far_side();
  // Behind host 2, and not on the wire.
  wire->host(2).ip("addr add 203.0.113.9/32 dev lo");
  wire->host(2).ip("addr add 2001:db8:9::9/128 dev lo nodad");
  write_config(config_text("0.0.0.0/0, ::/0"));
  const Outcome up = quick("up");
  ASSERT_EQ(up.status, 0) << up.errors;
  EXPECT_THAT(ip("rule"), HasSubstr("not from all fwmark 0xca6c lookup 51820"));
  EXPECT_TRUE(pings("203.0.113.9"));
  EXPECT_TRUE(pings("2001:db8:9::9"));
  EXPECT_THAT(words(lab::run_command({"wg", "show", unique_name("q"), "fwmark"})),
              ::testing::ElementsAre("0xca6c"));
  const Outcome down = quick("down");
  EXPECT_EQ(down.status, 0) << down.errors;
  EXPECT_THAT(ip("rule"), ::testing::Not(HasSubstr("51820")));
}

}  // namespace
}  // namespace wirebraid::e2e
