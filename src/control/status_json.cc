#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "control/status.h"

namespace wirebraid::control {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<UplinkState, std::string_view>, 6> kStates = {{
    {UplinkState::up, "up"},
    {UplinkState::suspect, "suspect"},
    {UplinkState::connecting, "connecting"},
    {UplinkState::down, "down"},
    {UplinkState::disabled, "disabled"},
    {UplinkState::exit, "exit"},
}};

// The members of each struct, named once: `visit(name, member)` either writes or reads.
template <class Status, class Visit>
void members(Status& s,
             const Visit& visit) requires std::is_same_v<std::remove_const_t<Status>, QuotaStatus> {
  visit("bytes", s.bytes);
  visit("reserve_bytes", s.reserve_bytes);
  visit("used_bytes", s.used_bytes);
  visit("allowance", s.allowance);
  visit("next_reset", s.next_reset);
}

template <class Status, class Visit>
void members(Status& s, const Visit& visit) requires
    std::is_same_v<std::remove_const_t<Status>, ClassOverview> {
  visit("name", s.name);
  visit("rule", s.rule);
  visit("mode", s.mode);
  visit("effective_mode", s.effective_mode);
  visit("uplinks", s.uplinks);
  visit("packets", s.packets);
  visit("bytes", s.bytes);
}

template <class Status, class Visit>
void members(Status& s, const Visit& visit) requires
    std::is_same_v<std::remove_const_t<Status>, UplinkStatus> {
  visit("name", s.name);
  visit("state", s.state);
  visit("state_since_s", s.state_since_s);
  visit("unused_reason", s.unused_reason);
  visit("unused_code", s.unused_code);
  visit("public_key", s.public_key);
  visit("endpoint", s.endpoint);
  visit("server", s.server);
  visit("servers", s.servers);
  visit("server_name", s.server_name);
  visit("device", s.device);
  visit("listen_port", s.listen_port);
  visit("priority", s.priority);
  visit("weight", s.weight);
  visit("cost", s.cost);
  visit("tunnel_addresses", s.tunnel_addresses);
  visit("targets", s.targets);
  visit("quota", s.quota);
  visit("rtt_us", s.rtt_us);
  visit("rtt_variance_us", s.rtt_variance_us);
  visit("loss_ratio", s.loss_ratio);
  visit("capacity_bps", s.capacity_bps);
  visit("tx_rate_bps", s.tx_rate_bps);
  visit("rx_rate_bps", s.rx_rate_bps);
  visit("tx_bytes", s.tx_bytes);
  visit("rx_bytes", s.rx_bytes);
  visit("last_handshake_s", s.last_handshake_s);
}

template <class Status, class Visit>
void members(Status& s,
             const Visit& visit) requires std::is_same_v<std::remove_const_t<Status>, BondDrops> {
  visit("no_uplink", s.no_uplink);
  visit("queue_full", s.queue_full);
  visit("queue_delay", s.queue_delay);
  visit("lost", s.lost);
  visit("malformed", s.malformed);
  visit("not_allowed", s.not_allowed);
}

template <class Status, class Visit>
void members(Status& s, const Visit& visit) requires
    std::is_same_v<std::remove_const_t<Status>, WorkerStatus> {
  visit("bonds", s.bonds);
  visit("handed_over", s.handed_over);
  visit("dropped", s.dropped);
}

template <class Status, class Visit>
void members(Status& s,
             const Visit& visit) requires std::is_same_v<std::remove_const_t<Status>, BondStatus> {
  visit("name", s.name);
  visit("worker", s.worker);
  visit("mode", s.mode);
  visit("allowed_ips", s.allowed_ips);
  visit("tx_rate_bps", s.tx_rate_bps);
  visit("rx_rate_bps", s.rx_rate_bps);
  visit("tx_packets", s.tx_packets);
  visit("rx_packets", s.rx_packets);
  visit("held_packets", s.held_packets);
  visit("held_total", s.held_total);
  visit("hold_max_us", s.hold_max_us);
  visit("resent", s.resent);
  visit("duplicates", s.duplicates);
  visit("late", s.late);
  visit("resets", s.resets);
  visit("dropped", s.dropped);
  visit("classes", s.classes);
  visit("uplinks", s.uplinks);
}

template <class Status, class Visit>
void members(Status& s, const Visit& visit) requires
    std::is_same_v<std::remove_const_t<Status>, SpeedTestUplink> {
  visit("name", s.name);
  visit("rate_bps", s.rate_bps);
}

template <class Status, class Visit>
void members(Status& s, const Visit& visit) requires
    std::is_same_v<std::remove_const_t<Status>, SpeedTestStatus> {
  visit("direction", s.direction);
  visit("running", s.running);
  visit("left_s", s.left_s);
  visit("uplinks", s.uplinks);
}

template <class Status, class Visit>
void members(Status& s, const Visit& visit) requires
    std::is_same_v<std::remove_const_t<Status>, InterfaceStatus> {
  visit("name", s.name);
  visit("wirebraid_version", s.version);
  visit("engine", s.engine);
  visit("engine_reason", s.engine_reason);
  visit("cipher", s.cipher);
  visit("cipher_reason", s.cipher_reason);
  visit("public_key", s.public_key);
  visit("addresses", s.addresses);
  visit("mtu", s.mtu);
  visit("listen_port", s.listen_port);
  visit("firewall_mark", s.firewall_mark);
  visit("started_s", s.started_s);
  visit("workers", s.workers);
  visit("speed_test", s.speed_test);
  visit("bonds", s.bonds);
}

template <class Status>
constexpr bool kIsObject =
    std::is_same_v<Status, QuotaStatus> || std::is_same_v<Status, UplinkStatus> ||
    std::is_same_v<Status, ClassOverview> || std::is_same_v<Status, BondDrops> ||
    std::is_same_v<Status, BondStatus> || std::is_same_v<Status, WorkerStatus> ||
    std::is_same_v<Status, SpeedTestUplink> || std::is_same_v<Status, SpeedTestStatus> ||
    std::is_same_v<Status, InterfaceStatus>;

template <class Value>
json write(const Value& value) {
  if constexpr (std::is_same_v<Value, UplinkState>) {
    return to_string(value);
  } else if constexpr (kIsObject<Value>) {
    json object = json::object();
    members(value, [&object]<class Member>(const char* name, const Member& member) {
      if constexpr (requires { member.has_value(); }) {
        if (member) object[name] = write(*member);
      } else {
        object[name] = write(member);
      }
    });
    return object;
  } else if constexpr (requires { requires kIsObject<typename Value::value_type>; }) {
    json array = json::array();
    for (const auto& item : value) array.push_back(write(item));
    return array;
  } else {
    return value;
  }
}

// Reading throws json::exception, caught in status_from_json(): it runs in the CLI only.
template <class Value>
void read(const json& from, Value& value) {
  if constexpr (std::is_same_v<Value, UplinkState>) {
    // One that a newer daemon has is shown as down, with its reason.
    value = parse_uplink_state(from.get_ref<const std::string&>()).value_or(UplinkState::down);
  } else if constexpr (kIsObject<Value>) {
    members(value, [&from](const char* name, auto& member) {
      if (from.contains(name)) read(from.at(name), member);
    });
  } else if constexpr (requires { value.has_value(); }) {
    read(from, value.emplace());
  } else if constexpr (requires { requires kIsObject<typename Value::value_type>; }) {
    for (const json& item : from) read(item, value.emplace_back());
  } else {
    value = from.get<Value>();
  }
}

}  // namespace

std::string_view to_string(UplinkState state) { return kStates[static_cast<size_t>(state)].second; }

std::optional<UplinkState> parse_uplink_state(std::string_view name) {
  for (const auto& [state, known] : kStates) {
    if (name == known) return state;
  }
  return std::nullopt;
}

json to_json(const InterfaceStatus& status) {
  json object = write(status);
  object["version"] = kStatusVersion;
  return object;
}

StatusResult status_from_json(const json& object) {
  StatusResult result;
  try {
    const int version = object.at("version").get<int>();
    if (version != kStatusVersion) {
      result.error = "version " + std::to_string(version) + " of the status is not known here";
      return result;
    }
    InterfaceStatus status;
    read(object, status);
    result.status = std::move(status);
  } catch (const json::exception& error) {
    result.error = std::string("not a status: ") + error.what();
  }
  return result;
}

}  // namespace wirebraid::control
