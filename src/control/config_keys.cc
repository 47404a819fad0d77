#include "control/config_keys.h"

#include <sys/stat.h>

#include <boost/program_options/value_semantic.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>

namespace wirebraid::control {
namespace po = boost::program_options;
namespace {

using Value = po::typed_value<std::string>;
using Read = std::function<void(std::string_view)>;

/// A key whose text `read` converts and stores. `form` is for the reference, as `fallback`.
Value* value(const char* form, Read read, const char* fallback = nullptr) {
  auto* semantic = po::value<std::string>()->value_name(form)->notifier(
      [read = std::move(read)](const std::string& text) { read(trim(text)); });
  if (fallback != nullptr) semantic->default_value(fallback);
  return semantic;
}

// Scalars ------------------------------------------------------------------------------------

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

uint64_t read_number(std::string_view text, uint64_t lowest, uint64_t highest) {
  const auto number = parse_number<uint64_t>(text);
  if (!number || *number < lowest || *number > highest) {
    throw KeyError(quoted(text) + " is not a number from " + std::to_string(lowest) + " to " +
                   std::to_string(highest));
  }
  return *number;
}

template <class Field>
Value* number(Field& field, uint64_t lowest, uint64_t highest, const char* fallback = nullptr) {
  const std::string form = std::to_string(lowest) + ".." + std::to_string(highest);
  return value(
      form.c_str(),
      [&field, lowest, highest](std::string_view text) {
        // Through the field's own type, or its value type if it is optional.
        if constexpr (requires { typename Field::value_type; }) {
          field = static_cast<typename Field::value_type>(read_number(text, lowest, highest));
        } else {
          field = static_cast<Field>(read_number(text, lowest, highest));
        }
      },
      fallback);
}

uint32_t read_mark(std::string_view text) {
  if (equal_ignoring_case(text, "off")) return 0;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const auto mark = hex ? parse_number<uint32_t>(text.substr(2), 16) : parse_number<uint32_t>(text);
  if (!mark) {
    throw KeyError(quoted(text) +
                   " is not a firewall mark: a 32-bit number, also as 0x..., or off expected");
  }
  return *mark;
}

bool read_switch(std::string_view text) {
  for (const char* yes : {"yes", "true", "on"}) {
    if (equal_ignoring_case(text, yes)) return true;
  }
  for (const char* no : {"no", "false", "off"}) {
    if (equal_ignoring_case(text, no)) return false;
  }
  throw KeyError(quoted(text) + " is neither yes nor no");
}

uint64_t read_rate(std::string_view text) {
  constexpr double kLowest = 8e3;
  constexpr double kHighest = 1e12;
  double rate = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const std::string_view unit(rest, static_cast<size_t>(text.data() + text.size() - rest));
  bool good = error == std::errc();
  if (equal_ignoring_case(unit, "k")) {
    rate *= 1e3;
  } else if (equal_ignoring_case(unit, "M")) {
    rate *= 1e6;
  } else if (equal_ignoring_case(unit, "G")) {
    rate *= 1e9;
  } else {
    good = good && unit.empty();
  }
  // Written so that a NaN is refused.
  if (!good || !(rate >= kLowest && rate <= kHighest)) {
    throw KeyError(quoted(text) +
                   " is not a rate: bits per second from 8k to 1000G expected, such as 50M");
  }
  return static_cast<uint64_t>(std::llround(rate));
}

// Keys and their files -----------------------------------------------------------------------

template <class KeyType>
KeyType read_key(std::string_view text) {
  constexpr size_t kLength = 44;
  // The text itself is never repeated: it may be most of a secret.
  if (text.size() != kLength) {
    throw KeyError("not a key: 44 characters of base64 expected, got " +
                   std::to_string(text.size()));
  }
  const auto key = KeyType::from_base64(text);
  if (!key) throw KeyError("not a key: these 44 characters are not base64 of 32 bytes");
  return *key;
}

template <class KeyType>
KeyType read_key_file(std::string_view name, KeyContext& context) {
  constexpr std::streamsize kLargest = 256;
  if (name.empty()) throw KeyError("a file name expected");
  const std::string path =
      name.starts_with('/') ? std::string(name) : context.directory + std::string(name);
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargest, '\0');
  file.read(text.data(), kLargest);
  if (!file.is_open() || file.bad()) throw KeyError("cannot read " + quoted(path));
  text.resize(static_cast<size_t>(file.gcount()));

  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    context.warnings.push_back(quoted(path) + " is readable by everybody; chmod go= would help");
  }
  try {
    return read_key<KeyType>(trim(text));
  } catch (const KeyError& error) {
    throw KeyError(quoted(path) + ": " + error.what());
  }
}

