#include "control/uapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace wirebraid::control {
namespace {

using ::testing::ElementsAre;

const std::string kKeyA(64, 'a');
const std::string kKeyB = "00" + std::string(62, 'b');
const std::string kZero(64, '0');

std::vector<UapiRequest> parse(std::string_view text, size_t chunk = SIZE_MAX,
                               bool* broken = nullptr) {
  UapiParser parser;
  std::vector<UapiRequest> requests;
  while (!text.empty()) {
    parser.feed(text.substr(0, chunk));
    while (auto request = parser.next()) requests.push_back(std::move(*request));
    text.remove_prefix(std::min(chunk, text.size()));
  }
  if (broken != nullptr) *broken = parser.broken();
  return requests;
}

const std::string kFullSet =
    "set=1\nprivate_key=" + kKeyA +
    "\nlisten_port=51820\nfwmark=51820\nreplace_peers=true\n"
    "public_key=" +
    kKeyB + "\nprotocol_version=1\nupdate_only=true\npreshared_key=" + kKeyA +
    "\nendpoint=[2001:db8::1]:51821\npersistent_keepalive_interval=25\n"
    "replace_allowed_ips=true\nallowed_ip=10.1.2.3/8\nallowed_ip=-fd00::/8\n"
    "public_key=" +
    kKeyA + "\nremove=true\nallowed_ip=10.0.0.0/8\n\n";

void expect_full_set(const UapiRequest& request) {
  EXPECT_EQ(request.kind, UapiRequest::Kind::set);
  ASSERT_EQ(request.error, 0);
  const SetRequest& set = request.set;
  EXPECT_EQ(set.private_key->to_hex(), kKeyA);
  EXPECT_EQ(set.listen_port, 51820);
  EXPECT_EQ(set.firewall_mark, 51820u);
  EXPECT_TRUE(set.replace_peers);
  ASSERT_EQ(set.peers.size(), 2u);
  const PeerChange& peer = set.peers[0];
  EXPECT_EQ(peer.public_key.to_hex(), kKeyB);
  EXPECT_FALSE(peer.remove);
  EXPECT_TRUE(peer.update_only);
  EXPECT_EQ(peer.preshared_key->to_hex(), kKeyA);
  EXPECT_EQ(peer.endpoint, Endpoint::parse("[2001:db8::1]:51821"));
  EXPECT_EQ(peer.persistent_keepalive, std::chrono::seconds(25));
  EXPECT_TRUE(peer.replace_allowed_ips);
  ASSERT_EQ(peer.allowed_ips.size(), 2u);
  EXPECT_EQ(peer.allowed_ips[0].prefix.to_string(), "10.0.0.0/8");
  EXPECT_FALSE(peer.allowed_ips[0].remove);
  EXPECT_EQ(peer.allowed_ips[1].prefix.to_string(), "fd00::/8");
  EXPECT_TRUE(peer.allowed_ips[1].remove);
  EXPECT_TRUE(set.peers[1].remove);
  EXPECT_TRUE(set.peers[1].allowed_ips.empty());
}

TEST(Uapi, ReadsEveryKeyInAnyPieces) {
  const std::string text = kFullSet + "get=1\n\n" + kFullSet;
  for (size_t chunk = 1; chunk <= 40; ++chunk) {
    SCOPED_TRACE(chunk);
    const auto requests = parse(text, chunk);
    ASSERT_EQ(requests.size(), 3u);
    expect_full_set(requests[0]);
    EXPECT_EQ(requests[1].kind, UapiRequest::Kind::get);
    EXPECT_EQ(requests[1].error, 0);
    expect_full_set(requests[2]);
  }
}

TEST(Uapi, CutAtEveryByte) {
  for (size_t cut = 0; cut <= kFullSet.size(); ++cut) {
    UapiParser parser;
    parser.feed(kFullSet.substr(0, cut));
    auto request = parser.next();
    ASSERT_EQ(request.has_value(), cut == kFullSet.size()) << cut;
    parser.feed(kFullSet.substr(cut));
    if (!request) request = parser.next();
    ASSERT_TRUE(request) << cut;
    expect_full_set(*request);
    EXPECT_FALSE(parser.next());
    EXPECT_FALSE(parser.broken());
  }
}

TEST(Uapi, ErrnoRules) {
  const std::string peer = "public_key=" + kKeyA + "\n";
  const struct {
    std::string line;
    int error;
  } cases[] = {
      {"listen_port", EPROTO},
      {peer + "nonsense", EPROTO},
      {"unknown=1", EINVAL},
      {"allowed_ip=10.0.0.0/8", EINVAL},
      {"private_key=" + kKeyA.substr(1), EINVAL},
      {"private_key=", EINVAL},
      {"private_key=" + std::string(64, 'g'), EINVAL},
      {"listen_port=65536", EINVAL},
      {"listen_port=-1", EINVAL},
      {"listen_port= 1", EINVAL},
      {"fwmark=4294967296", EINVAL},
      {"fwmark=0x10", EINVAL},
      {"replace_peers=false", EINVAL},
      {"public_key=" + kKeyA + "a", EINVAL},
      {peer + "listen_port=1", EINVAL},
      {peer + "remove=1", EINVAL},
      {peer + "update_only=", EINVAL},
      {peer + "preshared_key=aa", EINVAL},
      {peer + "endpoint=example.org:1", EINVAL},
      {peer + "endpoint=10.0.0.1", EINVAL},
      {peer + "endpoint=10.0.0.1:0", EINVAL},
      {peer + "persistent_keepalive_interval=off", EINVAL},
      {peer + "persistent_keepalive_interval=65536", EINVAL},
      {peer + "replace_allowed_ips=yes", EINVAL},
      {peer + "allowed_ip=10.0.0.0/33", EINVAL},
      {peer + "allowed_ip=10.0.0.0", EINVAL},
      {peer + "allowed_ip=--10.0.0.0/8", EINVAL},
      {peer + "protocol_version=2", EINVAL},
      {peer + "remove=true\nallowed_ip=x/8", EINVAL},
      {"listen_port=1", 0},
      {"private_key=" + kZero, 0},
      {"fwmark=0", 0},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.line);
    // The connection goes on after a faulty set.
    const auto requests = parse("set=1\n" + test.line + "\nlisten_port=7\n\nget=1\n\n");
    ASSERT_EQ(requests.size(), 2u);
    EXPECT_EQ(requests[0].error, test.error);
    if (test.error != 0) {
      EXPECT_FALSE(requests[0].set.listen_port);
    }
    EXPECT_EQ(requests[1].kind, UapiRequest::Kind::get);
    EXPECT_EQ(requests[1].error, 0);
  }
  EXPECT_EQ(parse("get=1\nlisten_port=1\n\n").at(0).error, EINVAL);
}

