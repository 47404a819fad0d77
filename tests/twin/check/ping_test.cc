#include "twin/check/ping.h"

#include <gtest/gtest.h>

#include <set>

namespace wirebraid::check {
namespace {

/// What busybox says of `sent` pings without those in `lost`.
std::string output(unsigned sent, const std::set<unsigned>& lost) {
  std::string text = "PING 203.0.113.1 (203.0.113.1): 56 data bytes\n";
  for (unsigned i = 0; i < sent; ++i) {
    if (lost.count(i) != 0) continue;
    text += "64 bytes from 203.0.113.1: seq=" + std::to_string(i) + " ttl=63 time=25.101 ms\n";
  }
  const size_t received = sent - lost.size();
  text += "\n--- 203.0.113.1 ping statistics ---\n" + std::to_string(sent) +
          " packets transmitted, " + std::to_string(received) + " packets received, 0% packet " +
          "loss\n";
  if (received > 0) text += "round-trip min/avg/max = 24.510/26.125/31.900 ms\n";
  return text;
}

TEST(Ping, AllAnswered) {
  const PingReport report = parse_ping(output(3, {}));
  EXPECT_EQ(report.sent, 3U);
  EXPECT_EQ(report.received, 3U);
  EXPECT_DOUBLE_EQ(report.least_ms, 24.51);
  EXPECT_DOUBLE_EQ(report.mean_ms, 26.125);
  EXPECT_EQ(report.longest_loss, 0U);
}

TEST(Ping, TheLongestLossIsTheMostInARow) {
  EXPECT_EQ(parse_ping(output(10, {1, 4, 5, 6, 8})).longest_loss, 3U);
  EXPECT_EQ(parse_ping(output(10, {0, 1})).longest_loss, 2U) << "at the beginning";
  EXPECT_EQ(parse_ping(output(10, {6, 7, 8, 9})).longest_loss, 4U) << "at the end";
}

TEST(Ping, NothingAnswered) {
  const PingReport report = parse_ping(output(2, {0, 1}));
  EXPECT_EQ(report.sent, 2U);
  EXPECT_EQ(report.received, 0U);
  EXPECT_EQ(report.longest_loss, 2U);
  EXPECT_EQ(report.least_ms, 0);
}

TEST(Ping, AnswersInAnotherOrderAndTwiceAreNoLoss) {
  const PingReport report = parse_ping(
      "64 bytes from 10.77.0.2: seq=2 ttl=63 time=1.1 ms\n"
      "64 bytes from 10.77.0.2: seq=0 ttl=63 time=1.1 ms\n"
      "64 bytes from 10.77.0.2: seq=1 ttl=63 time=1.1 ms\n"
      "64 bytes from 10.77.0.2: seq=1 ttl=63 time=1.4 ms (DUP!)\n"
      "3 packets transmitted, 3 packets received, 1 duplicates, 0% packet loss\n");
  EXPECT_EQ(report.received, 3U);
  EXPECT_EQ(report.longest_loss, 0U);
}

TEST(Ping, WhatIsNotThereIsNothing) {
  for (const char* text : {"", "ping: bad address 'x'\n", "round-trip", "seq=-1 seq=999999999999\n",
                           "packets transmitted"}) {
    const PingReport report = parse_ping(text);
    EXPECT_EQ(report.sent, 0U) << text;
    EXPECT_EQ(report.received, 0U) << text;
    EXPECT_EQ(report.least_ms, 0) << text;
    EXPECT_EQ(report.longest_loss, 0U) << text;
  }
}

}  // namespace
}  // namespace wirebraid::check
