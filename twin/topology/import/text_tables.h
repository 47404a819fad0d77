// Text in tables as OLSRd's txtinfo writes it: "Table: NAME", a line of column names, rows.
#pragma once

#include <string_view>
#include <vector>

namespace wirebraid::topology {

/// A table's row. Views into the text.
struct TableRow {
  std::string_view table;  ///< NAME
  size_t line = 0;         ///< from 1 on
  std::vector<std::string_view> cells;
};

/// The text's lines, without the newline and a '\r' before it.
std::vector<std::string_view> lines_of(std::string_view text);
/// What blanks separate.
std::vector<std::string_view> words_of(std::string_view line);
/// All rows below a "Table:" line and its column names. Cells are what tabs or blanks separate.
std::vector<TableRow> rows_of_tables(std::string_view text);

}  // namespace wirebraid::topology
