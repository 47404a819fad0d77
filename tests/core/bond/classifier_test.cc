#include "core/bond/classifier.h"

#include <gtest/gtest.h>

namespace wirebraid {
namespace {

ClassRule of_prefix(const char* text) {
  ClassRule rule;
  rule.prefixes = {*Prefix::parse(text)};
  return rule;
}
ClassRule of_protocols(std::vector<uint8_t> protocols) {
  ClassRule rule;
  rule.protocols = std::move(protocols);
  return rule;
}
ClassRule of_ports(std::vector<PortRange> ports) {
  ClassRule rule;
  rule.ports = std::move(ports);
  return rule;
}
ClassRule of_dscp(std::vector<uint8_t> dscp) {
  ClassRule rule;
  rule.dscp = std::move(dscp);
  return rule;
}
ClassRule of_size(uint16_t least, uint16_t most) {
  ClassRule rule;
  rule.min_size = least;
  rule.max_size = most;
  return rule;
}

/// A packet of UDP, 10.1.2.3:1000 to 192.0.2.9:53, and of what a test makes of it.
class ClassifierTest : public ::testing::Test {
 protected:
  ClassifierTest() {
    from("10.1.2.3");
    to("192.0.2.9");
    info.version = 4;
    info.protocol = 17;
    info.source_port = 1000;
    info.destination_port = 53;
    info.length = 100;
  }
  void from(const char* text) {
    source = *IpAddress::parse(text);
    info.source = source.bytes().data();
  }
  void to(const char* text) {
    destination = *IpAddress::parse(text);
    info.destination = destination.bytes().data();
  }

  IpAddress source;
  IpAddress destination;
  IpInfo info;
};

TEST_F(ClassifierTest, AnEmptyRuleTakesAll) { EXPECT_TRUE(matches({}, info)); }

TEST_F(ClassifierTest, PrefixesCountForBothEndsAndTheirFamilyOnly) {
  EXPECT_TRUE(matches(of_prefix("10.0.0.0/8"), info));
  EXPECT_TRUE(matches(of_prefix("192.0.2.9"), info));
  EXPECT_TRUE(matches(of_prefix("0.0.0.0/0"), info));
  EXPECT_FALSE(matches(of_prefix("192.0.2.8"), info));
  EXPECT_FALSE(matches(of_prefix("::/0"), info));
  from("2001:db8::1");
  to("2001:db8:1::1");
  info.version = 6;
  EXPECT_TRUE(matches(of_prefix("2001:db8:1::/48"), info));
  EXPECT_FALSE(matches(of_prefix("2001:db8:2::/48"), info));
  EXPECT_FALSE(matches(of_prefix("0.0.0.0/0"), info));
}

TEST_F(ClassifierTest, PortsCountForBothEndsAndBothBounds) {
  EXPECT_TRUE(matches(of_ports({{1, 1}, {53, 60}}), info));
  EXPECT_TRUE(matches(of_ports({{1, 1}, {50, 53}}), info));
  EXPECT_TRUE(matches(of_ports({{1, 1}, {1000, 1000}}), info));
  EXPECT_FALSE(matches(of_ports({{1, 1}, {54, 999}}), info));
  info.source_port = info.destination_port = 0;  // ICMP, or a later fragment
  EXPECT_FALSE(matches(of_ports({{1, 1}, {0, UINT16_MAX}}), info))
      << "what has no port does not match";
}

TEST_F(ClassifierTest, ProtocolAndDscp) {
  EXPECT_TRUE(matches(of_protocols({6, 17}), info));
  EXPECT_FALSE(matches(of_protocols({6}), info));
  info.traffic_class = 46 << 2 | 1;  // EF, with ECN beside it
  EXPECT_TRUE(matches(of_dscp({46}), info));
  EXPECT_FALSE(matches(of_dscp({0, 45}), info));
}

TEST_F(ClassifierTest, SizesIncludeTheirBounds) {
  EXPECT_TRUE(matches(of_size(100, 100), info));
  EXPECT_FALSE(matches(of_size(101, 1500), info));
  EXPECT_FALSE(matches(of_size(0, 99), info));
}

TEST_F(ClassifierTest, AllThatIsGivenMustHold) {
  const ClassRule whole{.prefixes = {*Prefix::parse("10.0.0.0/8")},
                        .protocols = {17},
                        .ports = {{53, 53}},
                        .dscp = {0},
                        .min_size = 50,
                        .max_size = 200};
  EXPECT_TRUE(matches(whole, info));
  const auto but = [&](auto change) {
    ClassRule rule = whole;
    change(rule);
    return matches(rule, info);
  };
  EXPECT_FALSE(but([](ClassRule& rule) { rule.prefixes = {*Prefix::parse("11.0.0.0/8")}; }));
  EXPECT_FALSE(but([](ClassRule& rule) { rule.protocols = {6}; }));
  EXPECT_FALSE(but([](ClassRule& rule) { rule.ports = {{54, 54}}; }));
  EXPECT_FALSE(but([](ClassRule& rule) { rule.dscp = {1}; }));
  EXPECT_FALSE(but([](ClassRule& rule) { rule.min_size = 150; }));
  EXPECT_FALSE(but([](ClassRule& rule) { rule.max_size = 80; }));
}

TEST_F(ClassifierTest, TheFirstThatHoldsTakesIt) {
  Classifier classifier;
  EXPECT_EQ(classifier.classify(info), 0);
  classifier.set_classes({{.rule = of_protocols({6})}, {.rule = of_ports({{53, 53}})}, {}});
  EXPECT_EQ(classifier.classify(info), 2);
  info.protocol = 6;
  EXPECT_EQ(classifier.classify(info), 1);
  info.protocol = 1;
  info.source_port = info.destination_port = 0;
  EXPECT_EQ(classifier.classify(info), 3);
  classifier.set_classes({{.rule = of_protocols({6})}});
  EXPECT_EQ(classifier.classify(info), 0) << "the earlier rules are gone";
}

TEST_F(ClassifierTest, RulesBeyondTheBoundAreIgnored) {
  std::vector<ClassOptions> classes(kMaxClasses, {.rule = of_protocols({6})});
  classes[kMaxClasses - 1].rule.protocols = {17};
  Classifier classifier;
  classifier.set_classes(classes);
  EXPECT_EQ(classifier.classify(info), 0);
  classes[kMaxClasses - 2].rule.protocols = {17};
  classifier.set_classes(classes);
  EXPECT_EQ(classifier.classify(info), kMaxClasses - 1);
}

}  // namespace
}  // namespace wirebraid
