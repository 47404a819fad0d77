// The configuration file: what it may say, and what it said. docs/configuration.md is its manual.
//
// The file is made of sections ([Interface], [Bond NAME], [Uplink NAME], [Class NAME], and
// WireGuard's own [Peer]) with `Key = value` lines. Keys that WireGuard has are spelt and read as
// in wg(8) and wg-quick(8). Reading never stops at the first mistake: all of them are reported
// together.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/secret_text.h"
#include "wirebraid/address.h"
#include "wirebraid/bond.h"
#include "wirebraid/keys.h"

namespace wirebraid::control {

/// The main routing table (RT_TABLE_MAIN).
inline constexpr uint32_t kMainTable = 254;
inline constexpr uint32_t kWorkerPerCore = 0;

/// [Interface]: the TUN device and the defaults of all uplinks. One per file.
struct InterfaceSection {
  std::optional<PrivateKey> private_key;       ///< PrivateKey or PrivateKeyFile
  uint16_t listen_port = 0;                    ///< ListenPort; 0: the kernel picks
  uint32_t firewall_mark = 0;                  ///< FwMark; 0: none
  std::vector<Prefix> addresses;               ///< Address, host bits kept
  std::optional<uint32_t> mtu;                 ///< MTU in bytes; none: worked out from the uplinks
  std::optional<uint32_t> table = kMainTable;  ///< Table; none ("off"): no routes are installed
  uint32_t metric = 0;                         ///< Metric of the routes; 0: the kernel's default
  std::string cipher;    ///< Cipher: name of a crypto::AeadBackend; empty ("auto"): the fastest
  uint32_t workers = 1;  ///< Workers: 1 to kMaxWorkers, or kWorkerPerCore ("auto")
  size_t line = 0;       ///< of the section header; 0: not in the file
};

/// [Bond NAME]: uplinks that lead to the same far side.
struct BondSection {
  std::string name;
  Mode mode = Mode::packet;
  std::vector<Prefix> allowed_ips;  ///< masked, without repetition
  /// Most that the resequencer holds a packet back for a missing one.
  std::chrono::milliseconds hold_time{100};
  size_t line = 0;
};

/// A host name or address, and a port, not resolved yet.
struct HostPort {
  std::string host;  ///< without brackets; IPv6 may carry a zone ("fe80::1%eth0")
  uint16_t port = 0;

  /// "host:port" or "[v6]:port". nullopt if malformed or the port is 0.
  static std::optional<HostPort> parse(std::string_view text);
  std::string to_string() const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// The part of a quota that is kept for when no other uplink is up.
struct QuotaReserve {
  uint8_t percent = 10;           ///< of the quota
  std::optional<uint64_t> bytes;  ///< instead of it
  friend bool operator==(const QuotaReserve&, const QuotaReserve&) = default;
};

/// [Uplink NAME] or [Peer]: one WireGuard session.
struct UplinkSection {
  std::string name;  ///< for [Peer]: the first characters (8 or more, to be unique) of its key
  std::string bond;  ///< name of a BondSection; empty: the uplink is a bond of its own
  std::optional<PrivateKey> private_key;  ///< none: the interface's
  PublicKey public_key;
  PresharedKey preshared_key;       ///< zero: none
  std::vector<HostPort> endpoints;  ///< servers, best first; empty: the far side must find us
  std::optional<std::chrono::seconds> persistent_keepalive;  ///< as written; see keepalive_of()
  std::vector<Prefix> allowed_ips;        ///< only without a bond; masked, no repetition
  std::string device;                     ///< WAN device to send through; empty: any
  IpAddress address;                      ///< local source address; none: any
  std::optional<uint16_t> listen_port;    ///< own port; 0: the kernel picks
  std::optional<uint32_t> firewall_mark;  ///< own mark; 0: none, whatever the interface has
  uint8_t priority = 1;                   ///< 1 (best) to 255
  uint32_t weight = 0;                    ///< 1 to 1000; 0: as measured
  uint32_t cost = 0;                      ///< 0 to 1000; the dearest is used last
  ExitOptions exit;                       ///< TunnelAddress and Target
  uint64_t quota = 0;  ///< bytes per month, both directions together; 0: not metered
  QuotaReserve quota_reserve;
  uint8_t quota_day = 1;                  ///< day of the month on which it starts, 1 to 28
  std::optional<uint64_t> rate_up_bps;    ///< cap in bits per second, of UDP payload
  std::optional<uint64_t> rate_down_bps;  ///< the same, of what the far side sends
  bool enabled = true;
  size_t line = 0;
};

/// [Class NAME]: packets of a bond that are treated in a way of their own.
struct ClassSection {
  std::string name;
  std::string bond;                  ///< of a BondSection
  Mode mode = Mode::packet;          ///< if not given, the bond's
  std::vector<std::string> uplinks;  ///< names, each of the bond; empty: all of them
  ClassRule rule;
  size_t line = 0;
};

/// One file. Section order is kept; that of classes is the order of matching.
struct Config {
  InterfaceSection interface;
  std::vector<BondSection> bonds;
  std::vector<UplinkSection> uplinks;
  std::vector<ClassSection> classes;
};

/// One mistake (or, as a warning, one oddity).
struct ConfigError {
  std::string file;
  size_t line = 0;      ///< 0: about the file as a whole
  std::string section;  ///< "Uplink lte"; empty: before the first section
  std::string key;      ///< empty: about the section or line as a whole
  std::string message;  ///< never contains a secret