TEST(Uapi, LinesActInOrder) {
  const auto requests =
      parse("set=1\npublic_key=" + kKeyA +
            "\nallowed_ip=10.0.0.0/8\nreplace_allowed_ips=true\nallowed_ip=11.0.0.0/8\n\n");
  const PeerChange& peer = requests.at(0).set.peers.at(0);
  EXPECT_TRUE(peer.replace_allowed_ips);
  ASSERT_EQ(peer.allowed_ips.size(), 1u);
  EXPECT_EQ(peer.allowed_ips[0].prefix.to_string(), "11.0.0.0/8");
}

TEST(Uapi, UnknownOperationsAndLongLinesBreakTheConnection) {
  for (const std::string& text :
       {std::string("set=2\n"), std::string("\n"), std::string("GET / HTTP/1.1\r\n"),
        "set=1\n" + std::string(UapiParser::kMaxLineBytes + 1, 'x'),
        std::string(UapiParser::kMaxLineBytes + 1, 'x') + "\n"}) {
    bool broken = false;
    EXPECT_TRUE(parse(text + "\nget=1\n\n", SIZE_MAX, &broken).empty()) << text;
    EXPECT_TRUE(broken) << text;
  }
}

TEST(Uapi, HundredsOfThousandsOfAllowedIps) {
  std::string text = "set=1\npublic_key=" + kKeyA + "\nreplace_allowed_ips=true\n";
  for (int i = 0; i < 300'000; ++i) {
    text += "allowed_ip=" + std::to_string(1 + i / 65536) + "." + std::to_string(i / 256 % 256) +
            "." + std::to_string(i % 256) + ".0/24\n";
  }
  const auto requests = parse(text + "\n", 65536);
  ASSERT_EQ(requests.size(), 1u);
  ASSERT_EQ(requests[0].error, 0);
  const auto& changes = requests[0].set.peers.at(0).allowed_ips;
  ASSERT_EQ(changes.size(), 300'000u);
  EXPECT_EQ(changes.back().prefix.to_string(), "5.147.223.0/24");
}

TEST(Uapi, ASetIsBounded) {
  UapiParser parser;
  parser.feed("set=1\npublic_key=" + kKeyA + "\nremove=true\n");
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "persistent_keepalive_interval=1\n";
  for (size_t fed = 0; fed <= UapiParser::kMaxSetBytes; fed += lines.size()) {
    parser.feed(lines);
    ASSERT_FALSE(parser.next());
  }
  parser.feed("\nget=1\n\n");
  EXPECT_EQ(parser.next()->error, EFBIG);
  EXPECT_EQ(parser.next()->kind, UapiRequest::Kind::get);
}

TEST(Uapi, FormatsEveryKey) {
  DeviceState state;
  EXPECT_EQ(format_get(state), "errno=0\n\n");
  state.private_key = *PrivateKey::from_hex(kKeyA);
  state.listen_port = 51820;
  state.firewall_mark = 16;
  PeerState peer;
  peer.public_key = *PublicKey::from_hex(kKeyB);
  state.peers.push_back(peer);
  peer.preshared_key = *PresharedKey::from_hex(kKeyA);
  peer.endpoint = *Endpoint::parse("[2001:db8::1]:51821");
  peer.last_handshake = WallTime(std::chrono::nanoseconds(1'700'000'000'000'000'005));
  peer.sent_bytes = UINT64_MAX;
  peer.received_bytes = 2;
  peer.persistent_keepalive = std::chrono::seconds(25);
  peer.allowed_ips = {*Prefix::parse("10.0.0.0/8"), *Prefix::parse("::/0")};
  state.peers.push_back(peer);
  EXPECT_EQ(format_get(state),
            "private_key=" + kKeyA + "\nlisten_port=51820\nfwmark=16\npublic_key=" + kKeyB +
                "\npreshared_key=" + kZero +
                "\nprotocol_version=1\nlast_handshake_time_sec=0\nlast_handshake_time_nsec=0\n"
                "tx_bytes=0\nrx_bytes=0\npersistent_keepalive_interval=0\npublic_key=" +
                kKeyB + "\npreshared_key=" + kKeyA +
                "\nprotocol_version=1\nendpoint=[2001:db8::1]:51821\n"
                "last_handshake_time_sec=1700000000\nlast_handshake_time_nsec=5\n"
                "tx_bytes=18446744073709551615\nrx_bytes=2\npersistent_keepalive_interval=25\n"
                "allowed_ip=10.0.0.0/8\nallowed_ip=::/0\nerrno=0\n\n");
  EXPECT_EQ(format_errno(EINVAL), "errno=-22\n\n");
}

}  // namespace
}  // namespace wirebraid::control
