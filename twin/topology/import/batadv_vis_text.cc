// batadv-vis -f dot, and a table of MAC addresses: two of them, two columns that say nothing, and
// the metric (255 / TQ) of both directions.
#include "twin/topology/import/batadv_vis.h"
#include "twin/topology/import/formats.h"
#include "twin/topology/import/text_tables.h"

namespace wirebraid::topology {
namespace {

constexpr size_t kTableCells = 5;

bool is_dot(std::string_view text) {
  const auto words = words_of(text.substr(0, text.find('\n')));
  return !words.empty() && words.front() == "digraph";
}

/// The texts in double quotes, as they come.
std::vector<std::string_view> quoted_parts(std::string_view line) {
  std::vector<std::string_view> parts;
  for (size_t at = line.find('"'); at != std::string_view::npos;) {
    const size_t end = line.find('"', at + 1);
    if (end == std::string_view::npos) break;
    parts.push_back(line.substr(at + 1, end - at - 1));
    at = line.find('"', end + 1);
  }
  return parts;
}

/// A subgraph is a node: its primary interface has two peripheries, others have none.
void read_dot(std::string_view text, BatadvVis& vis) {
  std::string_view primary;
  size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    const auto parts = quoted_parts(line);
    const bool subgraph = line.find("subgraph") != std::string_view::npos;
    if (parts.empty() || subgraph) {
      primary = "";
    } else if (parts.size() == 3 && line.find("->") != std::string_view::npos) {
      if (parts[2] == "TT") {
        vis.add_client(parts[0], parts[1], number);
      } else {
        vis.add_neighbour(parts[0], parts[1], parts[2], number);
      }
    } else if (line.find("peripheries") != std::string_view::npos) {
      primary = parts[0];
      vis.add_primary(primary);
    } else if (!primary.empty()) {
      vis.add_secondary(parts[0], primary);
    }
  }
}

void read_table(std::string_view text, BatadvVis& vis, ImportDraft& draft) {
  for (const TableRow& row : rows_of_tables(text)) {
    if (row.cells.size() < kTableCells) {
      draft.skip(row.line, "row of the table " + in_quotes(row.table),
                 "it has " + counted(row.cells.size(), "column") + ", too few");
      continue;
    }
    vis.add_neighbour(row.cells[0], row.cells[1], row.cells[4], row.line);
  }
}

class BatadvText : public Importer {
 public:
  std::string_view name() const override { return "batadv-vis-text"; }
  std::string_view title() const override { return "batadv-vis text"; }
  bool needs_json() const override { return false; }

  bool recognizes(const ImportInput& input) const override {
    if (input.json != nullptr) return false;
    if (is_dot(input.text)) return true;
    const auto rows = rows_of_tables(input.text.substr(0, 4096));
    return !rows.empty() && is_mac(rows.front().cells.front());
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    BatadvVis vis(draft);
    if (is_dot(input.text)) {
      read_dot(input.text, vis);
    } else {
      read_table(input.text, vis, draft);
    }
    if (vis.statements() == 0) errors.add(0, "", "neither a graph nor a table with rows is in it");
    vis.finish();
  }
};

}  // namespace

const Importer& batadv_text_importer() {
  static const BatadvText importer;
  return importer;
}

}  // namespace wirebraid::topology
