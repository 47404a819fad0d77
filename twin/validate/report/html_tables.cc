#include "twin/validate/report/html_parts.h"
#include "twin/validate/report/html_pieces.h"
#include "twin/validate/report/sums.h"
#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

/// A row is of a subject, and of what was checked of it.
template <typename Finding>
void open_row(Markup& page, const Finding& finding) {
  page.line().open("tr", {{"class", std::string(check::name_of(finding.outcome))}});
  page.open("th", {{"scope", "row"}}).text(finding.subject + " ");
  page.element("span", {{"class", "check"}}, finding.check).close();
}

void add_outcome_cell(Markup& page, check::Outcome outcome) {
  page.open("td");
  add_outcome(page, outcome);
  page.close();
}

void add_comparison(Markup& page, const Comparison& each) {
  open_row(page, each);
  add_outcome_cell(page, each.outcome);
  page.open("td", {{"class", "name"}}).element("code", each.figure).close();
  add_number(page, figure_text(each.before));
  add_number(page, figure_text(each.after));
  add_number(page, change_text(each.before, each.after));
  page.element("td", {{"class", "message"}}, each.message).close();
}

std::string figures_of(const check::Result& result) {
  std::string text;
  for (const auto& [name, figure] : result.figures) {
    text += (text.empty() ? "" : "\n") + name + " = " + figure_text(figure);
  }
  return text;
}

void add_result(Markup& page, const check::Result& result) {
  open_row(page, result);
  add_outcome_cell(page, result.outcome);
  page.open("td", {{"class", "message"}}).text(result.message);
  add_lines(page, "Evidence", result.evidence);
  add_lines(page, "Figures", figures_of(result));
  page.close().close();
}

std::string id_of(size_t step) { return "step-" + std::to_string(step + 1); }

void add_step_row(Markup& page, const Step& step, size_t index) {
  const Sums sums = sums_of(step.results);
  page.line().open("tr", {{"class", sums.failed != 0 ? "failed" : "passed"}});
  page.open("th", {{"scope", "row"}});
  page.element("a", {{"href", "#" + id_of(index)}}, step.name).close();
  page.element("td", step.node.empty() ? "all" : step.node);
  add_number(page, duration_text(step.begun_s));
  add_number(page, duration_text(step.took_s));
  add_number(page, std::to_string(sums.passed));
  add_number(page, (sums.failed != 0 ? "✗ " : "") + std::to_string(sums.failed));
  add_number(page, std::to_string(sums.skipped));
  page.close();
}

void add_step_details(Markup& page, const Step& step, size_t index) {
  const Sums sums = sums_of(step.results);
  page.line().open("details", {{"class", "step"}});
  page.open("summary", {{"id", id_of(index)}}).text(step.name + " — ");
  add_outcome(page, sums.failed != 0                        ? check::Outcome::failed
                    : sums.passed != 0 || sums.skipped == 0 ? check::Outcome::passed
                                                            : check::Outcome::skipped);
  page.text(", " + count_text(sums.all(), "check")).close();
  if (step.results.empty()) {
    page.element("p", "Nothing was checked in this step.");
  } else {
    open_table(page, "Results of “" + step.name + "”",
               {{"Subject and check"}, {"Outcome"}, {"Message"}});
    for (const check::Result* result : failed_first(step.results)) add_result(page, *result);
    close_table(page);
  }
  page.close();
}

}  // namespace

void add_comparisons(Markup& page, const Verdict& verdict) {
  if (verdict.comparisons.empty()) return;
  open_section(page, "comparisons", "Before and after");
  open_table(page, "Figures with the old firmware and with the new one",
             {{"Subject and check"},
              {"Outcome"},
              {"Figure"},
              {"Before", true},
              {"After", true},
              {"Difference", true},
              {"Message"}});
  for (const Comparison* each : failed_first(verdict.comparisons)) add_comparison(page, *each);
  close_table(page);
  page.line().close();
}

void add_steps(Markup& page, const Verdict& verdict) {
  if (verdict.steps.empty()) return;
  open_section(page, "steps", "Steps");
  open_table(page, "What was done, one after another",
             {{"Step"},
              {"Node"},
              {"Begun after", true},
              {"Took", true},
              {"Passed", true},
              {"Failed", true},
              {"Skipped", true}});
  for (size_t i = 0; i < verdict.steps.size(); ++i) add_step_row(page, verdict.steps[i], i);
  close_table(page);
  page.line().element("h3", "Results of each step");
  for (size_t i = 0; i < verdict.steps.size(); ++i) add_step_details(page, verdict.steps[i], i);
  page.line().close();
}

void add_logs(Markup& page, const Verdict& verdict) {
  if (verdict.logs.empty()) return;
  open_section(page, "logs", "Logs of nodes");
  page.line().element("p", {{"class", "soft"}}, "The last that their consoles said.");
  for (const NodeLog& log : verdict.logs) {
    page.line();
    add_lines(page, log.node, log.text);
  }
  page.line().close();
}

}  // namespace wirebraid::validate
