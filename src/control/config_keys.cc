#include "control/config_keys.h"

#include "control/config_values.h"

namespace wirebraid::control {
namespace po = boost::program_options;

namespace {
constexpr const char* kModeForm = "packet|flow|host|failover|redundant";
}

po::options_description interface_keys(InterfaceSection& section, KeyContext& context) {
  po::options_description keys("Interface");
  auto add = keys.add_options();
  add("PrivateKey",
      value("BASE64", [&](auto text) { section.private_key = read_key<PrivateKey>(text); }),
      "This end's private key, from `wirebraid genkey`. Uplinks without one of their own use it.");
  add("PrivateKeyFile",
      value("PATH",
            [&](auto text) { section.private_key = read_key_file<PrivateKey>(text, context); }),
      "A file that holds PrivateKey, so that this one need not be secret.");
  add("ListenPort", number(section.listen_port, 0, 65535, "0"),
      "UDP port for all uplinks without a socket of their own. 0: the kernel picks one.");
  add("FwMark",
      value(
          "NUMBER|off", [&](auto text) { section.firewall_mark = read_mark(text); }, "off"),
      "Firewall mark of outgoing datagrams, for policy routing. Decimal, or hexadecimal with 0x.");
  add("Address", prefixes(section.addresses),
      "Addresses of the interface. Given repeatedly, or separated by commas.");
  // The upper end: what fits, with WireGuard's 32 bytes and padding, into one UDP datagram.
  add("MTU", number(section.mtu, 576, 65440),
      "MTU of the interface in bytes; IPv6 inside needs 1280. Without it, worked out from the "
      "uplinks.");
  add("Table",
      value(
          "NUMBER|auto|off", [&](auto text) { section.table = read_table(text); }, "auto"),
      "Routing table that gets the routes to AllowedIPs. auto: the main table. off: no routes.");
  add("Metric", number(section.metric, 0, UINT32_MAX, "0"),
      "Metric of those routes. 0: the kernel's default.");
  add("Cipher",
      value(
          "auto|libsodium|openssl|ipsec-mb", [&](auto text) { section.cipher = read_cipher(text); },
          "auto"),
      "Which library encrypts packets. auto: the fastest here, measured at the start.");
  add("Workers",
      value(
          "1..64|auto", [&](auto text) { section.workers = read_workers(text); }, "1"),
      "Threads that share the bonds among them. auto: one for each core.");
  for (const char* name : {"DNS", "PreUp", "PostUp", "PreDown", "PostDown", "SaveConfig"}) {
    add(name,
        value("...",
              [&](auto) {
                context.warnings.emplace_back(
                    "ignored: wg-quick acts on this key, wirebraidd does not");
              })
            ->composing(),
        "wg-quick's; accepted and ignored.");
  }
  return keys;
}

po::options_description bond_keys(BondSection& section) {
  po::options_description keys("Bond");
  auto add = keys.add_options();
  add("Mode",
      value(
          kModeForm, [&](auto text) { section.mode = read_mode(text); }, "packet"),
      "How packets are spread. packet: over all uplinks at once. flow, host: each flow, or all of "
      "a "
      "host, on one uplink. failover: all on one. redundant: each packet on every uplink.");
  add("AllowedIPs", prefixes(section.allowed_ips),
      "Addresses behind the far side: routed to it, and accepted from it.");
  add("HoldTime",
      value(
          "1..5000",
          [&](auto text) {
            section.hold_time = std::chrono::milliseconds(read_number(text, 1, 5000));
          },
          "100"),
      "Most milliseconds that a packet is held back for a missing one before it.");
  return keys;
}

po::options_description uplink_keys(UplinkSection& section, KeyContext& context) {
  po::options_description keys("Uplink");
  auto add = keys.add_options();
  add("Bond", value("NAME", [&](auto text) { section.bond = text; }),
      "The bond it belongs to. Not needed if the file has exactly one.");
  add("PrivateKey",
      value("BASE64", [&](auto text) { section.private_key = read_key<PrivateKey>(text); }),
      "Private key of this uplink alone. Without it, the interface's.");
  add("PrivateKeyFile",
      value("PATH",
            [&](auto text) { section.private_key = read_key_file<PrivateKey>(text, context); }),
      "A file that holds PrivateKey.");
  add("PublicKey",
      value("BASE64", [&](auto text) { section.public_key = read_key<PublicKey>(text); }),
      "The far side's public key. Required.");
  add("PresharedKey",
      value("BASE64", [&](auto text) { section.preshared_key = read_key<PresharedKey>(text); }),
      "A secret shared with the far side, from `wirebraid genpsk`.");
  add("PresharedKeyFile",
      value("PATH",
            [&](auto text) { section.preshared_key = read_key_file<PresharedKey>(text, context); }),
      "A file that holds PresharedKey.");
  add("Endpoint",
      list("HOST:PORT,...", [&](auto text) { section.endpoints.push_back(read_endpoint(text)); }),
      "Where the far side listens; several servers, best first. Without it, this side waits to be "
      "found.");
  add("PersistentKeepalive",
      value("0..65535|off",
            [&](auto text) { section.persistent_keepalive = read_keepalive(text); }),
      "Seconds between keepalives. Default: 25 in a bond with an Endpoint, else off.");
  add("AllowedIPs", prefixes(section.allowed_ips),
      "As in a bond, for an uplink that belongs to none.");
  add("Device", value("NAME", [&](auto text) { section.device = read_device(text); }),
      "Network device through which its datagrams leave, whatever the routes say.");
  add("Address", value("ADDRESS", [&](auto text) { section.address = read_address(text); }),
      "Local source address of its datagrams.");
  add("ListenPort", number(section.listen_port, 0, 65535),
      "Its own UDP port. Default: the interface's, or one that the kernel picks if it has a socket "
      "of its own.");
  add("FwMark", value("NUMBER|off", [&](auto text) { section.firewall_mark = read_mark(text); }),
      "Its own firewall mark. Default: the interface's.");
  add("Priority", number(section.priority, 1, 255, "1"),
      "Only uplinks of the lowest number that is up are used.");
  add("Weight", number(section.weight, 1, 1000),
      "Its share of flows in flow and host mode. Default: its capacity as measured.");
  add("Cost", number(section.cost, 0, 1000, "0"),
      "Among uplinks of one Priority, those of higher cost are used last.");
  add("RateUp", value("RATE", [&](auto text) { section.rate_up_bps = read_rate(text); }),
      "Never send more bits per second than this; with k, M or G, such as 50M.");
  add("RateDown", value("RATE", [&](auto text) { section.rate_down_bps = read_rate(text); }),
      "Ask the far side never to send more than this.");
  add("Quota", value("BYTES", [&](auto text) { section.quota = read_volume(text); }),
      "Bytes per month, both directions together; with k, M, G or T, such as 20G.");
  add("QuotaReserve",
      value(
          "BYTES|PERCENT", [&](auto text) { section.quota_reserve = read_reserve(text); }, "10%"),
      "The part of Quota that is used only when no other uplink is up.");
  add("QuotaDay", number(section.quota_day, 1, 28, "1"),
      "Day of the month on which Quota starts anew.");
  add("TunnelAddress",
      list("ADDRESS,...", [&](auto text) { read_tunnel_address(section.exit, text); }),
      "For an exit: this end's IPv4 and IPv6 address in its tunnel, as its operator gave them.");
  add("Target",
      list("ADDRESS,...", [&](auto text) { section.exit.targets.push_back(read_address(text)); }),
      "For an exit: addresses behind it that are asked by echo requests whether it is alive.");
  add("Enabled",
      value(
          "yes|no", [&](auto text) { section.enabled = read_switch(text); }, "yes"),
      "no: keep the section, but do not use the uplink.");
  return keys;
}

po::options_description class_keys(ClassSection& section) {
  po::options_description keys("Class");
  auto add = keys.add_options();
  ClassRule& rule = section.rule;
  add("Bond", value("NAME", [&](auto text) { section.bond = text; }),
      "The bond whose packets it classifies. Not needed if the file has exactly one.");
  add("Mode", value(kModeForm, [&](auto text) { section.mode = read_mode(text); }),
      "How its packets are spread. Default: the bond's.");
  add("Uplinks", list("NAME,...", [&](auto text) { section.uplinks.emplace_back(text); }),
      "The uplinks that may carry it. Default: all of the bond.");
  add("Prefix", prefixes(rule.prefixes), "Source or destination is in one of them.");
  add("Protocol",
      list("NAME|NUMBER,...", [&](auto text) { rule.protocols.push_back(read_protocol(text)); }),
      "tcp, udp, icmp, icmpv6, sctp, esp, gre or others by number.");
  add("Port",
      list("PORT|FIRST-LAST,...", [&](auto text) { rule.ports.push_back(read_ports(text)); }),
      "Source or destination port.");
  add("DSCP", list("NAME|NUMBER,...", [&](auto text) { rule.dscp.push_back(read_dscp(text)); }),
      "Differentiated services code point, such as ef, af41 or 46.");
  add("MinSize", number(rule.min_size, 0, UINT16_MAX, "0"),
      "Least bytes of the packet, its IP header included.");
  add("MaxSize", number(rule.max_size, 0, UINT16_MAX, "65535"), "Most bytes of the packet.");
  return keys;
}

std::vector<KeyReference> key_reference() {
  InterfaceSection interface;
  BondSection bond;
  UplinkSection uplink;
  ClassSection traffic_class;
  KeyContext context;
  std::vector<KeyReference> reference;
  const auto append = [&](const char* section, const po::options_description& keys) {
    for (const auto& key : keys.options()) {
      reference.push_back({section, key->long_name(), key->semantic()->name(), key->description(),
                           key->semantic()->is_composing()});
    }
  };
  append("Interface", interface_keys(interface, context));
  append("Bond", bond_keys(bond));
  append("Uplink", uplink_keys(uplink, context));
  append("Class", class_keys(traffic_class));
  return reference;
}

}  // namespace wirebraid::control
