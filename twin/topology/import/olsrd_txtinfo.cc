// OLSRd's txtinfo plugin: the tables Topology, Links, Neighbors, MID and HNA.
#include <algorithm>

#include "twin/topology/import/formats.h"
#include "twin/topology/import/olsr_tables.h"
#include "twin/topology/import/text_tables.h"

namespace wirebraid::topology {
namespace {

constexpr size_t kTopologyCells = 5;  // Dest. IP, Last hop IP, LQ, NLQ, Cost
constexpr size_t kLinkCells = 6;      // Local IP, Remote IP, Hyst., LQ, NLQ, Cost

void read_topology_row(const TableRow& row, OlsrTables& tables) {
  const auto& cells = row.cells;
  tables.add_topology({std::string(cells[1]), std::string(cells[0]), parse_number(cells[2]),
                       parse_number(cells[3]), parse_number(cells[4]), row.line});
}

void read_own_link(const TableRow& row, OlsrTables& tables) {
  const auto& cells = row.cells;
  tables.add_own_link({std::string(cells[0]), std::string(cells[1]), parse_number(cells[3]),
                       parse_number(cells[4]), parse_number(cells[5]), row.line});
}

/// "Destination  Gateway": 0.0.0.0/0 10.0.0.1
void read_hna(const TableRow& row, OlsrTables& tables) {
  const std::string_view network = row.cells[0];
  const size_t slash = network.find('/');
  if (slash == std::string_view::npos) return;
  tables.add_network(std::string(row.cells[1]), std::string(network.substr(0, slash)),
                     network.substr(slash + 1) == "0" ? 0 : -1, row.line);
}

/// "IP address  Aliases": the aliases are separated by semicolons.
void read_mid(const TableRow& row, OlsrTables& tables) {
  for (size_t i = 1; i < row.cells.size(); ++i) {
    std::string_view rest = row.cells[i];
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      tables.add_alias(std::string(rest.substr(0, end)), std::string(row.cells[0]));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

class TxtInfo : public Importer {
 public:
  std::string_view name() const override { return "olsrd-txtinfo"; }
  std::string_view title() const override { return "OLSRd txtinfo"; }
  bool needs_json() const override { return false; }

  bool recognizes(const ImportInput& input) const override {
    return input.json == nullptr && input.text.find("Table: ") != std::string_view::npos;
  }

  void read(const ImportInput& input, ImportDraft& draft, Findings& errors) const override {
    OlsrTables tables(draft);
    size_t edges = 0;
    for (const TableRow& row : rows_of_tables(input.text)) {
      const size_t cells = row.cells.size();
      if (row.table == "Topology" && cells >= kTopologyCells) {
        read_topology_row(row, tables);
        ++edges;
      } else if (row.table == "Links" && cells >= kLinkCells) {
        read_own_link(row, tables);
      } else if (row.table == "Neighbors") {
        tables.add_neighbour(std::string(row.cells[0]), row.line);
      } else if (row.table == "MID") {
        read_mid(row, tables);
      } else if (row.table == "HNA" && cells >= 2) {
        read_hna(row, tables);
      } else if (row.table == "Topology" || row.table == "Links") {
        draft.skip(row.line, "row of the table " + in_quotes(row.table),
                   "it has " + counted(cells, "column") + ", too few");
      }
    }
    if (edges == 0) errors.add(0, "", "the table Topology is not there or has no row");
    tables.finish();
  }
};

}  // namespace

const Importer& txtinfo_importer() {
  static const TxtInfo importer;
  return importer;
}

}  // namespace wirebraid::topology
