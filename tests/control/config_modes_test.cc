// Classes, exits, weights, quotas and lists of servers in the configuration file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/config.h"
#include "tests/control/config_samples.h"

namespace wirebraid::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kOwnKey[] = "PrivateKey = oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=\n";

TEST(ConfigModes, ClassesBelongToABond) {
  const std::string rule = "DSCP = ef\n";
  const Config config =
      good(interface_section() + bond_section("Mode = flow\n") + uplink_section() +
           class_section(rule) + class_section("Mode = failover\nPort = 22\n", "shell"));
  ASSERT_EQ(config.classes.size(), 2u);
  EXPECT_EQ(config.classes[0].bond, "main");
  EXPECT_EQ(config.classes[0].mode, Mode::flow) << "the bond's";
  EXPECT_EQ(config.classes[1].mode, Mode::failover);
  EXPECT_EQ(classes_of(config, "main").size(), 2u);
  EXPECT_EQ(classes_of(config, "").size(), 0u);
  EXPECT_THAT(bad(interface_section() + uplink_section() + class_section(rule)),
              HasSubstr("[Class voice] Bond: missing: a class belongs to a [Bond NAME]"));
  const std::string second = "[Bond b]\nAllowedIPs = ::/0\n";
  const std::string uplinks =
      uplink_section("Bond = main\n") + uplink_section("Bond = b\n", "lte", kOtherPublic);
  EXPECT_THAT(bad(interface_section() + bond_section() + second + uplinks + class_section(rule)),
              HasSubstr("[Class voice] Bond: missing: the file has several bonds; name one"));
  // One name per bond.
  good(interface_section() + bond_section() + second + uplinks +
       class_section(rule + "Bond = main\n") + class_section(rule + "Bond = b\n"));
  EXPECT_THAT(bad(interface_section() + bond_section() + uplink_section() + class_section(rule) +
                  class_section(rule)),
              HasSubstr("[Class voice]: this name is taken by [Class voice] in line 7"));
  EXPECT_THAT(bad(interface_section() + bond_section() + second + uplinks +
                  class_section(rule + "Bond = main\nUplinks = lte\n")),
              HasSubstr("Uplinks: there is no uplink 'lte' in [Bond main]"));
}

TEST(ConfigModes, ClassesAreBounded) {
  std::string text = interface_section() + bond_section() + uplink_section();
  for (size_t i = 1; i < kMaxClasses; ++i) {
    text += class_section("Port = " + std::to_string(i) + "\n", "c" + std::to_string(i));
  }
  good(text);
  EXPECT_THAT(bad(text + class_section("Port = 99\n") + class_section("Port = 98\n", "w")),
              HasSubstr("[Class voice]: [Bond main] has more than 31 classes"));
  std::string ports = "Port = 1";
  for (int i = 2; i <= 257; ++i) ports += ", " + std::to_string(i);
  EXPECT_THAT(
      bad(interface_section() + bond_section() + uplink_section() + class_section(ports + "\n")),
      HasSubstr("Port: more than 256 items"));
}

TEST(ConfigModes, ClassesMustBeAbleToMatch) {
  const std::string before = interface_section() + bond_section() + uplink_section();
  EXPECT_THAT(bad(before + class_section("MinSize = 301\nMaxSize = 300\n")),
              HasSubstr("MinSize: 301 is more than MaxSize, 300: no packet can be both"));
  good(before + class_section("MinSize = 300\nMaxSize = 300\n"));
  EXPECT_THAT(bad(before + class_section("Protocol = icmp, esp\nPort = 1\n")),
              HasSubstr("Port: no Protocol of this class has ports"));
  good(before + class_section("Protocol = icmp, tcp\nPort = 1\n"));
  EXPECT_THAT(warnings(before + class_section("Mode = redundant\n")),
              ElementsAre(HasSubstr("f:7: [Class voice]: no criterion: it takes every packet")));
}

