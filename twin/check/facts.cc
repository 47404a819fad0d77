#include "twin/check/facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "twin/check/words.h"
#include "twin/lab/bond_status.h"
#include "wirebraid/address.h"

namespace wirebraid::check {
namespace {

constexpr node::milliseconds kLimit{30'000};

double seconds_of(std::string_view text) {
  if (!text.empty() && text.back() == 's') text.remove_suffix(1);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Interview {
 public:
  Interview(node::Node& node, uint64_t log_from) : node_(node), log_from_(log_from) {}

  NodeFacts run() {
    facts_.state = node_.state();
    facts_.boots = node_.boots();
    facts_.problem = node_.problem();
    facts_.alarms = find_alarms(node_.log_from(log_from_));
    if (facts_.state != node::NodeState::running) return std::move(facts_);
    try {
      ask_all();
      facts_.answered = true;
    } catch (const std::exception& error) {
      facts_.problem = error.what();
    }
    return std::move(facts_);
  }

 private:
  std::string say(const std::string& command) {
    const std::string output = node_.run(command, kLimit).output;
    facts_.raw += "# " + command + "\n" + output + "\n";
    return output;
  }

  void ask_all() {
    facts_.kernel = trimmed(say("uname -r"));
    facts_.firmware = trimmed(
        say("(. /etc/wirebraid_release && echo \"$NAME $VERSION\" || "
            ". /etc/openwrt_release && echo \"$DISTRIB_ID $DISTRIB_RELEASE\") 2>/dev/null"));
    ask_clock();
    ask_memory();
    const std::string links = say("ip -o link");
    facts_.interfaces = parse_interfaces(links, say("ip -o addr"));
    facts_.routes4 = parse_routes(say("ip route"));
    facts_.babel = parse_babel(say("printf 'dump\\nquit\\n' | nc ::1 33123 2>/dev/null"));
    if (links.find(": bat0:") != std::string::npos) {
      facts_.batman = parse_batman(say("batctl meshif bat0 n"));
      facts_.originators = parse_batman(say("batctl meshif bat0 o"));
    }
    for (const Interface& each : facts_.interfaces) {
      if (each.name.starts_with("wb")) ask_uplinks(each.name);
    }
    facts_.configuration = say("uci export");
    const std::vector<std::string> more = find_alarms(
        say("dmesg | grep -iE 'oops|bug|panic|segfault|hung|out of memory|call trace'"));
    facts_.alarms.insert(facts_.alarms.end(), more.begin(), more.end());
  }

  void ask_clock() {
    const int64_t theirs = number_of(say("date -u +%s"));
    const auto ours = std::chrono::system_clock::now().time_since_epoch();
    facts_.clock_ahead_s = theirs - std::chrono::duration_cast<std::chrono::seconds>(ours).count();
  }

  void ask_memory() {
    for (const std::string& line : lines_of(say("grep -E 'MemTotal|MemAvailable' /proc/meminfo"))) {
      const std::vector<std::string> words = words_of(line);
      if (words.size() < 2) continue;
      unsigned& value = words[0] == "MemTotal:" ? facts_.memory_kib : facts_.memory_available_kib;
      value = static_cast<unsigned>(number_of(words[1]));
    }
  }

  void ask_uplinks(const std::string& interface) {
    const auto view = lab::parse_interface_view(say("wirebraid show " + interface + " --json"));
    if (!view) return;
    for (const lab::BondView& bond : view->bonds) {
      for (const lab::UplinkView& uplink : bond.uplinks) {
        facts_.uplinks.push_back({interface, uplink.name, uplink.state, uplink.unused_reason});
      }
    }
  }

  node::Node& node_;
  uint64_t log_from_;
  NodeFacts facts_;
};

}  // namespace

NodeFacts ask(node::Node& node, uint64_t log_from) { return Interview(node, log_from).run(); }

std::vector<Interface> parse_interfaces(std::string_view link_lines,
                                        std::string_view address_lines) {
  std::vector<Interface> result;
  for (const std::string& line : lines_of(link_lines)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 3) continue;
    Interface each;
    // "2:", "eth0:" or "eth1@if3:", "<BROADCAST,UP,...>", ...
    each.name = words[1].substr(0, words[1].find_first_of("@:"));
    each.up = words[2].find("UP") != std::string::npos;
    each.mac = word_after(words, "link/ether");
    result.push_back(std::move(each));
  }
  for (const std::string& line : lines_of(address_lines)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 4 || (words[2] != "inet" && words[2] != "inet6")) continue;
    for (Interface& each : result) {
      if (each.name == words[1]) each.addresses.push_back(words[3]);
    }
  }
  return result;
}

std::vector<Route> parse_routes(std::string_view text) {
  std::vector<Route> routes;
  for (const std::string& line : lines_of(text)) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || words.front() == "unreachable") continue;
    routes.push_back({words.front(), word_after(words, "via"), word_after(words, "dev"),
                      word_after(words, "proto"),
                      static_cast<unsigned>(number_of(word_after(words, "metric")))});
  }
  return routes;
}

