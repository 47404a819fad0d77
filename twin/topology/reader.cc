#include "twin/topology/reader.h"

#include <algorithm>
#include <charconv>

#include "twin/topology/check.h"
#include "twin/topology/fields.h"

namespace wirebraid::topology {
namespace {

constexpr Key kTopologyKeys[] = {
    {"format", true}, {"version", true}, {"name", false}, {"nodes", true}, {"links", true}};
constexpr Key kNodeKeys[] = {{"id", true},       {"name", false},      {"role", true},
                             {"village", false}, {"model", false},     {"firmware", false},
                             {"routing", false}, {"addresses", false}, {"location", false},
                             {"uplinks", false}};
constexpr Key kLocationKeys[] = {{"latitude", true}, {"longitude", true}};
constexpr Key kUplinkKeys[] = {{"name", true}, {"link", false}, {"exit", false}};
constexpr Key kLinkKeys[] = {{"id", false},    {"a", true},         {"b", true},
                             {"kind", true},   {"band_ghz", false}, {"a_to_b", true},
                             {"b_to_a", false}};
constexpr Key kDirectionKeys[] = {
    {"rate_mbit", true}, {"delay_ms", false}, {"jitter_ms", false}, {"loss", false}};
constexpr ObjectKeys kObjectKeys[] = {{"topology", kTopologyKeys}, {"node", kNodeKeys},
                                      {"location", kLocationKeys}, {"uplink", kUplinkKeys},
                                      {"link", kLinkKeys},         {"direction", kDirectionKeys}};

constexpr std::string_view kNodeIdForm =
    "an id: up to 64 letters, digits, '_', ':', '.' and '-', not starting with '.' or '-'";
constexpr std::string_view kLinkIdForm =
    "an id: up to 160 letters, digits, '_', ':', '.', '-', '~' and '#', starting with one of the "
    "first four";
constexpr std::string_view kUplinkNameForm =
    "an uplink's name: up to 14 letters, digits, '_' and '-', not starting with '_' or '-'";
constexpr std::string_view kTextForm = "a text of up to 200 characters without control characters";

bool is_anything(std::string_view) { return true; }

template <typename Enum, size_t N>
Enum read_name(Fields& fields, std::string_view key, const std::array<EnumName<Enum>, N>& table) {
  const JsonValue* value = fields.member(key);
  const std::string text = fields.text(key, is_anything, "");
  std::vector<std::string> names;
  for (const auto& entry : table) {
    if (entry.name == text) return entry.value;
    names.emplace_back(entry.name);
  }
  if (value != nullptr && value->kind == JsonKind::string) {
    fields.wrong(*value, in_quotes(text) + " is not a " + std::string(key) + ": " + listed(names) +
                             " expected");
  }
  return table.front().value;
}

/// The value at the end of a pointer that check_topology() made.
const JsonValue* follow(const JsonValue& root, std::string_view pointer) {
  const JsonValue* value = &root;
  while (value != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string_view step = pointer.substr(0, end);
    pointer.remove_prefix(end);
    size_t index = 0;
    std::from_chars(step.data(), step.data() + step.size(), index);
    const bool has_item = value->kind == JsonKind::array && index < value->children.size();
    value = value->kind == JsonKind::object ? value->find(step)
            : has_item                      ? &value->children[index]
                                            : nullptr;
  }
  return value;
}

class Reader {
 public:
  explicit Reader(const std::string& file) : findings_(file) {}

  ReadResult run(const JsonValue& root) {
    Fields fields(root, kTopologyKeys, "a topology", findings_);
    if (root.kind == JsonKind::object && read_head(fields)) {
      topology_.name = fields.text("name", is_text, kTextForm);
      fields.array("nodes", 1, [&](const JsonValue& item) { read_node(item); });
      fields.array("links", 0, [&](const JsonValue& item) { read_link(item); });
      tell_problems(root);
    }
    ReadResult result;
    if (findings_.empty()) result.topology = std::move(topology_);
    result.errors = findings_.take();
    return result;
  }

 private:
  /// False if it is not for this reader, so that the rest cannot be judged.
  bool read_head(Fields& fields) {
    const JsonValue* format = fields.member("format");
    const JsonValue* version = fields.member("version");
    if (text_of(format) != kFormatName) {
      if (format != nullptr) {
        fields.wrong(*format, in_quotes(std::string(kFormatName)) + " expected");
      }
      return false;
    }
    if (version == nullptr) return true;
    if (version->kind == JsonKind::number && version->number == kFormatVersion) return true;
    fields.wrong(*version, "only version " + std::to_string(kFormatVersion) + " can be read");
    return false;
  }

  void read_node(const JsonValue& item) {
    Fields fields(item, kNodeKeys, "a node", findings_);
    Node node;
    // An id of wrong form still names the node, or every link of it would be a mistake as well.
    fields.text("id", is_node_id, kNodeIdForm, &node.id);
    node.role = read_name(fields, "role", kRoles);
    node.name = fields.text("name", is_text, kTextForm);
    node.village = fields.text("village", is_text, kTextForm);
    node.model = fields.text("model", is_text, kTextForm);
    node.firmware = fields.text("firmware", is_text, kTextForm);
    fields.array("routing", 0, [&](const JsonValue& daemon) { read_daemon(fields, daemon, node); });
    fields.array("addresses", 0,
                 [&](const JsonValue& address) { read_address(fields, address, node); });
    if (const JsonValue* location = fields.member("location")) {
      node.location = read_location(fields, *location);
    }
    fields.array("uplinks", 0, [&](const JsonValue& uplink) { read_uplink(fields, uplink, node); });
    broken_.nodes.push_back(!fields.good());
    topology_.nodes.push_back(std::move(node));
  }

