// Small pieces that several parts of the page have.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "twin/check/result.h"
#include "twin/validate/report/markup.h"

namespace wirebraid::validate {

/// "✗ failed": a sign, a word and a colour.
void add_outcome(Markup& page, check::Outcome outcome);

/// A text of many lines, closed until someone wants it: "SUMMARY (12 lines)". Nothing if empty.
void add_lines(Markup& page, std::string_view summary, std::string_view text);

void open_section(Markup& page, std::string_view id, std::string_view title);

struct Column {
  std::string_view name;
  bool number = false;  ///< aligned to the right
};
/// A table up to its body; it can be moved sideways where it is too wide. close_table() ends it.
void open_table(Markup& page, std::string_view caption, std::initializer_list<Column> columns);
void close_table(Markup& page);
void add_number(Markup& page, std::string_view text);

/// Those that failed first, then those skipped; otherwise as they were.
template <typename Finding>
std::vector<const Finding*> failed_first(const std::vector<Finding>& findings) {
  const auto rank = [](const Finding* finding) {
    return finding->outcome == check::Outcome::failed    ? 0
           : finding->outcome == check::Outcome::skipped ? 1
                                                         : 2;
  };
  std::vector<const Finding*> sorted;
  sorted.reserve(findings.size());
  for (const Finding& finding : findings) sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Finding* x, const Finding* y) { return rank(x) < rank(y); });
  return sorted;
}

}  // namespace wirebraid::validate
