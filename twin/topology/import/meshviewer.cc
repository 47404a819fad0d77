// meshviewer.json: {"nodes": [{"node_id", "hostname", ...}], "links": [{"source", "target",
// "source_tq", "target_tq", "type"}]}. TQs are batman-adv's, 0 to 1; source_tq is what the source
// sees towards the target.
#include "twin/topology/import/formats.h"
#include "twin/topology/import/map_words.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {
namespace {

std::optional<double> quality_at(const JsonValue& link, std::string_view key) {
  const auto value = number_of(link.find(key));
  return value ? std::optional(quality_of(*value)) : std::nullopt;
}

void read_node(const JsonValue& item, ImportDraft& draft) {
  Node node;
  node.id = text_of(item.find("node_id"));
  node.name = text_of(item.find("hostname"));
  node.model = text_of(item.find("model"));
  node.firmware = text_of(value_at(&item, {"firmware", "release"}));
  node.village = text_of(item.find("site_code"));
  if (node.village.empty()) node.village = text_of(item.find("domain"));
  if (is_true(item.find("is_gateway")) || is_true(item.find("vpn"))) node.role = Role::gateway;
  node.location = read_location(value_at(&item, {"location", "latitude"}),
                                value_at(&item, {"location", "longitude"}));
  read_addresses(item.find("addresses"), node, draft);
  const JsonValue* online = item.find("is_online");
  if (online != nullptr && online->kind == JsonKind::boolean && !online->truth) {
    draft.note("node", "offline by the map, kept all the same");
  }
  draft.add_node(std::move(node), item.line);
}

void read_link(const JsonValue& item, ImportDraft& draft) {
  const std::string type = text_of(item.find("type"));
  LinkView view;
  view.from = text_of(item.find("source"));
  view.to = text_of(item.find("target"));
  view.kind = kind_of_link_type(type);
  view.band_ghz = band_of_link_type(type);
  view.forth = quality_at(item, "source_tq");
  view.back = quality_at(item, "target_tq");
  view.measure = Measure::tq;
  view.line = item.line;
  view.separate = true;
  draft.add_view(view);
}

class Meshviewer : public Importer {
 public:
  std::string_view name() const override { return "meshviewer"; }
  std::string_view title() const override { return "meshviewer.json"; }
  bool needs_json() const override { return true; }

  bool recognizes(const ImportInput& input) const override {
    if (!is_object(input.json) || !is_array(input.json->find("links"))) return false;
    const auto& nodes = items_of(input.json->find("nodes"));
    return !nodes.empty() && nodes.front().find("node_id") != nullptr;
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    for (const char* key : {"nodes", "links"}) {
      const JsonValue* list = is_object(input.json) ? input.json->find(key) : nullptr;
      if (is_array(list)) continue;
      errors.add(list == nullptr ? 1 : list->line, std::string("/") + key, "an array expected");
    }
    if (!errors.empty()) return;
    draft.set_routing("batman-adv");
    for (const JsonValue& item : input.json->find("nodes")->children) read_node(item, draft);
    for (const JsonValue& item : input.json->find("links")->children) read_link(item, draft);
  }
};

}  // namespace

const Importer& meshviewer_importer() {
  static const Meshviewer importer;
  return importer;
}

}  // namespace wirebraid::topology
