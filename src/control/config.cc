#include "control/config.h"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace wirebraid::control {

std::optional<HostPort> HostPort::parse(std::string_view text) {
  HostPort result;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);

  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc() || end != port.data() + port.size() || result.port == 0) {
    return std::nullopt;
  }

  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
    const size_t zone = host.find('%');
    const auto address = IpAddress::parse(host.substr(0, zone));
    if (!address || !address->is_v6() || zone == host.size() - 1) return std::nullopt;
  } else {
    constexpr size_t kLongestName = 253;  // RFC 1035 section 2.3.4, in text form
    const auto part_of_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_';
    };
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    if (host.empty() || host.size() > kLongestName ||
        !std::all_of(host.begin(), host.end(), part_of_name) ||
        (numeric && !IpAddress::parse(host))) {
      return std::nullopt;
    }
  }
  result.host = host;
  return result;
}

std::string HostPort::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ConfigError::to_string() const {
  std::string text = file + ":";
  if (line != 0) text += std::to_string(line) + ":";
  if (!section.empty()) text += " [" + section + "]";
  if (!key.empty()) text += " " + key;
  if (!section.empty() || !key.empty()) text += ":";
  return text + " " + message;
}

bool shares_interface_socket(const UplinkSection& uplink) {
  return uplink.device.empty() && !uplink.address && !uplink.listen_port && !uplink.firewall_mark &&
         !uplink.private_key;
}

std::chrono::seconds keepalive_of(const UplinkSection& uplink) {
  // The interval that wg(8) recommends for keeping NAT mappings.
  constexpr std::chrono::seconds kBondKeepalive{25};
  if (uplink.persistent_keepalive) return *uplink.persistent_keepalive;
  return !uplink.endpoints.empty() && !uplink.bond.empty() ? kBondKeepalive
                                                           : std::chrono::seconds(0);
}

uint64_t reserve_of(const UplinkSection& uplink) {
  const QuotaReserve& reserve = uplink.quota_reserve;
  return reserve.bytes.value_or(uplink.quota / 100 * reserve.percent);
}

bool is_exit(const UplinkSection& uplink) { return uplink.exit != ExitOptions(); }

std::vector<const ClassSection*> classes_of(const Config& config, const std::string& bond) {
  std::vector<const ClassSection*> result;
  for (const auto& section : config.classes) {
    if (section.bond == bond) result.push_back(&section);
  }
  return result;
}

const PrivateKey& private_key_of(const Config& config, const UplinkSection& uplink) {
  assert(uplink.private_key || config.interface.private_key);
  return uplink.private_key ? *uplink.private_key : *config.interface.private_key;
}

}  // namespace wirebraid::control
