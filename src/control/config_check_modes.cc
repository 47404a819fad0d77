// What classes must fulfil, and what modes make of exits and weights.
#include <algorithm>
#include <map>
#include <set>

#include "control/class_rule.h"
#include "control/config_check.h"
#include "control/config_text.h"

namespace wirebraid::control {

namespace {

// Bounds the work per packet.
constexpr size_t kMaxItems = 256;

bool spreads_packets(Mode mode) { return mode == Mode::packet || mode == Mode::redundant; }
bool spreads_flows(Mode mode) { return mode == Mode::flow || mode == Mode::host; }

class ModeChecker {
 public:
  explicit ModeChecker(ConfigDraft& draft) : draft_(draft), config_(draft.config) {}

  void run() {
    for (size_t i = 0; i < config_.classes.size(); ++i) {
      ClassSection& section = config_.classes[i];
      const SectionSource& source = draft_.classes[i];
      assign_bond(section, source);
      check_uplinks(section, source);
      check_rule(section.rule, source);
    }
    check_names();
    for (size_t i = 0; i < config_.bonds.size(); ++i) {
      check_exits(config_.bonds[i].name, config_.bonds[i].mode, draft_.bonds[i]);
      check_weights(config_.bonds[i]);
      check_servers(config_.bonds[i]);
    }
    for (size_t i = 0; i < config_.classes.size(); ++i) {
      // What it has from its bond is said there.
      if (!draft_.classes[i].has("Mode")) continue;
      check_exits(config_.classes[i].bond, config_.classes[i].mode, draft_.classes[i]);
    }
  }

 private:
  void assign_bond(ClassSection& section, const SectionSource& source) {
    const auto names = draft_.bond_names();
    if (!source.has("Bond")) {
      if (names.size() == 1) {
        section.bond = names.front();
      } else {
        draft_.error(source, "Bond",
                     names.empty() ? "missing: a class belongs to a [Bond NAME], and there is none"
                                   : "missing: the file has several bonds; name one");
      }
    }
    const auto bond = std::find_if(config_.bonds.begin(), config_.bonds.end(),
                                   [&](const auto& each) { return each.name == section.bond; });
    if (bond == config_.bonds.end()) {
      if (source.has("Bond")) {
        draft_.error(source, "Bond",
                     "there is no bond " + quoted(section.bond) + suggestion(section.bond, names));
      }
      section.bond.clear();
    } else if (!source.has("Mode")) {
      section.mode = bond->mode;
    }
  }

  void check_uplinks(ClassSection& section, const SectionSource& source) {
    if (section.bond.empty()) return;
    std::vector<std::string> members;
    for (const auto& uplink : config_.uplinks) {
      if (uplink.bond == section.bond) members.push_back(uplink.name);
    }
    std::vector<std::string> unique;
    for (const std::string& name : section.uplinks) {
      if (std::find(members.begin(), members.end(), name) == members.end()) {
        draft_.error(source, "Uplinks",
                     "there is no uplink " + quoted(name) + " in [Bond " + section.bond + "]" +
                         suggestion(name, members));
      } else if (std::find(unique.begin(), unique.end(), name) == unique.end()) {
        unique.push_back(name);
      }
    }
    section.uplinks = std::move(unique);
  }

  void check_rule(const ClassRule& rule, const SectionSource& source) {
    const std::pair<const char*, size_t> lists[] = {{"Prefix", rule.prefixes.size()},
                                                    {"Protocol", rule.protocols.size()},
                                                    {"Port", rule.ports.size()},
                                                    {"DSCP", rule.dscp.size()}};
    for (const auto& [key, size] : lists) {
      if (size > kMaxItems) {
        draft_.error(source, key, "more than " + std::to_string(kMaxItems) + " items");
      }
    }
    if (rule.min_size > rule.max_size) {
      draft_.error(source, "MinSize",
                   std::to_string(rule.min_size) + " is more than MaxSize, " +
                       std::to_string(rule.max_size) + ": no packet can be both");
    }
    if (!rule.ports.empty() && !rule.protocols.empty() &&
        std::none_of(rule.protocols.begin(), rule.protocols.end(), has_ports)) {
      draft_.error(source, "Port", "no Protocol of this class has ports, so no packet matches");
    }
    if (takes_everything(rule)) {
      draft_.warn(source, "",
                  "no criterion: it takes every packet, and nothing is left for classes after it "
                  "and for the bond's own Mode");
    }
  }

