#include "control/class_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "control/config_text.h"

namespace wirebraid::control {

namespace {

struct Name {
  std::string_view text;
  uint8_t number;
};

// Where two names have one number, the first is shown.
constexpr Name kProtocols[] = {{"tcp", 6},        {"udp", 17},   {"icmp", 1},  {"icmpv6", 58},
                               {"ipv6-icmp", 58}, {"sctp", 132}, {"dccp", 33}, {"esp", 50},
                               {"ah", 51},        {"gre", 47},   {"ipip", 4},  {"ipv6", 41},
                               {"udplite", 136}};

constexpr Name kCodePoints[] = {
    {"cs0", 0},          {"df", 0},    {"be", 0},    {"cs1", 8},   {"cs2", 16},  {"cs3", 24},
    {"cs4", 32},         {"cs5", 40},  {"cs6", 48},  {"cs7", 56},  {"af11", 10}, {"af12", 12},
    {"af13", 14},        {"af21", 18}, {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28},
    {"af33", 30},        {"af41", 34}, {"af42", 36}, {"af43", 38}, {"ef", 46},   {"va", 44},
    {"voice-admit", 44}, {"le", 1}};

template <size_t kCount>
std::optional<uint8_t> number_of(const Name (&names)[kCount], std::string_view text) {
  for (const Name& name : names) {
    if (equal_ignoring_case(text, name.text)) return name.number;
  }
  return std::nullopt;
}

template <size_t kCount>
std::string name_of(const Name (&names)[kCount], uint8_t number) {
  for (const Name& name : names) {
    if (name.number == number) return std::string(name.text);
  }
  return std::to_string(number);
}

std::string joined(const std::vector<std::string>& items, const char* word) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += " or ";
    text += item;
  }
  return word + text;
}

std::string words_of_size(const ClassRule& rule) {
  const std::string least = std::to_string(rule.min_size);
  const std::string most = std::to_string(rule.max_size);
  if (rule.max_size == UINT16_MAX) return "from " + least + " bytes";
  return rule.min_size == 0 ? "up to " + most + " bytes" : least + " to " + most + " bytes";
}

}  // namespace

std::optional<uint8_t> parse_protocol(std::string_view text) {
  if (const auto known = number_of(kProtocols, text)) return known;
  return parse_number<uint8_t>(text);
}

std::optional<PortRange> parse_ports(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = parse_number<uint16_t>(trim(text.substr(0, dash)));
  const auto last =
      dash == std::string_view::npos ? first : parse_number<uint16_t>(trim(text.substr(dash + 1)));
  if (!first || !last || *first == 0 || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<uint8_t> parse_dscp(std::string_view text) {
  constexpr uint8_t kLargest = 63;  // six bits, RFC 2474
  if (const auto known = number_of(kCodePoints, text)) return known;
  const auto number = parse_number<uint8_t>(text);
  return number && *number <= kLargest ? number : std::nullopt;
}

bool has_ports(uint8_t protocol) {
  constexpr std::array<uint8_t, 5> kWithPorts = {6, 17, 33, 132, 136};  // as IpInfo has them
  return std::find(kWithPorts.begin(), kWithPorts.end(), protocol) != kWithPorts.end();
}

bool takes_everything(const ClassRule& rule) { return rule == ClassRule(); }

std::string to_words(const ClassRule& rule) {
  std::vector<std::string> parts;
  std::vector<std::string> items;
  const auto finish = [&](const char* word) {
    if (!items.empty()) parts.push_back(joined(items, word));
    items.clear();
  };
  for (const Prefix& prefix : rule.prefixes) items.push_back(prefix.to_string());
  finish("to or from ");
  for (const uint8_t protocol : rule.protocols) items.push_back(name_of(kProtocols, protocol));
  finish("");
  for (const PortRange& ports : rule.ports) {
    items.push_back(std::to_string(ports.first) +
                    (ports.last == ports.first ? "" : "-" + std::to_string(ports.last)));
  }
  finish("port ");
  for (const uint8_t dscp : rule.dscp) items.push_back(name_of(kCodePoints, dscp));
  finish("dscp ");
  if (rule.min_size != 0 || rule.max_size != UINT16_MAX) parts.push_back(words_of_size(rule));
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text.empty() ? "everything" : text;
}

}  // namespace wirebraid::control