// Lists --------------------------------------------------------------------------------------

void read_prefixes(std::vector<Prefix>& prefixes, std::string_view text) {
  if (text.empty()) return;  // as wg(8): "AllowedIPs =" stands for none
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view item = trim(text.substr(0, comma));
    const auto prefix = Prefix::parse(item);
    if (!prefix) {
      throw KeyError(quoted(item) +
                     " is not a prefix: an address and a length expected, such as 192.0.2.0/24 or "
                     "2001:db8::/32");
    }
    prefixes.push_back(*prefix);
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

Value* prefixes(std::vector<Prefix>& field) {
  return value("PREFIX,...", [&field](std::string_view text) { read_prefixes(field, text); })
      ->composing();
}

// Names --------------------------------------------------------------------------------------

Mode read_mode(std::string_view text) {
  for (const Mode mode : {Mode::packet, Mode::failover}) {
    if (equal_ignoring_case(text, to_string(mode))) return mode;
  }
  // Known words, without a scheduler so far: whoever writes one has made no mistake in spelling.
  for (const char* mode : {"flow", "host", "redundant"}) {
    if (!equal_ignoring_case(text, mode)) continue;
    throw KeyError(std::string("Mode ") + mode +
                   " is not available in this version; use packet or failover");
  }
  throw KeyError(quoted(text) + " is not a mode: packet or failover expected");
}

std::optional<uint32_t> read_table(std::string_view text) {
  if (equal_ignoring_case(text, "off")) return std::nullopt;
  if (equal_ignoring_case(text, "auto")) return kMainTable;
  const auto table = parse_number<uint32_t>(text);
  if (!table || *table == 0) {
    throw KeyError(quoted(text) +
                   " is not a routing table: a number from 1 to 4294967295, auto or off expected");
  }
  return table;
}

std::string read_device(std::string_view text) {
  constexpr size_t kLongest = 15;  // IFNAMSIZ less the terminator
  // What the kernel's dev_valid_name() refuses.
  if (text.empty() || text.size() > kLongest || text == "." || text == ".." ||
      text.find_first_of("/: \t") != std::string_view::npos) {
    throw KeyError(quoted(text) + " is not a device name: 1 to 15 characters such as eth0");
  }
  return std::string(text);
}

IpAddress read_address(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) throw KeyError(quoted(text) + " is not an IPv4 or IPv6 address");
  return *address;
}

HostPort read_endpoint(std::string_view text) {
  auto endpoint = HostPort::parse(text);
  if (!endpoint) {
    throw KeyError(quoted(text) +
                   " is not an endpoint: HOST:PORT or [IPV6]:PORT with a port from 1 to 65535 "
                   "expected");
  }
  return *endpoint;
}

std::chrono::seconds read_keepalive(std::string_view text) {
  if (equal_ignoring_case(text, "off")) return std::chrono::seconds(0);
  return std::chrono::seconds(read_number(text, 0, 65535));
}

}  // namespace

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
          "packet|failover", [&](auto text) { section.mode = read_mode(text); }, "packet"),
      "How packets are spread. packet: over all uplinks at once. failover: over the best Priority "
      "that is up.");
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
  add("Endpoint", value("HOST:PORT", [&](auto text) { section.endpoint = read_endpoint(text); }),
      "Where the far side listens. Without it, this side waits to be found.");
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
      "In failover mode the lowest number that is up carries the traffic.");
  add("Weight", number(section.weight, 1, 1000, "1"),
      "Its share in flow and host mode, which this version does not have yet.");
  add("RateUp", value("RATE", [&](auto text) { section.rate_up_bps = read_rate(text); }),
      "Never send more bits per second than this; with k, M or G, such as 50M.");
  add("RateDown", value("RATE", [&](auto text) { section.rate_down_bps = read_rate(text); }),
      "Ask the far side never to send more than this.");
  add("Enabled",
      value(
          "yes|no", [&](auto text) { section.enabled = read_switch(text); }, "yes"),
      "no: keep the section, but do not use the uplink.");
  return keys;
}

std::vector<KeyReference> key_reference() {
  InterfaceSection interface;
  BondSection bond;
  UplinkSection uplink;
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
  return reference;
}

}  // namespace wirebraid::control
