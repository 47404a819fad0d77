#include "twin/topology/topology.h"

#include <algorithm>
#include <unordered_map>

namespace wirebraid::topology {
namespace {

constexpr std::string_view kIdCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.-";

bool is_identifier(std::string_view text, size_t longest, std::string_view allowed,
                   std::string_view not_first) {
  return !text.empty() && text.size() <= longest &&
         text.find_first_not_of(allowed) == std::string_view::npos &&
         not_first.find(text.front()) == std::string_view::npos;
}

template <typename Table, typename Enum>
std::string_view name_in(const Table& table, Enum value) {
  for (const auto& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return "";
}

}  // namespace

std::string_view name_of(Role role) { return name_in(kRoles, role); }
std::string_view name_of(LinkKind kind) { return name_in(kLinkKinds, kind); }

bool is_node_id(std::string_view text) {
  return is_identifier(text, kLongestNodeId, kIdCharacters, ".-");
}

bool is_link_id(std::string_view text) {
  static const std::string allowed = std::string(kIdCharacters) + "~#";
  return is_identifier(text, kLongestLinkId, allowed, ".-~#");
}

bool is_uplink_name(std::string_view text) {
  static const std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return is_identifier(text, kLongestUplinkName, allowed, "_-");
}

bool is_text(std::string_view text) {
  size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
    if ((byte & 0xc0) != 0x80) ++characters;  // not a continuation of UTF-8
  }
  return characters <= kLongestText;
}

bool is_band_ghz(double value) {
  return std::find(kBandsGhz.begin(), kBandsGhz.end(), value) != kBandsGhz.end();
}

bool is_routing_daemon(std::string_view text) {
  return std::find(kRoutingDaemons.begin(), kRoutingDaemons.end(), text) != kRoutingDaemons.end();
}

std::string default_link_id(std::string_view a, std::string_view b) {
  return std::string(a) + "~" + std::string(b);
}

std::vector<LinkEnds> ends_of_links(const Topology& topology) {
  std::unordered_map<std::string_view, size_t> index;
  for (size_t i = 0; i < topology.nodes.size(); ++i) index.emplace(topology.nodes[i].id, i);
  std::vector<LinkEnds> ends;
  ends.reserve(topology.links.size());
  for (const Link& link : topology.links) ends.push_back({index.at(link.a), index.at(link.b)});
  return ends;
}

}  // namespace wirebraid::topology
