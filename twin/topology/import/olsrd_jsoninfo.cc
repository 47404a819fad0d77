// OLSRd's jsoninfo plugin, "/all" or "/topology". Versions of the plugin differ in the order of
// keys and in MID: the main address stands in the entry itself or in its "main".
#include "twin/topology/import/formats.h"
#include "twin/topology/import/olsr_tables.h"

namespace wirebraid::topology {
namespace {

constexpr double kEtxUnit = 1024;  // of tcEdgeCost and linkCost

std::optional<double> etx_at(const JsonValue& item, std::string_view key) {
  const auto cost = number_of(item.find(key));
  return cost ? std::optional(*cost / kEtxUnit) : std::nullopt;
}

void read_topology_row(const JsonValue& item, OlsrTables& tables) {
  tables.add_topology({text_of(item.find("lastHopIP")), text_of(item.find("destinationIP")),
                       number_of(item.find("linkQuality")),
                       number_of(item.find("neighborLinkQuality")), etx_at(item, "tcEdgeCost"),
                       item.line});
}

void read_own_link(const JsonValue& item, OlsrTables& tables) {
  tables.add_own_link({text_of(item.find("localIP")), text_of(item.find("remoteIP")),
                       number_of(item.find("linkQuality")),
                       number_of(item.find("neighborLinkQuality")), etx_at(item, "linkCost"),
                       item.line});
}

void read_mid(const JsonValue& item, OlsrTables& tables) {
  std::string main = text_of(value_at(&item, {"main", "ipAddress"}));
  if (main.empty()) main = text_of(item.find("ipAddress"));
  for (const JsonValue& alias : items_of(item.find("aliases"))) {
    const JsonValue* address = alias.kind == JsonKind::object ? alias.find("ipAddress") : &alias;
    tables.add_alias(text_of(address), main);
  }
}

void read_hna(const JsonValue& item, OlsrTables& tables) {
  const double length = number_of(item.find("genmask")).value_or(-1);
  tables.add_network(text_of(item.find("gateway")), text_of(item.find("destination")),
                     length == 0 ? 0 : -1, item.line);
}

class JsonInfo : public Importer {
 public:
  std::string_view name() const override { return "olsrd-jsoninfo"; }
  std::string_view title() const override { return "OLSRd jsoninfo"; }
  bool needs_json() const override { return true; }

  bool recognizes(const ImportInput& input) const override {
    const auto& rows = items_of(value_at(input.json, {"topology"}));
    return !rows.empty() && rows.front().find("lastHopIP") != nullptr;
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    const JsonValue* topology = value_at(input.json, {"topology"});
    if (!is_array(topology)) {
      errors.add(1, "/topology", "an array expected");
      return;
    }
    OlsrTables tables(draft);
    for (const JsonValue& item : topology->children) read_topology_row(item, tables);
    for (const JsonValue& item : items_of(input.json->find("links"))) read_own_link(item, tables);
    for (const JsonValue& item : items_of(input.json->find("neighbors"))) {
      tables.add_neighbour(text_of(item.find("ipAddress")), item.line);
    }
    for (const JsonValue& item : items_of(input.json->find("mid"))) read_mid(item, tables);
    for (const JsonValue& item : items_of(input.json->find("hna"))) read_hna(item, tables);
    tables.finish();
  }
};

}  // namespace

const Importer& jsoninfo_importer() {
  static const JsonInfo importer;
  return importer;
}

}  // namespace wirebraid::topology
