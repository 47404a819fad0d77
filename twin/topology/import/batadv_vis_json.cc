// batadv-vis -f jsondoc, one document, and -f json, one object per line.
#include "twin/topology/import/batadv_vis.h"
#include "twin/topology/import/formats.h"
#include "twin/topology/import/text_tables.h"

namespace wirebraid::topology {
namespace {

/// A number may be written with or without quotes.
std::string metric_text(const JsonValue* value) {
  const auto number = number_of(value);
  return number ? std::to_string(*number) : text_of(value);
}

void read_document_node(const JsonValue& item, BatadvVis& vis) {
  const std::string primary = text_of(item.find("primary"));
  vis.add_primary(primary);
  for (const JsonValue& mac : items_of(item.find("secondary"))) {
    vis.add_secondary(text_of(&mac), primary);
  }
  for (const JsonValue& edge : items_of(item.find("neighbors"))) {
    vis.add_neighbour(text_of(edge.find("router")), text_of(edge.find("neighbor")),
                      metric_text(edge.find("metric")), edge.line);
  }
  for (const JsonValue& client : items_of(item.find("clients"))) {
    vis.add_client(primary, text_of(&client), client.line);
  }
}

/// False if it is none of the objects that batadv-vis writes.
bool read_line(const JsonValue& object, size_t line, BatadvVis& vis) {
  const std::string router = text_of(object.find("router"));
  if (object.find("primary") != nullptr) {
    vis.add_primary(text_of(object.find("primary")));
  } else if (object.find("secondary") != nullptr) {
    vis.add_secondary(text_of(object.find("secondary")), text_of(object.find("of")));
  } else if (!router.empty() && object.find("neighbor") != nullptr) {
    vis.add_neighbour(router, text_of(object.find("neighbor")), metric_text(object.find("label")),
                      line);
  } else if (!router.empty() && object.find("gateway") != nullptr) {
    vis.add_client(router, text_of(object.find("gateway")), line);
  } else {
    return false;
  }
  return true;
}

std::string_view first_line(std::string_view text) {
  for (const std::string_view line : lines_of(text.substr(0, 4096))) {
    if (!words_of(line).empty()) return line;
  }
  return "";
}

void read_lines(std::string_view text, BatadvVis& vis, ImportDraft& draft, Findings& errors) {
  size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (words_of(line).empty()) continue;
    const JsonDocument document = parse_json(line);
    if (!document.root) {
      errors.add(number, "", document.error);
    } else if (!read_line(*document.root, number, vis)) {
      draft.skip(number, "object", "none of primary, secondary, neighbor and gateway is in it");
    }
  }
}

class BatadvJson : public Importer {
 public:
  std::string_view name() const override { return "batadv-vis"; }
  std::string_view title() const override { return "batadv-vis JSON"; }
  bool needs_json() const override { return false; }  // lines of JSON are no JSON

  bool recognizes(const ImportInput& input) const override {
    if (is_array(value_at(input.json, {"vis"}))) return true;
    const JsonDocument line = parse_json(first_line(input.text));
    if (!line.root) return false;
    const JsonValue& object = *line.root;
    return object.find("primary") != nullptr ||
           (object.find("secondary") != nullptr && object.find("of") != nullptr) ||
           (object.find("router") != nullptr && object.find("label") != nullptr);
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    BatadvVis vis(draft);
    if (const JsonValue* nodes = value_at(input.json, {"vis"})) {
      for (const JsonValue& item : items_of(nodes)) read_document_node(item, vis);
    } else {
      read_lines(input.text, vis, draft, errors);
    }
    vis.finish();
  }
};

}  // namespace

const Importer& batadv_json_importer() {
  static const BatadvJson importer;
  return importer;
}

}  // namespace wirebraid::topology
