// NetJSON NetworkGraph (netjson.org, section 4): nodes with id, label, local_addresses; links with
// source, target and a cost in the unit of "metric".
#include <algorithm>
#include <cctype>

#include "twin/topology/import/formats.h"
#include "twin/topology/quality.h"

namespace wirebraid::topology {
namespace {

constexpr double kOlsrdEtxUnit = 1024;  // olsrd: an edge cost of 1024 is an ETX of 1
constexpr double kBabelUnit = 256;      // babeld(8): rxcost of a perfect wireless link

enum class Metric : uint8_t { etx, tq, babel, unknown };

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool begins(const std::string& text, std::string_view with) {
  return std::string_view(text).substr(0, with.size()) == with;
}

Metric metric_of(const std::string& metric, const std::string& protocol) {
  if (metric == "etx") return Metric::etx;
  if (metric == "tq" || (begins(protocol, "batman") && metric.empty())) return Metric::tq;
  if (begins(metric, "babel") || begins(protocol, "babel")) return Metric::babel;
  return Metric::unknown;
}

std::string daemon_of(const std::string& protocol) {
  if (protocol == "olsr") return "olsrd";
  if (protocol == "olsrv2") return "olsrd2";
  if (begins(protocol, "batman")) return "batman-adv";
  return begins(protocol, "babel") ? "babeld" : "";
}

/// An ETX is never below 1, and of 1024 no link works: if all are that large, they are olsrd's.
double etx_unit(const std::vector<JsonValue>& links) {
  const bool scaled = std::all_of(links.begin(), links.end(), [](const JsonValue& link) {
    return number_of(link.find("cost")).value_or(kOlsrdEtxUnit) >= kOlsrdEtxUnit;
  });
  return scaled ? kOlsrdEtxUnit : 1;
}

void read_node(const JsonValue& item, ImportDraft& draft) {
  Node node;
  node.id = text_of(item.find("id"));
  node.name = text_of(item.find("label"));
  read_addresses(item.find("local_addresses"), node, draft);
  draft.add_node(std::move(node), item.line);
}

void read_link(const JsonValue& item, Metric metric, double unit, ImportDraft& draft) {
  LinkView view;
  view.from = text_of(item.find("source"));
  view.to = text_of(item.find("target"));
  view.line = item.line;
  const auto cost = number_of(item.find("cost"));
  if (cost && metric == Metric::etx) {
    view.forth = delivery_of_etx(*cost / unit).a_to_b;
  } else if (cost && metric == Metric::tq) {
    view.forth = quality_of(*cost);
    view.measure = Measure::tq;
  } else if (cost && metric == Metric::babel) {
    // A cable costs 96; radio costs 256 times its ETX.
    if (*cost < kBabelUnit) view.kind = LinkKind::ethernet;
    view.forth = delivery_of_etx(std::max(*cost / kBabelUnit, 1.0)).a_to_b;
  }
  draft.add_view(view);
}

class NetJson : public Importer {
 public:
  std::string_view name() const override { return "netjson"; }
  std::string_view title() const override { return "NetJSON NetworkGraph"; }
  bool needs_json() const override { return true; }

  bool recognizes(const ImportInput& input) const override {
    return text_of(value_at(input.json, {"type"})) == "NetworkGraph";
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    for (const char* key : {"nodes", "links"}) {
      const JsonValue* list = value_at(input.json, {key});
      if (is_array(list)) continue;
      errors.add(list == nullptr ? 1 : list->line, std::string("/") + key, "an array expected");
    }
    if (!errors.empty()) return;
    const std::string protocol = lower(text_of(input.json->find("protocol")));
    const Metric metric = metric_of(lower(text_of(input.json->find("metric"))), protocol);
    const auto& links = items_of(input.json->find("links"));
    const double unit = etx_unit(links);
    draft.set_routing(daemon_of(protocol));
    for (const JsonValue& item : items_of(input.json->find("nodes"))) read_node(item, draft);
    for (const JsonValue& item : links) read_link(item, metric, unit, draft);
  }
};

}  // namespace

const Importer& netjson_importer() {
  static const NetJson importer;
  return importer;
}

}  // namespace wirebraid::topology
