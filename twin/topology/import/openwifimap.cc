// OpenWifiMap: "rows", at the top or within "JSON", each with a node as its "value": id, hostname,
// latlng, and links as the node sees them: id of the other one, quality, ifname, and olsr_ipv4 or
// olsr_ipv6 with LQ and NLQ. Two nodes usually both name their link; that is one link.
#include "twin/topology/import/formats.h"
#include "twin/topology/import/map_words.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {
namespace {

const JsonValue* rows_of(const JsonValue* root) {
  const JsonValue* rows = value_at(root, {"JSON", "rows"});
  return rows != nullptr ? rows : value_at(root, {"rows"});
}

void read_node(const JsonValue& row, ImportDraft& draft) {
  const JsonValue* value = row.find("value");
  Node node;
  node.id = text_of(value_at(value, {"id"}));
  node.name = text_of(value_at(value, {"hostname"}));
  node.model = text_of(value_at(value, {"hardware"}));
  node.firmware = text_of(value_at(value, {"firmware", "revision"}));
  const auto& place = items_of(value_at(value, {"latlng"}));
  if (place.size() == 2) node.location = read_location(&place[0], &place[1]);
  draft.add_node(std::move(node), row.line);
}

void read_link(const std::string& from, const JsonValue& item, ImportDraft& draft) {
  LinkView view;
  view.from = from;
  view.to = text_of(item.find("id"));
  view.line = item.line;
  const std::string interface = text_of(item.find("ifname"));
  view.kind = is_object(item.find("wifi")) ? LinkKind::radio : kind_of_interface(interface);
  view.band_ghz = band_of_interface(interface);
  const JsonValue* olsr = item.find("olsr_ipv4");
  if (olsr == nullptr) olsr = item.find("olsr_ipv6");
  const auto lq = number_of(value_at(olsr, {"linkQuality"}));
  const auto nlq = number_of(value_at(olsr, {"neighborLinkQuality"}));
  if (lq && nlq) {
    const Delivery delivery = delivery_of_lq(*lq, *nlq);
    view.forth = delivery.a_to_b;
    view.back = delivery.b_to_a;
  } else if (const auto quality = number_of(item.find("quality"))) {
    view.back = quality_of(*quality);  // what the node receives, as LQ
  }
  draft.add_view(view);
}

class OpenWifiMap : public Importer {
 public:
  std::string_view name() const override { return "openwifimap"; }
  std::string_view title() const override { return "OpenWifiMap rows (HopGlass)"; }
  bool needs_json() const override { return true; }

  bool recognizes(const ImportInput& input) const override {
    const auto& rows = items_of(rows_of(input.json));
    return !rows.empty() && is_object(rows.front().find("value"));
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    const JsonValue* rows = rows_of(input.json);
    if (!is_array(rows)) {
      errors.add(1, "/rows", "an array expected");
      return;
    }
    draft.set_routing("olsrd");
    for (const JsonValue& row : rows->children) read_node(row, draft);
    for (const JsonValue& row : rows->children) {
      const std::string from = text_of(value_at(&row, {"value", "id"}));
      for (const JsonValue& item : items_of(value_at(&row, {"value", "links"}))) {
        read_link(from, item, draft);
      }
    }
  }
};

}  // namespace

const Importer& openwifimap_importer() {
  static const OpenWifiMap importer;
  return importer;
}

}  // namespace wirebraid::topology
