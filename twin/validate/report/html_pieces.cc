#include "twin/validate/report/html_pieces.h"

#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

std::string_view sign_of(check::Outcome outcome) {
  switch (outcome) {
    case check::Outcome::passed:
      return "✓ ";
    case check::Outcome::failed:
      return "✗ ";
    case check::Outcome::skipped:
      return "○ ";
  }
  return "";
}

size_t lines_in(std::string_view text) {
  const auto newlines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  return newlines + (text.ends_with('\n') ? 0 : 1);
}

}  // namespace

void add_outcome(Markup& page, check::Outcome outcome) {
  const std::string name(check::name_of(outcome));
  page.element("span", {{"class", "outcome " + name}}, std::string(sign_of(outcome)) + name);
}

void add_lines(Markup& page, std::string_view summary, std::string_view text) {
  if (text.empty()) return;
  page.open("details");
  page.element("summary", std::string(summary) + " (" + count_text(lines_in(text), "line") + ")");
  page.element("pre", {{"tabindex", "0"}}, text);
  page.close();
}

void open_section(Markup& page, std::string_view id, std::string_view title) {
  page.line().open("section", {{"id", std::string(id)}});
  page.line().element("h2", title);
}

void open_table(Markup& page, std::string_view caption, std::initializer_list<Column> columns) {
  page.line().open("div", {{"class", "scroll"},
                           {"tabindex", "0"},
                           {"role", "region"},
                           {"aria-label", std::string(caption)}});
  page.open("table").line().element("caption", caption).line();
  page.open("thead").open("tr");
  for (const Column& column : columns) {
    page.element("th", {{"scope", "col"}, {"class", column.number ? "number" : "text"}},
                 column.name);
  }
  page.close().close().line().open("tbody");
}

void close_table(Markup& page) { page.line().close().close().close(); }

void add_number(Markup& page, std::string_view text) {
  page.element("td", {{"class", "number"}}, text);
}

}  // namespace wirebraid::validate