  static void read_daemon(Fields& fields, const JsonValue& item, Node& node) {
    const std::string& text = item.text;
    if (item.kind != JsonKind::string || !is_routing_daemon(text)) {
      fields.wrong(item, (item.kind == JsonKind::string ? in_quotes(text) : "this") +
                             " is not a routing daemon: " + listed(kRoutingDaemons) + " expected");
    } else if (std::find(node.routing.begin(), node.routing.end(), text) != node.routing.end()) {
      fields.wrong(item, in_quotes(text) + " is given twice");
    } else {
      node.routing.push_back(text);
    }
  }

  static void read_address(Fields& fields, const JsonValue& item, Node& node) {
    const auto address = item.kind == JsonKind::string ? IpAddress::parse(item.text) : std::nullopt;
    if (!address) {
      fields.wrong(item, (item.kind == JsonKind::string ? in_quotes(item.text) : "this") +
                             " is not an address: IPv4 or IPv6 without prefix length expected");
    } else if (std::find(node.addresses.begin(), node.addresses.end(), *address) !=
               node.addresses.end()) {
      fields.wrong(item, in_quotes(item.text) + " is given twice");
    } else {
      node.addresses.push_back(*address);
    }
  }

  std::optional<Location> read_location(Fields& around, const JsonValue& value) {
    Fields fields(value, kLocationKeys, "a location", findings_);
    Location location;
    location.latitude = fields.number("latitude", -90, 90, 0);
    location.longitude = fields.number("longitude", -180, 180, 0);
    around.adopt(fields);
    return location;
  }

  void read_uplink(Fields& around, const JsonValue& item, Node& node) {
    Fields fields(item, kUplinkKeys, "an uplink", findings_);
    Uplink uplink;
    uplink.name = fields.text("name", is_uplink_name, kUplinkNameForm);
    uplink.link = fields.text("link", is_link_id, kLinkIdForm);
    uplink.exit = fields.text("exit", is_node_id, kNodeIdForm);
    if (fields.good() && uplink.link.empty() == uplink.exit.empty()) {
      fields.wrong(item, "either \"link\" (a wan link) or \"exit\" (another node) expected");
    }
    around.adopt(fields);
    node.uplinks.push_back(std::move(uplink));
  }

  void read_link(const JsonValue& item) {
    Fields fields(item, kLinkKeys, "a link", findings_);
    Link link;
    fields.text("a", is_anything, "", &link.a);
    fields.text("b", is_anything, "", &link.b);
    link.id = default_link_id(link.a, link.b);
    fields.text("id", is_link_id, kLinkIdForm, &link.id);
    link.kind = read_name(fields, "kind", kLinkKinds);
    read_band(fields, link);
    if (const JsonValue* forth = fields.member("a_to_b")) {
      link.a_to_b = read_direction(fields, *forth);
    }
    const JsonValue* back = fields.member("b_to_a");
    link.b_to_a = back != nullptr ? read_direction(fields, *back) : link.a_to_b;
    broken_.links.push_back(!fields.good());
    topology_.links.push_back(std::move(link));
  }

  static void read_band(Fields& fields, Link& link) {
    const JsonValue* band = fields.member("band_ghz");
    if (band == nullptr) return;
    link.band_ghz = band->number;
    if (band->kind != JsonKind::number || !is_band_ghz(band->number)) {
      std::vector<std::string> bands;
      for (const double ghz : kBandsGhz) bands.push_back(number_text(ghz));
      fields.wrong(*band, "not a band: " + listed(bands) + " expected");
    } else if (link.kind != LinkKind::radio && fields.good()) {
      fields.wrong(*band, "only a link of kind radio has a band; remove it");
    }
  }

  Direction read_direction(Fields& around, const JsonValue& value) {
    Fields fields(value, kDirectionKeys, "a direction", findings_);
    Direction direction;
    direction.rate_mbit = fields.number("rate_mbit", kLeastRateMbit, kMostRateMbit, kLeastRateMbit);
    direction.delay_ms = fields.number("delay_ms", 0, kMostDelayMs, 0);
    direction.jitter_ms = fields.number("jitter_ms", 0, kMostDelayMs, 0);
    direction.loss = fields.number("loss", 0, 1, 0);
    around.adopt(fields);
    return direction;
  }

  void tell_problems(const JsonValue& root) {
    for (const Problem& problem : check_topology(topology_, broken_)) {
      const JsonValue* where = follow(root, problem.place);
      const JsonValue* first = problem.first.empty() ? nullptr : follow(root, problem.first);
      const std::string also =
          first == nullptr ? "" : " (the first is in line " + std::to_string(first->line) + ")";
      findings_.add(where == nullptr ? 0 : where->line, problem.place, problem.message + also);
    }
  }

  Findings findings_;
  Topology topology_;
  Broken broken_;
};

ReadResult failure(const std::string& file, size_t line, const std::string& message) {
  ReadResult result;
  result.errors.push_back({file, line, "", message});
  return result;
}

}  // namespace

ReadResult read_topology(const JsonDocument& document, const std::string& file) {
  return Reader(file).run(*document.root);
}

ReadResult read_topology(std::string_view text, const std::string& file) {
  const JsonDocument document = parse_json(text);
  if (!document.root) return failure(file, document.error_line, document.error);
  return read_topology(document, file);
}

ReadResult load_topology(const std::string& path) {
  const FileText file = read_file(path);
  if (!file.text) return failure(path, 0, file.error);
  return read_topology(*file.text, path);
}

std::span<const ObjectKeys> object_keys() { return kObjectKeys; }

}  // namespace wirebraid::topology