  /// "FILE:LINE: [Uplink lte] PublicKey: not a key: 44 characters of base64 expected, got 43"
  std::string to_string() const;
};

/// `config` is there exactly if `errors` is empty.
struct ConfigResult {
  std::optional<Config> config;
  std::vector<ConfigError> errors;  ///< by line
  std::vector<ConfigError> warnings;
  std::string revision;  ///< revision_of() the text
};

/// Of a text such as a configuration file: 32 hexadecimal digits that another text does not have.
std::string revision_of(std::string_view text);

/// Larger files are refused unread.
inline constexpr size_t kMaxConfigBytes = size_t{64} << 20;

/// `file` names the source in messages; key files with relative paths are sought beside it.
ConfigResult parse_config(std::string_view text, const std::string& file);
/// Errors of opening and reading are among the result's; warns if others may read the file.
ConfigResult load_config(const std::string& path);
/// The file's text alone; nullopt: it cannot be read, and `problem` says why.
std::optional<SecretText> read_config_text(const std::string& path, std::string& problem);

/// True if the uplink needs no socket of its own: it has no Device, Address, ListenPort, FwMark or
/// PrivateKey that differs from the interface's by being given at all.
bool shares_interface_socket(const UplinkSection& uplink);
/// The interval to use; 0: off. Not given, an uplink of a bond that has an Endpoint gets 25 s, so
/// that its failure is noticed and NAT stays open.
std::chrono::seconds keepalive_of(const UplinkSection& uplink);
/// Bytes of the quota that are its reserve; 0 without a quota.
uint64_t reserve_of(const UplinkSection& uplink);
/// True if it is said to be an exit: by a TunnelAddress or Target.
bool is_exit(const UplinkSection& uplink);
/// The classes of a bond, in order.
std::vector<const ClassSection*> classes_of(const Config& config, const std::string& bond);
/// The uplink's own key or the interface's. A Config from parse_config() always has one of them.
const PrivateKey& private_key_of(const Config& config, const UplinkSection& uplink);

/// One line of the key reference, made from the table that reads the file.
struct KeyReference {
  std::string section;  ///< "Interface", "Bond", "Uplink" or "Class"
  std::string key;
  std::string values;  ///< form, range and default, e.g. "1..1000 (=1)"
  std::string help;
  bool repeatable = false;
};
std::vector<KeyReference> key_reference();

}  // namespace wirebraid::control