const Route* find_route(const std::vector<Route>& routes, std::string_view address) {
  const auto wanted = IpAddress::parse(address);
  if (!wanted) return nullptr;
  const Route* best = nullptr;
  unsigned best_length = 0;
  for (const Route& route : routes) {
    const auto prefix = Prefix::parse(route.target == "default" ? "0.0.0.0/0" : route.target);
    if (!prefix || !prefix->contains(*wanted)) continue;
    const bool better = best == nullptr || prefix->length > best_length ||
                        (prefix->length == best_length && route.metric < best->metric);
    if (!better) continue;
    best = &route;
    best_length = prefix->length;
  }
  return best;
}

std::vector<BabelNeighbour> parse_babel(std::string_view dump) {
  std::vector<BabelNeighbour> result;
  for (const std::string& line : lines_of(dump)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 3 || words[0] != "add" || words[1] != "neighbour") continue;
    result.push_back({word_after(words, "address"), word_after(words, "if"),
                      static_cast<unsigned>(number_of(word_after(words, "cost")))});
  }
  return result;
}

std::vector<BatmanNode> parse_batman(std::string_view text) {
  std::vector<BatmanNode> result;
  for (const std::string& line : lines_of(text)) {
    std::vector<std::string> words = words_of(line);
    const bool originator = !words.empty() && words[0] == "*";
    if (originator) words.erase(words.begin());
    // "eth0 02:... 0.4s" of a neighbour; "02:... 0.4s (255) 02:... [ eth0]" of an originator.
    const size_t at = originator ? 0 : 1;
    if (words.size() < at + 2 || words[at].size() != 17 || words[at][2] != ':') continue;
    std::string device = originator ? words.back() : words[0];
    std::erase_if(device, [](char each) { return each == '[' || each == ']'; });
    result.push_back({words[at], device, seconds_of(words[at + 1])});
  }
  return result;
}

std::vector<std::string> find_alarms(std::string_view log) {
  static constexpr std::array kSigns{"Oops:",      "BUG: ",     "Kernel panic",   "segfault at",
                                     "Call Trace", "hung_task", "Out of memory:", "soft lockup"};
  std::vector<std::string> result;
  for (std::string& line : lines_of(log)) {
    if (std::any_of(kSigns.begin(), kSigns.end(),
                    [&](const char* sign) { return line.find(sign) != std::string::npos; })) {
      result.push_back(std::move(line));
    }
  }
  return result;
}

std::string link_local_of(std::string_view mac) {
  std::array<uint8_t, 16> bytes{0xfe, 0x80};
  constexpr std::array<size_t, 6> kPlaces{8, 9, 10, 13, 14, 15};
  if (mac.size() != 17) return "";
  for (size_t i = 0; i < kPlaces.size(); ++i) {
    std::from_chars(mac.data() + i * 3, mac.data() + i * 3 + 2, bytes[kPlaces[i]], 16);
  }
  bytes[8] ^= 2;
  bytes[11] = 0xff;
  bytes[12] = 0xfe;
  return IpAddress::v6(bytes).to_string();
}

}  // namespace wirebraid::check