TEST(ConfigModes, WarnsOfModesThatExitsCannotHave) {
  const std::string exit = uplink_section("TunnelAddress = 10.64.0.7\n");
  const std::string expected = "so they are exits: it runs as flow";
  EXPECT_THAT(warnings(interface_section() + bond_section() + exit),
              ElementsAre(HasSubstr("f:3: [Bond main] Mode: packet needs wirebraid")));
  EXPECT_THAT(warnings(interface_section() + bond_section("Mode = redundant\n") +
                       uplink_section("Target = 9.9.9.9\n")),
              ElementsAre(HasSubstr(expected)));
  for (const char* mode : {"flow", "host", "failover"}) {
    std::string text = interface_section();
    text += bond_section(std::string("Mode = ") + mode + "\n");
    text += exit;
    EXPECT_THAT(warnings(text), ElementsAre()) << mode;
    text += class_section("Mode = packet\nPort = 1\n");
    EXPECT_THAT(warnings(text),
                ElementsAre(HasSubstr("[Class voice] Mode: packet needs wirebraid")));
  }
}

TEST(ConfigModes, WarnsOfWeightsWithoutEffect) {
  const std::string one = uplink_section("Weight = 2\n");
  const std::string other = uplink_section(kOwnKey, "lte");
  EXPECT_THAT(warnings(interface_section() + bond_section() + one),
              ElementsAre(HasSubstr("[Uplink dsl] Weight: has no effect: [Bond main] is in mode "
                                    "packet")));
  EXPECT_THAT(warnings(interface_section() + bond_section("Mode = flow\n") + one), ElementsAre());
  EXPECT_THAT(warnings(interface_section() + bond_section() + one +
                       class_section("Mode = host\nPort = 1\n")),
              ElementsAre());
  EXPECT_THAT(warnings(interface_section() + bond_section("Mode = flow\n") + one + other),
              ElementsAre(HasSubstr("Weight: counts only while every uplink in use has one")));
}

TEST(ConfigModes, Quotas) {
  const auto uplink = [](const std::string& lines) {
    return good(interface_section() + uplink_section(lines)).uplinks.at(0);
  };
  EXPECT_EQ(reserve_of(uplink("")), 0u);
  EXPECT_EQ(reserve_of(uplink("Quota = 20G\n")), 2'000'000'000u) << "a tenth";
  EXPECT_EQ(reserve_of(uplink("QuotaReserve = 5 %\nQuota = 20G\n")), 1'000'000'000u);
  EXPECT_EQ(reserve_of(uplink("Quota = 20G\nQuotaReserve = 0\n")), 0u);
  EXPECT_EQ(uplink("Quota = 1T\n").quota, 1'000'000'000'000u);
  EXPECT_THAT(bad(interface_section() + uplink_section("Quota = 1G\nQuotaReserve = 2G\n")),
              HasSubstr("QuotaReserve: is more than the Quota itself"));
  EXPECT_THAT(warnings(interface_section() + uplink_section("QuotaDay = 2\n")),
              ElementsAre(HasSubstr("QuotaDay: has no effect without Quota")));
}

TEST(ConfigModes, ListsOfServersAreAlike) {
  const auto text = [](const std::string& first, const std::string& second) {
    return interface_section() + bond_section() + uplink_section(first) +
           uplink_section(kOwnKey + second, "lte");
  };
  EXPECT_THAT(warnings(text("Endpoint = a:1, b:1\n", "Endpoint = a:2\nEndpoint = b:2\n")),
              ElementsAre());
  EXPECT_THAT(warnings(text("Endpoint = a:1, b:1\n", "")), ElementsAre());
  EXPECT_THAT(warnings(text("Endpoint = a:1, b:1\n", "Endpoint = a:1\n")),
              ElementsAre(HasSubstr("[Uplink lte] Endpoint: lists 1 servers, [Uplink dsl] in line "
                                    "7 lists 2; all uplinks of a bond must lead to the same")));
  std::string many = "Endpoint = a:1";
  for (int i = 0; i < 16; ++i) many += ", a:2";
  EXPECT_THAT(bad(interface_section() + uplink_section(many + "\n")),
              HasSubstr("Endpoint: more than 16 servers"));
}

}  // namespace
}  // namespace wirebraid::control
