#include "web/host_check.h"

#include <gtest/gtest.h>

#include "web/cookies.h"
#include "web/peer_address.h"
#include "web/server.h"

namespace wirebraid::web {
namespace {

TEST(HostCheck, AddressesAndLocalhostAreOurs) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8378", "192.168.1.1:80", "localhost",
                           "LOCALHOST:8378", "[::1]", "[fd00::1]:8378", "localhost."}) {
    EXPECT_TRUE(host_is_ours(host, {})) << host;
  }
}

TEST(HostCheck, NamesAreOursIfTheyAreGiven) {
  EXPECT_TRUE(host_is_ours("router.lan:8378", {"router.lan"}));
  EXPECT_TRUE(host_is_ours("Router.LAN", {"other", "router.lan"}));
  for (const char* host :
       {"", "evil.example", "router.lan.evil.example", "127.0.0.1.evil.example", "localhost.evil",
        "router.lan:80@evil.example", "[::1", "[evil]", "127.0.0.1:evil", "2130706433", "::1"}) {
    EXPECT_FALSE(host_is_ours(host, {"router.lan"})) << host;
  }
  EXPECT_FALSE(host_is_ours("", {""}));
}

Request from(const std::string& origin, const std::string& site) {
  Request request;
  request.headers["host"] = "router.lan:8378";
  if (!origin.empty()) request.headers["origin"] = origin;
  if (!site.empty()) request.headers["sec-fetch-site"] = site;
  return request;
}

TEST(OwnPage, IsToldByOriginAndFetchMetadata) {
  EXPECT_TRUE(comes_from_own_page(from("", "")));
  EXPECT_TRUE(comes_from_own_page(from("http://router.lan:8378", "same-origin")));
  EXPECT_TRUE(comes_from_own_page(from("", "none"))) << "typed by the user";
  EXPECT_FALSE(comes_from_own_page(from("http://evil.example", "")));
  EXPECT_FALSE(comes_from_own_page(from("http://router.lan", ""))) << "another port";
  EXPECT_FALSE(comes_from_own_page(from("null", "")));
  EXPECT_FALSE(comes_from_own_page(from("", "cross-site")));
  EXPECT_FALSE(comes_from_own_page(from("", "same-site")));
}

TEST(Cookies, AreFoundByName) {
  EXPECT_EQ(cookie("a=1; wirebraid=2; b=3", "wirebraid"), "2");
  EXPECT_EQ(cookie("wirebraid=2", "wirebraid"), "2");
  EXPECT_EQ(cookie("xwirebraid=1;wirebraid=2", "wirebraid"), "2");
  EXPECT_EQ(cookie("wirebraid-login=1", "wirebraid"), "");
  EXPECT_EQ(cookie("wirebraid", "wirebraid"), "");
  EXPECT_EQ(cookie(";;; =", "wirebraid"), "");
  EXPECT_EQ(cookie("", "wirebraid"), "");
}

TEST(PeerAddress, BlocksAreWhatOneHouseholdHas) {
  EXPECT_EQ(address_block("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_block("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_block("2001:db8:1:2::1"), address_block("2001:db8:1:2:ffff::"));
  EXPECT_NE(address_block("2001:db8:1:2::1"), address_block("2001:db8:1:3::1"));
  EXPECT_TRUE(is_loopback("127.9.9.9") && is_loopback("::1"));
  EXPECT_FALSE(is_loopback("192.0.2.1") || is_loopback("12.7.0.1"));
}

TEST(Listening, TellsWhatIsWrong) {
  EXPECT_TRUE(listen_on("127.0.0.1:0").socket);
  EXPECT_TRUE(listen_on("[::1]:0").socket);
  for (const char* address : {"", "8378", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "::1:80",
                              "localhost:8378", "127.0.0.1:x", "192.0.2.77:8378"}) {
    const Listener listener = listen_on(address);
    EXPECT_FALSE(listener.socket) << address;
    EXPECT_NE(listener.error, "") << address;
  }
}

}  // namespace
}  // namespace wirebraid::web
