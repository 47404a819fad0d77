#include "control/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/control/config_samples.h"
#include "tests/control/temporary_directory.h"

namespace wirebraid::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using wirebraid::testing::TemporaryDirectory;

TEST(Config, ReadsEveryKey) {
  const Config config = good(
      "# a gateway\n"
      "[Interface]\n"
      "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk= # trailing\n"
      "ListenPort=51820\n"
      "  fwmark = 0xCA6C\r\n"
      "Address = 10.0.0.2/24, fd00::2/64\n"
      "Address = 192.0.2.7\n"
      "MTU = 1380\n"
      "Table = 1234\n"
      "Metric = 50\n"
      "Cipher = LibSodium\n"
      "\n"
      "[bond main]\n"
      "mode = FAILOVER\n"
      "AllowedIPs = 10.1.2.3/8, 10.0.0.0/8\n"
      "AllowedIPs = ::/0\n"
      "HoldTime = 80\n"
      "[Uplink lte]\n"
      "Bond = main\n"
      "PrivateKey = oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=\n"
      "PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"
      "PresharedKey = /UwcSPg38hW/D9Y3tcS1FOV0K1wuURMbS0sesJEP5ak=\n"
      "Endpoint = [2001:db8::1]:51821, second.example:51822\n"
      "PersistentKeepalive = off\n"
      "Device = wwan0\n"
      "Address = 2001:db8::2\n"
      "ListenPort = 0\n"
      "FwMark = 7\n"
      "Priority = 2\n"
      "Weight = 10\n"
      "Cost = 5\n"
      "RateUp = 2.5M\n"
      "RateDown = 50000k\n"
      "Quota = 1.5G\n"
      "QuotaReserve = 200M\n"
      "QuotaDay = 28\n"
      "TunnelAddress = 10.64.0.7/32, fc00:bbbb::7/128\n"
      "Target = 9.9.9.9, 2620:fe::9\n"
      "Enabled = no\n"
      "[class Voice]\n"
      "bond = main\n"
      "Mode = redundant\n"
      "Uplinks = lte\n"
      "Prefix = 192.0.2.0/24, 2001:db8::/32\n"
      "Protocol = UDP, 132\n"
      "Port = 5060, 16384-32767\n"
      "DSCP = EF, 40\n"
      "MinSize = 20\n"
      "MaxSize = 300\n");
  ASSERT_TRUE(config.interface.private_key);
  EXPECT_EQ(config.interface.private_key->to_base64(), kPrivate);
  EXPECT_EQ(config.interface.listen_port, 51820);
  EXPECT_EQ(config.interface.firewall_mark, 0xca6cu);
  EXPECT_THAT(config.interface.addresses,
              ElementsAre(*Prefix::parse("10.0.0.2/24"), *Prefix::parse("fd00::2/64"),
                          *Prefix::parse("192.0.2.7/32")));
  EXPECT_EQ(config.interface.mtu, 1380u);
  EXPECT_EQ(config.interface.table, 1234u);
  EXPECT_EQ(config.interface.metric, 50u);
  EXPECT_EQ(config.interface.cipher, "libsodium");
  EXPECT_EQ(config.interface.workers, 1u);
  EXPECT_EQ(config.interface.line, 2u);

  ASSERT_EQ(config.bonds.size(), 1u);
  const BondSection& bond = config.bonds[0];
  EXPECT_EQ(bond.name, "main");
  EXPECT_EQ(bond.mode, Mode::failover);
  EXPECT_THAT(bond.allowed_ips, ElementsAre(*Prefix::parse("10.0.0.0/8"), *Prefix::parse("::/0")));
  EXPECT_EQ(bond.hold_time, std::chrono::milliseconds(80));
  EXPECT_EQ(bond.line, 13u);

  ASSERT_EQ(config.uplinks.size(), 1u);
  const UplinkSection& uplink = config.uplinks[0];
  EXPECT_EQ(uplink.name, "lte");
  EXPECT_EQ(uplink.bond, "main");
  EXPECT_EQ(private_key_of(config, uplink).to_base64(), kOtherPrivate);
  EXPECT_EQ(uplink.public_key.to_base64(), kPublic);
  EXPECT_EQ(uplink.preshared_key.to_base64(), "/UwcSPg38hW/D9Y3tcS1FOV0K1wuURMbS0sesJEP5ak=");
  EXPECT_THAT(uplink.endpoints,
              ElementsAre(HostPort{"2001:db8::1", 51821}, HostPort{"second.example", 51822}));
  EXPECT_EQ(uplink.persistent_keepalive, std::chrono::seconds(0));
  EXPECT_EQ(uplink.device, "wwan0");
  EXPECT_EQ(uplink.address, *IpAddress::parse("2001:db8::2"));
  EXPECT_EQ(uplink.listen_port, 0);
  EXPECT_EQ(uplink.firewall_mark, 7u);
  EXPECT_EQ(uplink.priority, 2);
  EXPECT_EQ(uplink.weight, 10u);
  EXPECT_EQ(uplink.cost, 5u);
  EXPECT_EQ(uplink.rate_up_bps, 2'500'000u);
  EXPECT_EQ(uplink.rate_down_bps, 50'000'000u);
  EXPECT_EQ(uplink.quota, 1'500'000'000u);
  EXPECT_EQ(reserve_of(uplink), 200'000'000u);
  EXPECT_EQ(uplink.quota_day, 28);
  EXPECT_EQ(uplink.exit.v4, *IpAddress::parse("10.64.0.7"));
  EXPECT_EQ(uplink.exit.v6, *IpAddress::parse("fc00:bbbb::7"));
  EXPECT_THAT(uplink.exit.targets,
              ElementsAre(*IpAddress::parse("9.9.9.9"), *IpAddress::parse("2620:fe::9")));
  EXPECT_FALSE(uplink.enabled);
  EXPECT_EQ(uplink.line, 18u);

  ASSERT_EQ(config.classes.size(), 1u);
  const ClassSection& voice = config.classes[0];
  EXPECT_EQ(voice.name, "Voice");
  EXPECT_EQ(voice.bond, "main");
  EXPECT_EQ(voice.mode, Mode::redundant);
  EXPECT_THAT(voice.uplinks, ElementsAre("lte"));
  EXPECT_THAT(voice.rule.prefixes,
              ElementsAre(*Prefix::parse("192.0.2.0/24"), *Prefix::parse("2001:db8::/32")));
  EXPECT_THAT(voice.rule.protocols, ElementsAre(17, 132));
  EXPECT_THAT(voice.rule.ports, ElementsAre(PortRange{5060, 5060}, PortRange{16384, 32767}));
  EXPECT_THAT(voice.rule.dscp, ElementsAre(46, 40));
  EXPECT_EQ(voice.rule.min_size, 20);
  EXPECT_EQ(voice.rule.max_size, 300);
}

TEST(Config, DefaultsAreThoseOfTheReference) {
  const Config config = good(interface_section() + bond_section() + uplink_section());
  EXPECT_EQ(config.interface.listen_port, 0);
  EXPECT_EQ(config.interface.firewall_mark, 0u);
  EXPECT_FALSE(config.interface.mtu);
  EXPECT_EQ(config.interface.table, kMainTable);
  EXPECT_EQ(config.bonds[0].mode, Mode::packet);
  EXPECT_EQ(config.bonds[0].hold_time, std::chrono::milliseconds(100));
  EXPECT_EQ(config.uplinks[0].priority, 1);
  EXPECT_EQ(config.uplinks[0].weight, 0u);
  EXPECT_EQ(config.uplinks[0].cost, 0u);
  EXPECT_EQ(config.uplinks[0].quota, 0u);
  EXPECT_TRUE(config.uplinks[0].enabled);
  EXPECT_TRUE(config.uplinks[0].preshared_key.is_zero());
  // The reference is written from the table; a default there must be what the structs have.
  std::string written = "[Interface]\n";
  std::string section = "Interface";
  for (const KeyReference& key : key_reference()) {
    if (key.section != section) {
      section = key.section;
      written += section == "Bond"     ? bond_section()
                 : section == "Uplink" ? uplink_section()
                                       : class_section();
    }
    const size_t start = key.values.find("(=");
    if (start == std::string::npos) continue;
    written += key.key + " = " + key.values.substr(start + 2, key.values.size() - start - 3) + "\n";
  }
  const Config same = good(written.insert(12, std::string("PrivateKey = ") + kPrivate + "\n"));
  EXPECT_EQ(same.interface.listen_port, config.interface.listen_port);
  EXPECT_EQ(same.interface.firewall_mark, config.interface.firewall_mark);
  EXPECT_EQ(same.interface.table, config.interface.table);
  EXPECT_EQ(same.interface.metric, config.interface.metric);
  EXPECT_EQ(same.interface.cipher, config.interface.cipher);
  EXPECT_EQ(same.interface.workers, config.interface.workers);
  EXPECT_EQ(same.bonds[0].mode, config.bonds[0].mode);
  EXPECT_EQ(same.bonds[0].hold_time, config.bonds[0].hold_time);
  EXPECT_EQ(same.uplinks[0].priority, config.uplinks[0].priority);
  EXPECT_EQ(same.uplinks[0].cost, config.uplinks[0].cost);
  EXPECT_EQ(same.uplinks[0].quota_reserve, config.uplinks[0].quota_reserve);
  EXPECT_EQ(same.uplinks[0].quota_day, config.uplinks[0].quota_day);
  EXPECT_EQ(same.classes[0].rule, ClassRule());
  EXPECT_EQ(same.uplinks[0].enabled, config.uplinks[0].enabled);
}

TEST(Config, WorkersAreANumberOrOneForEachCore) {
  const auto workers = [](const std::string& value) {
    return good(interface_section("Workers = " + value + "\n") + uplink_section())
        .interface.workers;
  };
  EXPECT_EQ(workers("1"), 1u);
  EXPECT_EQ(workers("64"), 64u);
  EXPECT_EQ(workers("Auto"), kWorkerPerCore);
}

struct BadKey {
  const char* section;
  const char* key;
  const char* value;
  const char* message;  // part of it
};
const BadKey kBadKeys[] = {
    {"Interface", "PrivateKey", "abc", "44 characters of base64 expected, got 3"},
    {"Interface", "PrivateKeyFile", "/nonexistent/key", "cannot read '/nonexistent/key'"},
    {"Interface", "ListenPort", "65536", "not a number from 0 to 65535"},
    {"Interface", "FwMark", "0x1ffffffff", "32-bit number"},
    {"Interface", "Address", "10.0.0.1/33", "'10.0.0.1/33' is not a prefix"},
    {"Interface", "MTU", "575", "not a number from 576 to 65440"},
    {"Interface", "Table", "main", "1 to 4294967295, auto or off"},
    {"Interface", "Metric", "-1", "not a number from 0 to 4294967295"},
    {"Interface", "Cipher", "aes",
     "'aes' is not a cipher: auto, libsodium, openssl or ipsec-mb expected"},
    {"Interface", "Workers", "0", "'0' is not a number of workers: 1 to 64, or auto expected"},
    {"Interface", "Workers", "65", "'65' is not a number of workers: 1 to 64, or auto expected"},
    {"Interface", "Workers", "two", "'two' is not a number of workers: 1 to 64, or auto"},
    {"Bond", "Mode", "fast",
     "'fast' is not a mode: packet, flow, host, failover or redundant expected"},
    {"Bond", "AllowedIPs", "10.0.0.0/8,,::/0", "'' is not a prefix"},
    {"Bond", "HoldTime", "0", "not a number from 1 to 5000"},
    {"Uplink", "Bond", "mian", "there is no bond 'mian'; did you mean main?"},
    {"Uplink", "PrivateKey", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBm==", "not base64"},
    {"Uplink", "PrivateKeyFile", "", "file name expected"},
    {"Uplink", "PublicKey", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg",
     "not a key: 44 characters of base64 expected, got 43"},
    {"Uplink", "PresharedKey", "(none)", "got 6"},
    {"Uplink", "PresharedKeyFile", "/nonexistent/key", "cannot read"},
    {"Uplink", "Endpoint", "example.org", "is not an endpoint"},
    {"Uplink", "Endpoint", "a.example:1,", "'' is not an endpoint"},
    {"Uplink", "Cost", "1001", "not a number from 0 to 1000"},
    {"Uplink", "Quota", "20GB", "'20GB' is not a volume: bytes from 1k to 1000T expected"},
    {"Uplink", "QuotaReserve", "101%", "is not a reserve: 0 to 100 percent"},
    {"Uplink", "QuotaReserve", "-1", "is not a reserve"},
    {"Uplink", "QuotaDay", "29", "not a number from 1 to 28"},
    {"Uplink", "TunnelAddress", "10.0.0.1/33", "is not an IPv4 or IPv6 address"},
    {"Uplink", "TunnelAddress", "10.0.0.1, 10.0.0.2/32",
     "'10.0.0.2/32' is the second of its family; the first is 10.0.0.1"},
    {"Uplink", "Target", "9.9.9.9/32", "not an IPv4 or IPv6 address"},
    {"Uplink", "PersistentKeepalive", "65536", "not a number from 0 to 65535"},
    {"Uplink", "AllowedIPs", "fd00::/129", "is not a prefix"},
    {"Uplink", "Device", "a-name-longer-than-fifteen", "not a device name"},
    {"Uplink", "Address", "10.0.0.1/24", "not an IPv4 or IPv6 address"},
    {"Uplink", "ListenPort", "http", "not a number"},
    {"Uplink", "FwMark", "red", "firewall mark"},
    {"Uplink", "Priority", "0", "not a number from 1 to 255"},
    {"Uplink", "Weight", "1001", "not a number from 1 to 1000"},
    {"Uplink", "RateUp", "50MB", "is not a rate"},
    {"Uplink", "RateDown", "nan", "is not a rate"},
    {"Uplink", "Enabled", "maybe", "neither yes nor no"},
    {"Class", "Bond", "mian", "there is no bond 'mian'; did you mean main?"},
    {"Class", "Mode", "slow", "is not a mode"},
    {"Class", "Uplinks", "dls, dsl", "there is no uplink 'dls' in [Bond main]; did you mean dsl?"},
    {"Class", "Prefix", "10.0.0.0/8,", "'' is not a prefix"},
    {"Class", "Protocol", "tpc", "'tpc' is not a protocol: a name such as tcp, udp"},
    {"Class", "Protocol", "256", "is not a protocol"},
    {"Class", "Port", "0", "'0' is not a port: a number from 1 to 65535 or a range"},
    {"Class", "Port", "20-10", "is not a port"},
    {"Class", "DSCP", "64", "'64' is not a code point: a name such as ef"},
    {"Class", "MinSize", "65536", "not a number from 0 to 65535"},
    {"Class", "MaxSize", "-1", "not a number from 0 to 65535"},
};

TEST(Config, RefusesABadValueOfEveryKey) {
  std::set<std::string> tried;
  for (const BadKey& bad_key : kBadKeys) {
    const std::string section = bad_key.section;
    const std::string key = bad_key.key;
    SCOPED_TRACE("[" + section + "] " + key + " = " + bad_key.value);
    const std::string line = key + " = " + bad_key.value + "\n";
    std::string text;
    std::string label = section;
    if (section == "Interface") {
      // The other key, so that only the tested one is missing.
      text = key == "PrivateKey" ? "[Interface]\n" + line : "[Interface]\n" + line;
      if (key.rfind("PrivateKey", 0) != 0) text += std::string("PrivateKey = ") + kPrivate + "\n";
      text += bond_section() + uplink_section();
    } else if (section == "Bond") {
      text = interface_section() + bond_section(line) + uplink_section();
      label = "Bond main";
    } else if (section == "Class") {
      text = interface_section() + bond_section() + uplink_section() + class_section(line);
      label = "Class voice";
    } else {
      text = interface_section();
      if (key != "AllowedIPs") text += bond_section();
      text += key == "PublicKey" ? "[Uplink dsl]\n" + line : uplink_section(line);
      label = "Uplink dsl";
    }
    const ConfigResult result = parse_config(text, "wb0.conf");
    EXPECT_FALSE(result.config);
    ASSERT_EQ(result.errors.size(), 1u) << ::testing::PrintToString(texts(result.errors));
    const ConfigError& error = result.errors[0];
    EXPECT_EQ(error.file, "wb0.conf");
    EXPECT_EQ(error.section, label);
    EXPECT_EQ(error.key, key);
    EXPECT_THAT(error.message, HasSubstr(bad_key.message));
    // The line is the one with the key in it.
    std::istringstream lines(text);
    std::string found;
    for (size_t i = 0; i < error.line; ++i) std::getline(lines, found);
    EXPECT_EQ(found + "\n", line);
    tried.insert(section + " " + key);
  }
  for (const KeyReference& key : key_reference()) {
    if (key.help.rfind("wg-quick's", 0) == 0) continue;  // any value is ignored
    EXPECT_EQ(tried.count(key.section + " " + key.key), 1u) << key.section << " " << key.key;
  }
}

TEST(Config, CollectsAllErrors) {
  const ConfigResult result = parse_config(
      "PrivateKey = outside\n"
      "[Interface]\n"
      "ListnPort = 1\n"
      "MTU = x\n"
      "MTU = 1400\n"
      "just words\n"
      "AllowedIPs = ::/0\n"
      "[Uplnk a]\n"
      "Whatever = is skipped here\n"
      "[Uplink]\n"
      "[Bond a/b]\n"
      "[Uplink dsl]\n"
      "[Interface]\n"
      "[Peer x]\n"
      "[Bond main\n",
      "f");
  EXPECT_THAT(
      texts(result.errors),
      ElementsAre(
          "f:1: a section such as [Interface] must come first",
          "f:3: [Interface]: unknown key 'ListnPort'; did you mean ListenPort?",
          "f:4: [Interface] MTU: 'x' is not a number from 576 to 65440",
          "f:5: [Interface] MTU: given already in line 4",
          "f:6: [Interface]: 'Key = value' expected",
          "f:7: [Interface]: unknown key 'AllowedIPs' here; it belongs in [Bond NAME]",
          "f:8: 'Uplnk' is not a section; did you mean Uplink?",
          "f:10: [Uplink] needs a name: [Uplink NAME]", HasSubstr("f:11: 'a/b' is not a name"),
          "f:12: [Uplink dsl] PublicKey: missing: the far side's public key is required",
          "f:12: [Uplink dsl] PrivateKey: missing: neither this section nor [Interface] "
          "has one",
          HasSubstr("f:13: [Interface]: only one such section is possible"),
          "f:14: [Peer]: this section has no name", "f:15: a section header ends with ']'"));
}

TEST(Config, NeverRepeatsASecret) {
  const std::string secret = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk";
  for (const std::string& line :
       {"PrivateKey = " + secret, "PrivateKey " + secret + "=", secret + "=",
        "PrivatKey" + secret + "=", "PresharedKey = " + secret + "=="}) {
    const auto result = parse_config("[Interface]\n" + line + "\n[Peer]\n" + line + "\n", "f");
    EXPECT_FALSE(result.config);
    for (const auto& text : texts(result.errors)) EXPECT_THAT(text, Not(HasSubstr("lXXJte14")));
  }
}

TEST(Config, BytesThatAreNoTextAreNoException) {
  // To the kernel a name is bytes.
  EXPECT_EQ(good(interface_section() + uplink_section("Device = \xff\n")).uplinks[0].device,
            "\xff");
  EXPECT_THAT(bad(interface_section() + uplink_section("PresharedKey = \xab\n")),
              HasSubstr("PresharedKey"));
}

TEST(Config, AKeyCannotBeEmpty) {
  EXPECT_THAT(bad(interface_section(" = 8\n")), HasSubstr("'Key = value' expected"));
}

TEST(Config, ErrorsAreBounded) {
  std::string text = "[Interface]\n";
  for (int i = 0; i < 10000; ++i) text += "x\n";
  EXPECT_EQ(parse_config(text, "f").errors.size(), 100u);
}

TEST(Config, ReadsWireGuardsOwnFiles) {
  const std::string text =
      interface_section("ListenPort = 51820\nDNS = 10.0.0.1\nPostUp = a = b\n") +
      "[Peer]\nPublicKey = " + kPublic +
      "\nAllowedIPs = 10.192.122.3/32, 10.192.124.1/24\n"
      "Endpoint = test.wireguard.com:18981\n"
      "[Peer]\nPublicKey = " +
      kOtherPublic + "\nAllowedIPs =\nPersistentKeepalive = 25\n";
  const auto result = parse_config(text, "wg0.conf");
  ASSERT_TRUE(result.config) << ::testing::PrintToString(texts(result.errors));
  const auto& uplinks = result.config->uplinks;
  ASSERT_EQ(uplinks.size(), 2u);
  EXPECT_EQ(uplinks[0].name, "xTIBA5rb");
  EXPECT_EQ(uplinks[0].bond, "");
  EXPECT_THAT(uplinks[0].allowed_ips,
              ElementsAre(*Prefix::parse("10.192.122.3/32"), *Prefix::parse("10.192.124.0/24")));
  EXPECT_THAT(uplinks[0].endpoints, ElementsAre(HostPort{"test.wireguard.com", 18981}));
  EXPECT_EQ(keepalive_of(uplinks[0]), std::chrono::seconds(0));
  EXPECT_EQ(keepalive_of(uplinks[1]), std::chrono::seconds(25));
  EXPECT_THAT(uplinks[1].allowed_ips, ElementsAre());
  EXPECT_THAT(texts(result.warnings),
              ElementsAre(HasSubstr("wg0.conf:4: [Interface] DNS: ignored"),
                          HasSubstr("wg0.conf:5: [Interface] PostUp: ignored")));
}

TEST(Config, AssignsBonds) {
  const std::string own = std::string("PrivateKey = ") + kOtherPrivate + "\n";
  // The only bond is the default; AllowedIPs or [Peer] make an uplink stand alone.
  Config config = good(interface_section() + bond_section() + uplink_section("Endpoint = h:1\n") +
                       uplink_section(own + "AllowedIPs = 10.0.0.0/8\n", "lone") +
                       "[Peer]\nPublicKey = " + kOtherPublic + "\n");
  EXPECT_EQ(config.uplinks[0].bond, "main");
  EXPECT_EQ(keepalive_of(config.uplinks[0]), std::chrono::seconds(25));
  EXPECT_EQ(config.uplinks[1].bond, "");
  EXPECT_EQ(config.uplinks[2].bond, "");
  // Without any bond it stands alone, too.
  EXPECT_EQ(good(interface_section() + uplink_section()).uplinks[0].bond, "");
  EXPECT_THAT(bad(interface_section() + bond_section() + "[Bond b]\nAllowedIPs = ::/0\n" +
                  uplink_section()),
              HasSubstr("[Uplink dsl] Bond: missing: the file has several bonds"));
  EXPECT_THAT(bad(interface_section() + bond_section() +
                  uplink_section("Bond = main\nAllowedIPs = ::/0\n")),
              HasSubstr("[Uplink dsl] AllowedIPs: belongs to [Bond main]"));
}

TEST(Config, ChecksAcrossSections) {
  EXPECT_THAT(bad(interface_section() + uplink_section() + uplink_section("", "dsl", kOtherPublic)),
              HasSubstr("this name is taken by [Uplink dsl] in line 3"));
  EXPECT_THAT(
      bad(interface_section() + bond_section() + uplink_section() + uplink_section("", "lte")),
      HasSubstr("[Uplink lte] PublicKey: same PrivateKey and PublicKey as [Uplink dsl] in "
                "line 6"));
  good(interface_section() + bond_section() + uplink_section() +
       uplink_section(std::string("PrivateKey = ") + kOtherPrivate + "\n", "lte"));
  EXPECT_THAT(
      bad(interface_section() +
          uplink_section("", "dsl", public_key_of(*PrivateKey::from_base64(kPrivate)).to_base64())),
      HasSubstr("PublicKey: is this end's own key"));
  EXPECT_THAT(
      bad(interface_section() + bond_section() + "[Bond b]\nAllowedIPs = 0.0.0.0/0\n" +
          uplink_section("Bond = main\n") + uplink_section("Bond = b\n", "b1", kOtherPublic)),
      HasSubstr("wb0.conf:6: [Bond b] AllowedIPs: 0.0.0.0/0 belongs already to [Bond main] "
                "in line 4"));
  EXPECT_THAT(bad(interface_section("ListenPort = 5000\n") + uplink_section("ListenPort = 5000\n")),
              HasSubstr("ListenPort: 5000 is taken by [Interface] in line 3"));
  good(interface_section("ListenPort = 5000\n") +
       uplink_section("ListenPort = 5000\nDevice = eth1\n"));
  EXPECT_THAT(bad(interface_section("MTU = 1279\nAddress = fd00::1/64\n")),
              HasSubstr("MTU: 1279 is too small for IPv6, which needs 1280"));
  good(interface_section("MTU = 1279\nAddress = 10.0.0.1/24\n"));
  EXPECT_THAT(
      bad(interface_section() + uplink_section("Address = 10.0.0.1\nEndpoint = [2001:db8::1]:1\n")),
      HasSubstr("Address: 10.0.0.1 cannot reach the Endpoint [2001:db8::1]:1"));
  EXPECT_THAT(bad(bond_section() + uplink_section(std::string("PrivateKey = ") + kPrivate + "\n")),
              HasSubstr("no [Interface] section"));
  EXPECT_THAT(bad(interface_section("PrivateKeyFile = x\n")),
              HasSubstr("PrivateKeyFile: PrivateKey is given too"));
  EXPECT_THAT(texts(parse_config(interface_section() + "[Bond main]\n", "f").warnings),
              ElementsAre("f:3: [Bond main]: no uplink belongs to this bond",
                          "f:3: [Bond main] AllowedIPs: none given, so the bond carries nothing"));
}

TEST(Config, SharesTheInterfacesSocketUnlessItHasItsOwn) {
  EXPECT_TRUE(shares_interface_socket(
      good(interface_section() + uplink_section("Weight = 2\n")).uplinks[0]));
  for (const std::string line :
       {"Device = eth0", "Address = 10.0.0.1", "ListenPort = 0", "FwMark = off",
        "PrivateKey = oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM="}) {
    const Config config = good(interface_section() + uplink_section(line + "\n"));
    ASSERT_EQ(config.uplinks.size(), 1u);
    EXPECT_FALSE(shares_interface_socket(config.uplinks[0])) << line;
  }
}

TEST(Config, KeysComeFromFiles) {
  const TemporaryDirectory directory;
  directory.write("own.key", std::string(kPrivate) + "\n", 0644);
  directory.write("psk", kOtherPrivate);
  const std::string path = directory.write(
      "wb0.conf",
      "[Interface]\nPrivateKeyFile = own.key\n[Peer]\nPublicKey = " + std::string(kPublic) +
          "\nPresharedKeyFile = " + directory.path() + "/psk\n",
      0644);
  const ConfigResult result = load_config(path);
  ASSERT_TRUE(result.config) << ::testing::PrintToString(texts(result.errors));
  EXPECT_EQ(result.config->interface.private_key->to_base64(), kPrivate);
  EXPECT_EQ(result.config->uplinks[0].preshared_key.to_base64(), kOtherPrivate);
  // The file itself holds no secret; the world-readable key file does.
  EXPECT_THAT(texts(result.warnings), ElementsAre(HasSubstr(":2: [Interface] PrivateKeyFile: ")));

  directory.write("own.key", "short");
  EXPECT_THAT(
      texts(load_config(path).errors),
      ElementsAre(HasSubstr("/own.key': not a key: 44 characters of base64 expected, got 5")));
}

TEST(Config, FilesThatCannotBeRead) {
  const TemporaryDirectory directory;
  EXPECT_THAT(texts(load_config(directory.path() + "/none").errors),
              ElementsAre(HasSubstr("/none: cannot be opened: No such file")));
  EXPECT_THAT(texts(load_config(directory.path()).errors),
              ElementsAre(HasSubstr("is a directory")));
  const std::string open = directory.write("open", interface_section(), 0604);
  EXPECT_THAT(texts(load_config(open).warnings), ElementsAre(HasSubstr("readable by everybody")));
  EXPECT_TRUE(load_config(directory.write("closed", interface_section(), 0640)).warnings.empty());
}

TEST(Config, HostPort) {
  EXPECT_EQ(HostPort::parse("a-b.example:1"), (HostPort{"a-b.example", 1}));
  EXPECT_EQ(HostPort::parse("192.0.2.1:65535"), (HostPort{"192.0.2.1", 65535}));
  EXPECT_EQ(HostPort::parse("[fe80::1%eth0]:1"), (HostPort{"fe80::1%eth0", 1}));
  EXPECT_EQ((HostPort{"fe80::1%eth0", 1}.to_string()), "[fe80::1%eth0]:1");
  for (const char* text :
       {"", ":", "a", "a:", ":1", "a:0", "a:65536", "a:1x", "::1:1", "[::1]", "[::1]1", "[]:1",
        "[a]:1", "[::1%]:1", "300.1.1.1:1", "a b:1", "a/b:1"}) {
    EXPECT_FALSE(HostPort::parse(text)) << text;
  }
}

TEST(Config, TheManualNamesEveryKey) {
  const std::filesystem::path root = WIREBRAID_SOURCE_DIR;
  std::ifstream file(root / "docs" / "configuration.md");
  ASSERT_TRUE(file.is_open());
  std::map<std::string, std::string> sections;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("## [", 0) == 0) section = line.substr(4, line.find_first_of(" ]", 4) - 4);
    sections[section] += line + "\n";
  }
  for (const KeyReference& key : key_reference()) {
    EXPECT_THAT(sections[key.section], HasSubstr("`" + key.key + "`"));
  }
}

