#include "twin/topology/import/map_words.h"

#include <algorithm>
#include <array>
#include <span>

namespace wirebraid::topology {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 5> kTunnelTypes{"vpn", "tunnel", "l2tp", "fastd",
                                                       "wireguard"};
constexpr std::array<std::string_view, 3> kCableTypes{"cable", "lan", "ethernet"};
constexpr std::array<std::string_view, 6> kTunnelInterfaces{"tun", "tap",  "wg",
                                                            "vpn", "l2tp", "gre"};
constexpr std::array<std::string_view, 4> kCableInterfaces{"eth", "br-", "lan", "en"};

bool is_one_of(Words words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool starts_with_one_of(Words words, std::string_view text) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.substr(0, word.size()) == word; });
}

}  // namespace

LinkKind kind_of_link_type(std::string_view type) {
  if (is_one_of(kTunnelTypes, type)) return LinkKind::wan;
  return is_one_of(kCableTypes, type) ? LinkKind::ethernet : LinkKind::radio;
}

double band_of_link_type(std::string_view type) {
  return type == "wifi24" ? 2.4 : type == "wifi5" ? 5 : 0;
}

LinkKind kind_of_interface(std::string_view name) {
  if (starts_with_one_of(kTunnelInterfaces, name)) return LinkKind::wan;
  return starts_with_one_of(kCableInterfaces, name) ? LinkKind::ethernet : LinkKind::radio;
}

double band_of_interface(std::string_view name) {
  if (kind_of_interface(name) != LinkKind::radio || name.size() < 3) return 0;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const char digit = name.back();
  const char before = name[name.size() - 2];
  // wlan2 is the third radio, and wlan0-1 the second network of the first one.
  const bool after_word = before == '-' && is_letter(name[name.size() - 3]);
  if (!after_word && !(name.substr(0, 4) == "mesh" && is_letter(before))) return 0;
  return digit == '2' ? 2.4 : digit == '5' ? 5 : digit == '6' ? 6 : 0;
}

}  // namespace wirebraid::topology
