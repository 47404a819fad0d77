// The older form of the map's files. nodes.json: "nodes", an array or an object by id, of
// {"nodeinfo": {...}, "flags": {...}}. graph.json: "batadv": {"nodes": [{"id", "node_id"}],
// "links": [{"source", "target", "tq", "bidirect", "vpn"}]} with indices. Both may be in one file,
// graph.json may come alone, and links may also stand beside the nodes as in the flat form.
#include <algorithm>
#include <cmath>

#include "twin/topology/import/formats.h"
#include "twin/topology/import/map_words.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {
namespace {

std::string first_text(std::initializer_list<const JsonValue*> candidates) {
  for (const JsonValue* candidate : candidates) {
    std::string text = text_of(candidate);
    if (!text.empty()) return text;
  }
  return "";
}

void read_node(const JsonValue& item, ImportDraft& draft) {
  const JsonValue* info = item.find("nodeinfo");
  Node node;
  node.id = first_text({value_at(info, {"node_id"}), item.find("node_id"), item.find("id")});
  if (node.id.empty()) node.id = item.key;  // of an object by id
  node.name = text_of(value_at(info, {"hostname"}));
  node.model = text_of(value_at(info, {"hardware", "model"}));
  node.firmware = text_of(value_at(info, {"software", "firmware", "release"}));
  node.village = first_text(
      {value_at(info, {"system", "site_code"}), value_at(info, {"system", "domain_code"})});
  const JsonValue* flags = item.find("flags");
  if (is_true(value_at(flags, {"gateway"})) || is_true(value_at(info, {"vpn"}))) {
    node.role = Role::gateway;
  }
  node.location = read_location(value_at(info, {"location", "latitude"}),
                                value_at(info, {"location", "longitude"}));
  read_addresses(value_at(info, {"network", "addresses"}), node, draft);
  const JsonValue* online = value_at(flags, {"online"});
  if (online != nullptr && online->kind == JsonKind::boolean && !online->truth) {
    draft.note("node", "offline by the map, kept all the same");
  }
  const std::string mac = text_of(value_at(info, {"network", "mac"}));
  if (!node.id.empty()) draft.add_alias(mac, node.id);
  draft.add_node(std::move(node), item.line);
}

/// A graph's node has its own id, often a MAC address, and where known that of nodes.json. It is a
/// node of its own only if nodes.json, where there is one, does not have it.
void read_graph_node(const JsonValue& item, ImportDraft& draft) {
  const std::string id = text_of(item.find("id"));
  const std::string node_id = text_of(item.find("node_id"));
  const std::string& name = node_id.empty() ? id : node_id;
  if (!node_id.empty()) draft.add_alias(id, node_id);
  if (name.empty()) {
    draft.skip(item.line, "node of the graph", "it has no id");
  } else {
    draft.ensure_node(name);
  }
}

/// "source" and "target" are ids, or indices into `nodes`.
std::string end_of(const JsonValue& link, std::string_view key,
                   const std::vector<JsonValue>& nodes) {
  const JsonValue* end = link.find(key);
  if (end == nullptr || end->kind != JsonKind::number) return text_of(end);
  const double index = end->number;
  if (index < 0 || index >= static_cast<double>(nodes.size()) || index != std::floor(index)) {
    return "number " + std::to_string(static_cast<long long>(std::clamp(index, -1e9, 1e9)));
  }
  const JsonValue& node = nodes[static_cast<size_t>(index)];
  return first_text(
      {node.find("node_id"), node.find("id"), value_at(&node, {"nodeinfo", "node_id"})});
}

std::optional<double> quality_at(const JsonValue& link, std::string_view key) {
  const auto value = number_of(link.find(key));
  return value ? std::optional(quality_of(*value)) : std::nullopt;
}

void read_link(const JsonValue& item, const std::vector<JsonValue>& nodes, ImportDraft& draft) {
  const std::string type = text_of(item.find("type"));
  LinkView view;
  view.from = end_of(item, "source", nodes);
  view.to = end_of(item, "target", nodes);
  view.kind = is_true(item.find("vpn")) ? LinkKind::wan : kind_of_link_type(type);
  view.band_ghz = band_of_link_type(type);
  view.forth = quality_at(item, "source_tq");
  view.back = quality_at(item, "target_tq");
  if (!view.forth) view.forth = quality_at(item, "tq");
  // One tq stands for both directions if the back end saw both.
  if (!view.back && is_true(item.find("bidirect"))) view.back = view.forth;
  view.measure = Measure::tq;
  view.line = item.line;
  draft.add_view(view);
}

class Nodeinfo : public Importer {
 public:
  std::string_view name() const override { return "meshviewer-nested"; }
  std::string_view title() const override { return "nodes.json and graph.json of the older map"; }
  bool needs_json() const override { return true; }

  bool recognizes(const ImportInput& input) const override {
    if (!is_object(input.json)) return false;
    if (is_object(input.json->find("batadv"))) return true;
    const JsonValue* nodes = input.json->find("nodes");
    return (is_object(nodes) || is_array(nodes)) && !nodes->children.empty() &&
           nodes->children.front().find("nodeinfo") != nullptr;
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    const JsonValue* root = input.json;
    const JsonValue* nodes = value_at(root, {"nodes"});
    const JsonValue* graph = value_at(root, {"batadv"});
    if (graph == nullptr) graph = value_at(root, {"graph", "batadv"});
    if (!is_object(nodes) && !is_array(nodes) && !is_object(graph)) {
      errors.add(1, "", "neither \"nodes\" nor \"batadv\" is there; one of them expected");
      return;
    }
    draft.set_routing("batman-adv");
    if (nodes != nullptr) {
      for (const JsonValue& item : nodes->children) read_node(item, draft);
    }
    const JsonValue* graph_nodes = value_at(graph, {"nodes"});
    for (const JsonValue& item : items_of(graph_nodes)) read_graph_node(item, draft);
    for (const JsonValue& item : items_of(value_at(graph, {"links"}))) {
      read_link(item, items_of(graph_nodes), draft);
    }
    for (const JsonValue& item : items_of(root->find("links"))) {
      read_link(item, items_of(nodes), draft);
    }
  }
};

}  // namespace

const Importer& nodeinfo_importer() {
  static const Nodeinfo importer;
  return importer;
}

}  // namespace wirebraid::topology
