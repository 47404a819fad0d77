#include <map>

#include "twin/validate/report/html_parts.h"
#include "twin/validate/report/html_pieces.h"
#include "twin/validate/report/sums.h"
#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

struct Failure {
  const check::Result* result;
  const Step* step;
};

/// Of one check, which often fails at many nodes for one reason.
struct FailedCheck {
  std::string check;
  std::vector<Failure> failures;
};

/// In the order in which each check first failed.
std::vector<FailedCheck> failed_checks(const Verdict& verdict) {
  std::vector<FailedCheck> checks;
  std::map<std::string, size_t> places;
  for (const Step& step : verdict.steps) {
    for (const check::Result& result : step.results) {
      if (result.outcome != check::Outcome::failed) continue;
      const auto [place, inserted] = places.emplace(result.check, checks.size());
      if (inserted) checks.push_back({result.check, {}});
      checks[place->second].failures.push_back({&result, &step});
    }
  }
  return checks;
}

void add_failure(Markup& page, const Failure& failure) {
  page.line().open("li").open("p");
  page.element("strong", "✗ " + failure.result->subject);
  page.element("span", {{"class", "soft"}}, " — in step “" + failure.step->name + "”").close();
  page.element("p", failure.result->message);
  add_lines(page, "Evidence", failure.result->evidence);
  page.close();
}

void add_failed_check(Markup& page, const FailedCheck& check) {
  page.line().element("h3", check.check + ": failed " + count_text(check.failures.size(), "time"));
  page.line().open("ul", {{"class", "failures"}});
  for (const Failure& failure : check.failures) add_failure(page, failure);
  page.line().close();
}

void add_failed_comparisons(Markup& page, const Verdict& verdict) {
  const size_t failed = sums_of(verdict.comparisons).failed;
  if (failed == 0) return;
  page.line().element("h3", "Before and after: failed " + count_text(failed, "time"));
  page.line().open("ul", {{"class", "failures"}});
  for (const Comparison& each : verdict.comparisons) {
    if (each.outcome != check::Outcome::failed) continue;
    page.line().open("li").open("p").element("strong", "✗ " + each.subject);
    page.element("span", {{"class", "soft"}}, " — " + each.check).close();
    page.element("p", each.message);
    page.element("p", each.figure + ": " + figure_text(each.before) + " before, " +
                          figure_text(each.after) + " after (" +
                          change_text(each.before, each.after) + ")");
    page.close();
  }
  page.line().close();
}

}  // namespace

bool has_failures(const Verdict& verdict) { return !verdict.good(); }

void add_failures(Markup& page, const Verdict& verdict) {
  if (!has_failures(verdict)) return;
  open_section(page, "failures", "What failed");
  if (!verdict.aborted.empty()) {
    page.line().open("ul", {{"class", "failures"}}).open("li").open("p");
    page.element("strong", "✗ It did not go to its end: ").text(verdict.aborted);
    page.close().close().close();
  }
  for (const FailedCheck& check : failed_checks(verdict)) add_failed_check(page, check);
  add_failed_comparisons(page, verdict);
  page.line().close();
}

}  // namespace wirebraid::validate
