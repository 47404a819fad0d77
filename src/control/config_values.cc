#include "control/config_values.h"

#include <sys/stat.h>

#include <charconv>
#include <cmath>
#include <fstream>

#include "control/cipher_choice.h"
#include "control/class_rule.h"
#include "wirebraid/worker.h"

namespace wirebraid::control {
namespace po = boost::program_options;

namespace {

/// "2.5M": a number with k, M, G or T, powers of 1000. Negative: it is none.
double scaled_number(std::string_view text) {
  struct Unit {
    const char* letter;
    double factor;
  };
  constexpr Unit kUnits[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}};
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return -1;
  const std::string_view letter(rest, static_cast<size_t>(text.data() + text.size() - rest));
  for (const Unit& unit : kUnits) {
    if (equal_ignoring_case(letter, unit.letter)) return number * unit.factor;
  }
  return -1;
}

/// Throws unless `number` is from `lowest` to `highest`; a NaN never is.
uint64_t within(double number, double lowest, double highest, std::string_view text,
                const char* expected) {
  if (!(number >= lowest && number <= highest)) throw KeyError(quoted(text) + expected);
  return static_cast<uint64_t>(std::llround(number));
}

void for_each_item(std::string_view text, const ReadValue& read) {
  for (;;) {
    const size_t comma = text.find(',');
    read(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

KeyValue* value(const char* form, ReadValue read, const char* fallback) {
  auto* semantic = po::value<std::string>()->value_name(form)->notifier(
      [read = std::move(read)](const std::string& text) { read(trim(text)); });
  if (fallback != nullptr) semantic->default_value(fallback);
  return semantic;
}

KeyValue* list(const char* form, ReadValue read) {
  return value(form, [read = std::move(read)](std::string_view text) { for_each_item(text, read); })
      ->composing();
}

// Scalars ------------------------------------------------------------------------------------

uint64_t read_number(std::string_view text, uint64_t lowest, uint64_t highest) {
  const auto number = parse_number<uint64_t>(text);
  if (!number || *number < lowest || *number > highest) {
    throw KeyError(quoted(text) + " is not a number from " + std::to_string(lowest) + " to " +
                   std::to_string(highest));
  }
  return *number;
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
  return within(scaled_number(text), 8e3, 1e12, text,
                " is not a rate: bits per second from 8k to 1000G expected, such as 50M");
}

uint64_t read_volume(std::string_view text) {
  return within(scaled_number(text), 1e3, 1e15, text,
                " is not a volume: bytes from 1k to 1000T expected, such as 20G");
}

QuotaReserve read_reserve(std::string_view text) {
  constexpr const char* kExpected =
      " is not a reserve: 0 to 100 percent (10%), or bytes from 0 to 1000T (500M) expected";
  if (text.ends_with('%')) {
    const auto percent = parse_number<uint8_t>(trim(text.substr(0, text.size() - 1)));
    if (!percent || *percent > 100) throw KeyError(quoted(text) + kExpected);
    return {.percent = *percent, .bytes = std::nullopt};
  }
  return {.percent = 0, .bytes = within(scaled_number(text), 0, 1e15, text, kExpected)};
}

std::chrono::seconds read_keepalive(std::string_view text) {
  if (equal_ignoring_case(text, "off")) return std::chrono::seconds(0);
  return std::chrono::seconds(read_number(text, 0, 65535));
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

template PrivateKey read_key<PrivateKey>(std::string_view text);
template PublicKey read_key<PublicKey>(std::string_view text);
template PresharedKey read_key<PresharedKey>(std::string_view text);
template PrivateKey read_key_file<PrivateKey>(std::string_view name, KeyContext& context);
template PresharedKey read_key_file<PresharedKey>(std::string_view name, KeyContext& context);

// Networks -----------------------------------------------------------------------------------

KeyValue* prefixes(std::vector<Prefix>& field) {
  return value("PREFIX,...",
               [&field](std::string_view text) {
                 if (text.empty()) return;  // as wg(8): "AllowedIPs =" stands for none
                 for_each_item(text, [&field](std::string_view item) {
                   const auto prefix = Prefix::parse(item);
                   if (!prefix) {
                     throw KeyError(quoted(item) +
                                    " is not a prefix: an address and a length expected, such as "
                                    "192.0.2.0/24 or 2001:db8::/32");
                   }
                   field.push_back(*prefix);
                 });
               })
      ->composing();
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

void read_tunnel_address(ExitOptions& exit, std::string_view text) {
  // A provider's file gives it as wg-quick's Address, with the prefix length of its network.
  const auto prefix = Prefix::parse(text);
  if (!prefix) {
    throw KeyError(quoted(text) +
                   " is not an IPv4 or IPv6 address, with or without a prefix length");
  }
  IpAddress& place = prefix->address.is_v4() ? exit.v4 : exit.v6;
  if (place) {
    throw KeyError(quoted(text) + " is the second of its family; the first is " +
                   place.to_string());
  }
  place = prefix->address;
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

// Words --------------------------------------------------------------------------------------

Mode read_mode(std::string_view text) {
  std::string known;
  for (const Mode mode : kModes) {
    if (equal_ignoring_case(text, to_string(mode))) return mode;
    known += (known.empty() ? "" : mode == kModes.back() ? " or " : ", ");
    known += to_string(mode);
  }
  throw KeyError(quoted(text) + " is not a mode: " + known + " expected");
}

std::string read_cipher(std::string_view text) {
  if (equal_ignoring_case(text, "auto")) return "";
  std::string known = "auto";
  for (const std::string_view name : crypto::kAeadNames) {
    if (!equal_ignoring_case(text, name)) {
      known += (name == crypto::kAeadNames.back() ? " or " : ", ") + std::string(name);
      continue;
    }
    const std::string problem = cipher_problem(name, crypto::make_aead_backends());
    if (!problem.empty()) throw KeyError(problem);
    return std::string(name);
  }
  throw KeyError(quoted(text) + " is not a cipher: " + known + " expected");
}

uint32_t read_workers(std::string_view text) {
  if (equal_ignoring_case(text, "auto")) return kWorkerPerCore;
  const auto workers = parse_number<uint32_t>(text);
  if (!workers || *workers < 1 || *workers > kMaxWorkers) {
    throw KeyError(quoted(text) + " is not a number of workers: 1 to " +
                   std::to_string(kMaxWorkers) + ", or auto expected");
  }
  return *workers;
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

uint8_t read_protocol(std::string_view text) {
  const auto protocol = parse_protocol(text);
  if (!protocol) {
    throw KeyError(
        quoted(text) +
        " is not a protocol: a name such as tcp, udp, icmp, icmpv6, sctp, esp, gre, or a "
        "number from 0 to 255 expected");
  }
  return *protocol;
}

PortRange read_ports(std::string_view text) {
  const auto ports = parse_ports(text);
  if (!ports) {
    throw KeyError(quoted(text) +
                   " is not a port: a number from 1 to 65535 or a range such as 16384-32767 "
                   "expected");
  }
  return *ports;
}

uint8_t read_dscp(std::string_view text) {
  const auto dscp = parse_dscp(text);
  if (!dscp) {
    throw KeyError(quoted(text) +
                   " is not a code point: a name such as ef, cs5, af41, va, le, or a number from 0 "
                   "to 63 expected");
  }
  return *dscp;
}

}  // namespace wirebraid::control