  void check_names() {
    std::map<std::pair<std::string, std::string>, const SectionSource*> names;
    std::map<std::string, size_t> counts;
    for (size_t i = 0; i < config_.classes.size(); ++i) {
      const ClassSection& section = config_.classes[i];
      const SectionSource& source = draft_.classes[i];
      if (section.bond.empty()) continue;
      const auto [first, inserted] = names.emplace(std::pair(section.bond, section.name), &source);
      if (!inserted) {
        draft_.error(source, "", "this name is taken by " + place_of(*first->second, ""));
      }
      // Class 0 is what no rule takes.
      if (++counts[section.bond] == kMaxClasses) {
        draft_.error(source, "",
                     "[Bond " + section.bond + "] has more than " +
                         std::to_string(kMaxClasses - 1) + " classes");
      }
    }
  }

  bool has_exits(const std::string& bond) const {
    return std::any_of(config_.uplinks.begin(), config_.uplinks.end(),
                       [&](const auto& uplink) { return uplink.bond == bond && is_exit(uplink); });
  }

  void check_exits(const std::string& bond, Mode mode, const SectionSource& source) {
    if (bond.empty() || !spreads_packets(mode) || !has_exits(bond)) return;
    draft_.warn(source, "Mode",
                std::string(to_string(mode)) +
                    " needs wirebraid on the far side, but uplinks of this bond have a "
                    "TunnelAddress or Target, so they are exits: it runs as flow");
  }

  // Whether any packet of the bond is spread by weight.
  bool uses_weights(const BondSection& bond) const {
    if (spreads_flows(bond.mode)) return true;
    if (spreads_packets(bond.mode) && has_exits(bond.name)) return true;
    const auto classes = classes_of(config_, bond.name);
    return std::any_of(classes.begin(), classes.end(),
                       [](const auto* section) { return spreads_flows(section->mode); });
  }

  void check_weights(const BondSection& bond) {
    std::vector<const SectionSource*> with;
    size_t without = 0;
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      if (config_.uplinks[i].bond != bond.name) continue;
      if (draft_.uplinks[i].has("Weight")) {
        with.push_back(&draft_.uplinks[i]);
      } else {
        ++without;
      }
    }
    const bool used = uses_weights(bond);
    for (const SectionSource* source : with) {
      if (!used) {
        draft_.warn(*source, "Weight",
                    "has no effect: [Bond " + bond.name + "] is in mode " +
                        std::string(to_string(bond.mode)) +
                        ", and weights count in flow and host mode");
      } else if (without != 0) {
        draft_.warn(*source, "Weight",
                    "counts only while every uplink in use has one; others of [Bond " + bond.name +
                        "] have none");
      }
    }
  }

  // Servers are taken by their place in the list: each place must be one server for all uplinks.
  void check_servers(const BondSection& bond) {
    const SectionSource* first = nullptr;
    size_t count = 0;
    for (size_t i = 0; i < config_.uplinks.size(); ++i) {
      const UplinkSection& uplink = config_.uplinks[i];
      if (uplink.bond != bond.name || uplink.endpoints.empty() || is_exit(uplink)) continue;
      if (first == nullptr) {
        first = &draft_.uplinks[i];
        count = uplink.endpoints.size();
      } else if (uplink.endpoints.size() != count) {
        draft_.warn(draft_.uplinks[i], "Endpoint",
                    "lists " + std::to_string(uplink.endpoints.size()) + " servers, " +
                        place_of(*first, "Endpoint") + " lists " + std::to_string(count) +
                        "; all uplinks of a bond must lead to the same server at a time");
      }
    }
  }

  ConfigDraft& draft_;
  Config& config_;
};

}  // namespace

void check_modes(ConfigDraft& draft) { ModeChecker(draft).run(); }

}  // namespace wirebraid::control
