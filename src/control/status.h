// What `wirebraid show` says: plain data, its JSON form and its form for people.
//
// JSON (schema version 1): the structs below with the members' names as keys; enums by name; a
// missing optional is absent. A reader accepts members that it does not know, so members may be
// added within a version. Durations and rates carry their unit in the name: _us microseconds,
// _bps bits per second, _bytes.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::control {

inline constexpr int kStatusVersion = 1;

enum class UplinkState : uint8_t {
  up,          ///< carries traffic, or could at once
  suspect,     ///< an expected report is overdue: nothing new is sent there
  connecting,  ///< no session yet
  down,        ///< no session, or its device, address or route is gone
  disabled,    ///< by configuration
  exit,        ///< session with a stock WireGuard peer: no bonding, but usable by itself
};
std::string_view to_string(UplinkState state);

/// Why an uplink carries nothing.
struct UnusedCode {
  std::string_view code;
  std::string_view advice;  ///< what to look at, for people
};
inline constexpr UnusedCode kUnusedCodes[] = {
    {"disabled",
     "Enabled = no in the configuration: `wirebraid set INTERFACE uplink.NAME.Enabled=yes` uses "
     "it."},
    {"no_network",
     "Its device, address or route is missing here: look at `ip link`, `ip address` and `ip route "
     "get`. It comes back by "
     "itself when that does."},
    {"no_name",
     "The name of its Endpoint is being looked up: does the name server answer? An address in the "
     "place of the name needs "
     "none."},
    {"no_far_side",
     "It has no Endpoint, so the far side must connect: is that one running, and does it know this "
     "end's address and port?"},
    {"no_session",
     "Datagrams leave, but no handshake comes back: is the far side running, is its UDP port open "
     "in every firewall on "
     "the way, and does each end have the public key that belongs to the other one's private key "
     "(`wirebraid show` on both "
     "ends)?"},
    {"asking",
     "The session is up, and whether the far side runs wirebraid is being asked; a moment, or it "
     "is a stock WireGuard "
     "peer (an exit)."},
    {"other_bond",
     "The far side counts this uplink to another bond: there, it must be in the same bond as the "
     "other uplinks of this one. "
     "After a restart this lasts a moment."},
    {"silent",
     "The far side has stopped answering on this uplink, and it is being probed; a few answers in "
     "a row bring it back. Is the "
     "line itself up?"},
    {"standby", "An uplink of a better Priority is up, so this one waits. That is as configured."},
    {"costly", "Uplinks of a lower Cost carry everything there is. That is as configured."},
    {"quota", "Its Quota of this month is used up; it starts anew on QuotaDay."},
};
std::optional<UplinkState> parse_uplink_state(std::string_view name);

/// Of a metered uplink.
struct QuotaStatus {
  uint64_t bytes = 0;  ///< per month, both directions together
  uint64_t reserve_bytes = 0;
  uint64_t used_bytes = 0;
  std::string allowance;   ///< "ample", "reserve" or "exhausted"
  std::string next_reset;  ///< local date, "2026-12-01"
  friend bool operator==(const QuotaStatus&, const QuotaStatus&) = default;
};

struct UplinkStatus {
  std::string name;
  UplinkState state = UplinkState::connecting;
  uint64_t state_since_s = 0;  ///< Unix time
  std::string unused_reason;   ///< why it carries nothing at present; empty: it does
  std::string unused_code;     ///< the same for programs, one of kUnusedCodes; empty: it does
  std::string public_key;      ///< of the far side, base64
  std::string endpoint;        ///< "" while unknown
  uint32_t server = 0;         ///< place in its list of servers, from 1; 0: it has no list
  uint32_t servers = 0;        ///< length of the list
  std::string server_name;     ///< the one in use, as in the configuration file
  std::string device;          ///< "": any
  uint16_t listen_port = 0;
  uint8_t priority = 1;
  uint32_t weight = 0;  ///< 0: as measured
  uint32_t cost = 0;
  std::vector<std::string> tunnel_addresses;  ///< of an exit
  std::vector<std::string> targets;           ///< of an exit
  std::optional<QuotaStatus> quota;
  std::optional<uint64_t> rtt_us;
  std::optional<uint64_t> rtt_variance_us;  ///< mean deviation, as RFC 6298's RTTVAR
  std::optional<double> loss_ratio;         ///< 0 to 1, of the recent past
  std::optional<uint64_t> capacity_bps;     ///< estimate for sending
  uint64_t tx_rate_bps = 0;                 ///< of the last second or so
  uint64_t rx_rate_bps = 0;
  uint64_t tx_bytes = 0;  ///< UDP payload, as `wg show` counts
  uint64_t rx_bytes = 0;
  std::optional<uint64_t> last_handshake_s;  ///< Unix time; none: never
  friend bool operator==(const UplinkStatus&, const UplinkStatus&) = default;
};

