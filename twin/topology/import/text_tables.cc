#include "twin/topology/import/text_tables.h"

#include <algorithm>

namespace wirebraid::topology {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> words;
  for (size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::vector<TableRow> rows_of_tables(std::string_view text) {
  constexpr std::string_view kMark = "Table: ";
  std::vector<TableRow> rows;
  std::string_view table;
  bool head = false;  // the line of column names is next
  size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (line.substr(0, kMark.size()) == kMark) {
      table = line.substr(kMark.size());
      head = true;
      continue;
    }
    auto cells = words_of(line);
    if (cells.empty() || table.empty()) continue;
    if (head) {
      head = false;
      continue;
    }
    rows.push_back({table, number, std::move(cells)});
  }
  return rows;
}

}  // namespace wirebraid::topology