TEST(Config, TheManualPageNamesEveryKey) {
  const std::filesystem::path root = WIREBRAID_SOURCE_DIR;
  std::ifstream file(root / "docs" / "man" / "wirebraid.conf.5");
  ASSERT_TRUE(file.is_open());
  std::map<std::string, std::string> sections;
  std::string section;
  const std::string heading = ".Ss ";
  const std::string item = ".It Sy ";
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(heading, 0) == 0) section = line.substr(heading.size());
    // Several keys of one item are separated by " , ".
    if (line.rfind(item, 0) == 0) sections[section] += " " + line.substr(item.size()) + " \n";
  }
  for (const KeyReference& key : key_reference()) {
    EXPECT_THAT(sections[key.section], HasSubstr(" " + key.key + " "));
  }
}

TEST(Config, TheManualsExamplesAreGood) {
  const std::filesystem::path root = WIREBRAID_SOURCE_DIR;
  std::ifstream file(root / "docs" / "configuration.md");
  const TemporaryDirectory directory;
  directory.write("dsl.key", kPrivate);
  directory.write("lte.key", kOtherPrivate);
  directory.write("server.key", kPrivate);
  directory.write("neighbour.key", kPrivate);
  directory.write("friend.key", kPrivate);
  directory.write("provider.key", kPrivate);
  // Indented by four: the examples, each starting with [Interface].
  std::vector<std::string> examples;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("    ", 0) != 0) continue;
    if (line == "    [Interface]") examples.emplace_back();
    examples.at(examples.size() - 1) += line + "\n";
  }
  ASSERT_EQ(examples.size(), 4u);
  for (const auto& example : examples) {
    const ConfigResult result = parse_config(example, directory.path() + "/wb0.conf");
    EXPECT_THAT(texts(result.errors), ElementsAre());
    EXPECT_THAT(texts(result.warnings), ElementsAre());
  }
}

TEST(Config, ManyAllowedIps) {
  std::string text = interface_section() + uplink_section() + "AllowedIPs = 10.0.0.0/8";
  for (int i = 0; i < 100'000; ++i) {
    text += (i % 100 == 0 ? "\nAllowedIPs = " : ", ") + std::to_string(11 + i / 65536) + "." +
            std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + ".0/24";
  }
  EXPECT_EQ(good(text).uplinks[0].allowed_ips.size(), 100'001u);
}

}  // namespace
}  // namespace wirebraid::control