/// Packets dropped by the bond, by cause.
struct BondDrops {
  uint64_t no_uplink = 0;    ///< to send, but no uplink was usable
  uint64_t queue_full = 0;   ///< to send, beyond the queue's bound
  uint64_t queue_delay = 0;  ///< to send, by CoDel: waited too long
  uint64_t lost = 0;         ///< never arrived: given up after the hold time
  uint64_t malformed = 0;    ///< received frames that could not be parsed
  uint64_t not_allowed = 0;  ///< received from a source outside AllowedIPs
  friend bool operator==(const BondDrops&, const BondDrops&) = default;
};

/// What a class does.
struct ClassOverview {
  std::string name;                  ///< "": what no class takes
  std::string rule;                  ///< in words
  std::string mode;                  ///< as in the configuration file
  std::string effective_mode;        ///< packet and redundant run as flow over exits
  std::vector<std::string> uplinks;  ///< in use for it now
  uint64_t packets = 0;              ///< sent, first transmissions
  uint64_t bytes = 0;
  friend bool operator==(const ClassOverview&, const ClassOverview&) = default;
};

/// One of the threads that share the bonds among them.
struct WorkerStatus {
  uint64_t bonds = 0;  ///< that belong to it
  uint64_t handed_over =
      0;                 ///< datagrams and packets that another worker got, but this one handles
  uint64_t dropped = 0;  ///< of such, lost because it did not keep up
  friend bool operator==(const WorkerStatus&, const WorkerStatus&) = default;
};

struct BondStatus {
  std::string name;
  uint32_t worker = 0;                   ///< that it belongs to: its place in the list of them
  std::string mode;                      ///< as in the configuration file
  std::vector<std::string> allowed_ips;  ///< prefixes
  uint64_t tx_rate_bps = 0;              ///< inner packets
  uint64_t rx_rate_bps = 0;
  uint64_t tx_packets = 0;
  uint64_t rx_packets = 0;
  uint64_t held_packets = 0;  ///< in the resequencer now
  uint64_t held_total = 0;    ///< packets that had to wait in it, ever
  uint64_t hold_max_us = 0;   ///< longest wait since the daemon's start
  uint64_t resent = 0;        ///< packets sent again on another uplink
  uint64_t duplicates = 0;    ///< received more than once, dropped
  uint64_t late = 0;          ///< received after being given up
  uint64_t resets = 0;        ///< TCP connections ended because their exit has gone
  BondDrops dropped;
  std::vector<ClassOverview> classes;  ///< in the order of matching; last, what none takes
  std::vector<UplinkStatus> uplinks;
  friend bool operator==(const BondStatus&, const BondStatus&) = default;
};

/// What an uplink was found to carry.
struct SpeedTestUplink {
  std::string name;
  std::optional<uint64_t> rate_bps;  ///< UDP payload; none: nothing is known yet
  friend bool operator==(const SpeedTestUplink&, const SpeedTestUplink&) = default;
};

/// The speed test that runs, or the last one.
struct SpeedTestStatus {
  std::string direction;  ///< "send" or "receive"
  bool running = false;
  uint32_t left_s = 0;
  std::vector<SpeedTestUplink> uplinks;  ///< tested at the same time
  friend bool operator==(const SpeedTestStatus&, const SpeedTestStatus&) = default;
};

struct InterfaceStatus {
  std::string name;
  std::string version;        ///< of wirebraidd
  std::string engine;         ///< "io_uring" or "epoll"
  std::string engine_reason;  ///< why that one
  std::string cipher;         ///< which library encrypts: "libsodium", "openssl" or "ipsec-mb"
  std::string cipher_reason;  ///< why that one
  std::string public_key;     ///< base64; "" without a private key
  std::vector<std::string> addresses;
  uint32_t mtu = 0;  ///< bytes
  uint16_t listen_port = 0;
  uint32_t firewall_mark = 0;
  uint64_t started_s = 0;  ///< Unix time
  std::vector<WorkerStatus> workers;
  std::optional<SpeedTestStatus> speed_test;
  std::vector<BondStatus> bonds;  ///< an uplink without a bond appears as a bond of its own name
  friend bool operator==(const InterfaceStatus&, const InterfaceStatus&) = default;
};

/// The object that carries "version": kStatusVersion.
nlohmann::json to_json(const InterfaceStatus& status);

struct StatusResult {
  std::optional<InterfaceStatus> status;
  std::string error;  ///< why not, e.g. "version 2 of the status is not known here"
};
StatusResult status_from_json(const nlohmann::json& json);

/// How to print for people.
struct RenderOptions {
  bool color = false;
  uint64_t now_s = 0;  ///< Unix time, for "12 seconds ago"
};
/// In the style of `wg show`; ends with a newline. No key but public ones appears in a status.
std::string render(const InterfaceStatus& status, const RenderOptions& options);

}  // namespace wirebraid::control
