#include "core/bond/classifier.h"

#include <algorithm>

namespace wirebraid {

namespace {

IpAddress address_at(const uint8_t* bytes, uint8_t version) {
  return version == 4 ? IpAddress::v4(std::span<const uint8_t, 4>(bytes, 4))
                      : IpAddress::v6(std::span<const uint8_t, 16>(bytes, 16));
}

bool any_contains(const std::vector<Prefix>& prefixes, const IpInfo& packet) {
  const IpAddress source = address_at(packet.source, packet.version);
  const IpAddress destination = address_at(packet.destination, packet.version);
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& prefix) {
    return prefix.contains(source) || prefix.contains(destination);
  });
}

bool any_contains(const std::vector<PortRange>& ranges, const IpInfo& packet) {
  const auto within = [](const PortRange& range, uint16_t port) {
    return port != 0 && range.first <= port && port <= range.last;
  };
  return std::any_of(ranges.begin(), ranges.end(), [&](const PortRange& range) {
    return within(range, packet.source_port) || within(range, packet.destination_port);
  });
}

bool has(const std::vector<uint8_t>& values, unsigned value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

bool matches(const ClassRule& rule, const IpInfo& packet) {
  if (packet.length < rule.min_size || packet.length > rule.max_size) return false;
  if (!rule.protocols.empty() && !has(rule.protocols, packet.protocol)) return false;
  if (!rule.dscp.empty() && !has(rule.dscp, packet.traffic_class >> 2)) return false;
  if (!rule.ports.empty() && !any_contains(rule.ports, packet)) return false;
  return rule.prefixes.empty() || any_contains(rule.prefixes, packet);
}

void Classifier::set_classes(const std::vector<ClassOptions>& classes) {
  rules_.clear();
  for (const ClassOptions& each : classes) {
    if (rules_.size() + 1 < kMaxClasses) rules_.push_back(each.rule);
  }
}

ClassIndex Classifier::classify(const IpInfo& packet) const {
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (matches(rules_[i], packet)) return static_cast<ClassIndex>(i + 1);
  }
  return 0;
}

}  // namespace wirebraid
