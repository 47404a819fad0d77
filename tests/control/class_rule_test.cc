#include "control/class_rule.h"

#include <gtest/gtest.h>

namespace wirebraid::control {
namespace {

TEST(ClassRule, CodePointsHaveTheNumbersOfTheRfcs) {
  // RFC 2474 section 4.2.2, RFC 2597 section 6, RFC 3246, RFC 5865, RFC 8622.
  for (int selector = 0; selector < 8; ++selector) {
    EXPECT_EQ(parse_dscp("cs" + std::to_string(selector)), selector * 8);
  }
  for (int group = 1; group <= 4; ++group) {
    for (int drop = 1; drop <= 3; ++drop) {
      EXPECT_EQ(parse_dscp("AF" + std::to_string(group) + std::to_string(drop)),
                group * 8 + drop * 2);
    }
  }
  EXPECT_EQ(parse_dscp("ef"), 46);
  EXPECT_EQ(parse_dscp("va"), 44);
  EXPECT_EQ(parse_dscp("Voice-Admit"), 44);
  EXPECT_EQ(parse_dscp("le"), 1);
  EXPECT_EQ(parse_dscp("df"), 0);
  EXPECT_EQ(parse_dscp("63"), 63);
  for (const char* text : {"", "64", "-1", "af14", "af51", "cs8", "efx", "0x2e", " 1"}) {
    EXPECT_FALSE(parse_dscp(text)) << text;
  }
}

TEST(ClassRule, ProtocolsHaveIanasNumbers) {
  EXPECT_EQ(parse_protocol("TCP"), 6);
  EXPECT_EQ(parse_protocol("udp"), 17);
  EXPECT_EQ(parse_protocol("icmp"), 1);
  EXPECT_EQ(parse_protocol("icmpv6"), 58);
  EXPECT_EQ(parse_protocol("sctp"), 132);
  EXPECT_EQ(parse_protocol("esp"), 50);
  EXPECT_EQ(parse_protocol("gre"), 47);
  EXPECT_EQ(parse_protocol("0"), 0);
  EXPECT_EQ(parse_protocol("255"), 255);
  for (const char* text : {"", "256", "http", "6x"}) EXPECT_FALSE(parse_protocol(text)) << text;
}

TEST(ClassRule, Ports) {
  EXPECT_EQ(parse_ports("443"), (PortRange{443, 443}));
  EXPECT_EQ(parse_ports("1 - 65535"), (PortRange{1, 65535}));
  for (const char* text : {"", "0", "0-1", "2-1", "65536", "1-65536", "-1", "1-", "1-2-3", "a"}) {
    EXPECT_FALSE(parse_ports(text)) << text;
  }
}

TEST(ClassRule, InWords) {
  ClassRule rule;
  EXPECT_TRUE(takes_everything(rule));
  EXPECT_EQ(to_words(rule), "everything");
  rule.prefixes = {*Prefix::parse("192.0.2.0/24"), *Prefix::parse("2001:db8::/32")};
  rule.protocols = {17, 200};
  rule.ports = {{53, 53}, {16384, 32767}};
  rule.dscp = {46, 0, 3};
  rule.max_size = 300;
  EXPECT_FALSE(takes_everything(rule));
  EXPECT_EQ(to_words(rule),
            "to or from 192.0.2.0/24 or 2001:db8::/32, udp or 200, port 53 or 16384-32767, dscp ef "
            "or cs0 or 3, up to 300 bytes");
  ClassRule sizes;
  sizes.min_size = 100;
  EXPECT_EQ(to_words(sizes), "from 100 bytes");
  sizes.max_size = 200;
  EXPECT_EQ(to_words(sizes), "100 to 200 bytes");
}

// Every name is shown as it may be written.
TEST(ClassRule, WordsCanBeReadAgain) {
  for (int number = 0; number < 64; ++number) {
    ClassRule rule;
    rule.dscp = {static_cast<uint8_t>(number)};
    EXPECT_EQ(parse_dscp(to_words(rule).substr(5)), number);
  }
  for (int number = 0; number < 256; ++number) {
    ClassRule rule;
    rule.protocols = {static_cast<uint8_t>(number)};
    EXPECT_EQ(parse_protocol(to_words(rule)), number);
  }
}

}  // namespace
}  // namespace wirebraid::control
