#include "control/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/control/sample_status.h"

namespace wirebraid::control {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::sample_status;

TEST(Status, SurvivesJson) {
  const InterfaceStatus status = sample_status();
  const std::string text = to_json(status).dump();
  const StatusResult back = status_from_json(nlohmann::json::parse(text));
  ASSERT_TRUE(back.status) << back.error;
  EXPECT_EQ(*back.status, status);
}

TEST(Status, JsonIsWhatTheHeaderSays) {
  const auto json = to_json(sample_status());
  EXPECT_EQ(json["version"], 1);
  const auto& uplink = json["bonds"][0]["uplinks"][0];
  EXPECT_EQ(uplink["state"], "suspect");
  EXPECT_EQ(uplink["rtt_us"], 15200);
  EXPECT_EQ(uplink["capacity_bps"], 50'000'000);
  EXPECT_EQ(uplink["quota"]["used_bytes"], 18'500'000'000);
  EXPECT_EQ(json["bonds"][0]["classes"][0]["effective_mode"], "flow");
  // A missing optional is absent.
  EXPECT_FALSE(json["bonds"][0]["uplinks"][1].contains("quota"));
  EXPECT_FALSE(json["bonds"][0]["uplinks"][1].contains("rtt_us"));
  EXPECT_EQ(json["bonds"][0]["dropped"]["lost"], 3);
}

TEST(Status, ReadsWhatItDoesNotKnow) {
  auto json = to_json(sample_status());
  json["new_member"] = 1;
  json["bonds"][0]["uplinks"][0]["state"] = "a state of the future";
  json["bonds"][0].erase("resent");
  const auto result = status_from_json(json);
  ASSERT_TRUE(result.status) << result.error;
  EXPECT_EQ(result.status->bonds[0].uplinks[0].state, UplinkState::down);
  EXPECT_EQ(result.status->bonds[0].resent, 0u);
}

TEST(Status, RefusesOtherVersionsAndOtherThings) {
  auto json = to_json(sample_status());
  json["version"] = 2;
  EXPECT_EQ(status_from_json(json).error, "version 2 of the status is not known here");
  json["version"] = 1;
  json["bonds"][0]["uplinks"][0]["rtt_us"] = "fast";
  EXPECT_THAT(status_from_json(json).error, HasSubstr("not a status"));
  for (const char* other : {"null", "[]", "{}", "1", "{\"version\":\"1\"}"}) {
    EXPECT_FALSE(status_from_json(nlohmann::json::parse(other)).status) << other;
  }
}

TEST(Status, EveryStateHasItsName) {
  for (const auto state : {UplinkState::up, UplinkState::suspect, UplinkState::connecting,
                           UplinkState::down, UplinkState::disabled, UplinkState::exit}) {
    EXPECT_EQ(parse_uplink_state(to_string(state)), state);
  }
  EXPECT_FALSE(parse_uplink_state("UP"));
}

TEST(Status, RendersForPeople) {
  RenderOptions options;
  options.now_s = 1'700'003'661;
  const std::string text = render(sample_status(), options);
  EXPECT_EQ(
      text,
      "interface: wb0\n"
      "  public key: xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"
      "  private key: (hidden)\n"
      "  listening port: 51820\n"
      "  fwmark: 0xca6c\n"
      "  addresses: 10.0.0.2/24, fd00::2/64\n"
      "  mtu: 1380\n"
      "  engine: epoll (io_uring_setup: Operation not permitted)\n"
      "  cipher: ipsec-mb (as configured)\n"
      "  daemon: wirebraidd 0.1.0, running for 1 hour, 1 minute, 1 second\n"
      "  worker 0: 1 bond, 12 handed over to it, 3 dropped\n"
      "  worker 1: 0 bonds, 0 handed over to it, 0 dropped\n"
      "\n"
      "bond: main\n"
      "  worker: 1\n"
      "  mode: packet\n"
      "  allowed ips: 0.0.0.0/0\n"
      "  rate: 48.10 Mbit/s sent, 999 bit/s received\n"
      "  packets: 100 sent, 200 received\n"
      "  reordering: 4 held now, 50 in all, longest 38.0 ms\n"
      "  resent: 6, duplicates received 7, late 8\n"
      "  reset: 9 connections of lost exits\n"
      "  dropped: 1 queue full, 3 lost on the way here\n"
      "\n"
      "  class: voice\n"
      "    takes: udp, dscp ef\n"
      "    mode: redundant, runs as flow\n"
      "    uplinks: dsl, lte\n"
      "    sent: 11 packets, 2.00 KiB\n"
      "\n"
      "  class: (the rest)\n"
      "    mode: packet\n"
      "    uplinks: (none)\n"
      "    sent: 0 packets, 0 B\n"
      "\n"
      "  uplink: dsl\n"
      "    state: suspect for 2 minutes, 1 second\n"
      "    not used: no report for 45 ms\n"
      "    peer: TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=\n"
      "    endpoint: 192.0.2.1:51820\n"
      "    server: 2 of 3, second.example:51820\n"
      "    tunnel address: 10.64.0.7, fc00::7\n"
      "    targets: 9.9.9.9\n"
      "    device: eth1\n"
      "    listening port: 51821\n"
      "    priority: 2\n"
      "    weight: 3\n"
      "    cost: 10\n"
      "    quota: 18.50 GB of 20.00 GB used, only the reserve is left; reserve 2.00 GB, new on "
      "2026-12-01\n"
      "    rtt: 15.2 ms \u00b1 1.0 ms\n"
      "    loss: 0.50 %\n"
      "    capacity: 50.00 Mbit/s\n"
      "    rate: 48.10 Mbit/s sent, 1.00 Mbit/s received\n"
      "    transfer: 2.00 KiB received, 1.00 MiB sent\n"
      "    latest handshake: 1 minute, 1 second ago\n"
      "\n"
      "  uplink: lte\n"
      "    state: connecting\n"
      "    peer: gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=\n"
      "    rate: 0 bit/s sent, 0 bit/s received\n"
      "    transfer: 0 B received, 0 B sent\n"
      "    latest handshake: (never)\n");
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  InterfaceStatus alone = sample_status();
  alone.workers.pop_back();
  EXPECT_THAT(render(alone, options), Not(HasSubstr("worker")));
  options.color = true;
  EXPECT_THAT(render(sample_status(), options), HasSubstr("\x1b[32mwb0\x1b[0m"));
}

}  // namespace
}  // namespace wirebraid::control
