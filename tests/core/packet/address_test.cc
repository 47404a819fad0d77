#include "wirebraid/address.h"

#include <gtest/gtest.h>

namespace wirebraid {
namespace {

TEST(IpAddress, TextForms) {
  for (const char* text : {"0.0.0.0", "192.0.2.255", "::", "2001:db8::1", "fe80::1", "::1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ",
                           ":::", "2001:db8::g", "fe80::1%1", "1::2::3", "[::1]", "host"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string(100, '1')));
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(IpAddress, Kinds) {
  EXPECT_FALSE(IpAddress());
  EXPECT_EQ(IpAddress().bytes().size(), 0u);
  EXPECT_TRUE(IpAddress::parse("fe80::1")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("febf::1")->is_link_local());
  EXPECT_FALSE(IpAddress::parse("fec0::1")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("169.254.9.9")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
  EXPECT_FALSE(IpAddress::parse("::1")->is_unspecified());
  EXPECT_FALSE(IpAddress().is_unspecified());
}

TEST(Prefix, TextFormsAndMask) {
  EXPECT_EQ(Prefix::parse("10.1.2.3/8")->to_string(), "10.1.2.3/8");
  EXPECT_EQ(Prefix::parse("10.1.2.3/8")->masked().to_string(), "10.0.0.0/8");
  EXPECT_EQ(Prefix::parse("255.255.255.255/19")->masked().to_string(), "255.255.224.0/19");
  EXPECT_EQ(Prefix::parse("255.255.255.255/0")->masked().to_string(), "0.0.0.0/0");
  EXPECT_EQ(Prefix::parse("2001:db8:ffff::1/35")->masked().to_string(), "2001:db8:e000::/35");
  EXPECT_EQ(Prefix::parse("::1")->length, 128);
  EXPECT_EQ(Prefix::parse("1.2.3.4")->length, 32);
  for (const char* text : {"1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/+1", "1.2.3.4/ 1",
                           "1.2.3.4/08", "1.2.3.4/999999999999", "/8", "1.2.3.4/8/8", "x/8"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(Prefix, Contains) {
  const auto prefix = *Prefix::parse("10.20.30.40/15");
  EXPECT_TRUE(prefix.contains(*IpAddress::parse("10.21.255.255")));
  EXPECT_FALSE(prefix.contains(*IpAddress::parse("10.22.0.0")));
  EXPECT_FALSE(prefix.contains(*IpAddress::parse("::")));
  EXPECT_FALSE(prefix.contains(IpAddress()));
  EXPECT_TRUE(Prefix::parse("::/0")->contains(*IpAddress::parse("::1")));
}

TEST(Endpoint, TextForms) {
  for (const char* text :
       {"192.0.2.1:51820", "[2001:db8::1]:1", "[fe80::1%3]:65535", "1.1.1.1:0"}) {
    const auto parsed = Endpoint::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
  for (const char* text :
       {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "::1:80", "[::1]",
        "[192.0.2.1]:80", "[fe80::1%eth0]:1", "[fe80::1%]:1", "[2001:db8::1%3]:1", "192.0.2.1%0:1",
        "[::1:80", "::1]:80", "host:80", "192.0.2.1:080"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

}  // namespace
}  // namespace wirebraid
