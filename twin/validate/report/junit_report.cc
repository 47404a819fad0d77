#include "twin/validate/report/junit_report.h"

#include "twin/validate/report/markup.h"
#include "twin/validate/report/sums.h"
#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

using check::Outcome;

void open_suite(Markup& xml, const std::string& name, const Sums& sums, double took_s,
                const std::string& timestamp) {
  xml.line().open("testsuite", {{"name", name},
                                {"tests", std::to_string(sums.all())},
                                {"failures", std::to_string(sums.failed)},
                                {"errors", "0"},
                                {"skipped", std::to_string(sums.skipped)},
                                {"time", seconds_text(took_s)},
                                {"timestamp", timestamp}});
}

void add_case(Markup& xml, const std::string& suite, const std::string& name, Outcome outcome,
              const std::string& message, const std::string& evidence) {
  xml.line().open("testcase", {{"classname", suite}, {"name", name}});
  if (outcome == Outcome::failed) {
    xml.element("failure", {{"message", message}, {"type", "failed"}}, evidence);
  } else if (outcome == Outcome::skipped) {
    xml.single("skipped", {{"message", message}});
  }
  xml.close();
}

void add_step(Markup& xml, const Verdict& verdict, const Step& step) {
  open_suite(xml, step.name, sums_of(step.results), step.took_s,
             time_after(verdict.begun_at, step.begun_s).value_or(verdict.begun_at));
  for (const check::Result& result : step.results) {
    add_case(xml, step.name, result.check + " " + result.subject, result.outcome, result.message,
             result.evidence);
  }
  xml.line().close();
}

void add_comparisons(Markup& xml, const Verdict& verdict, const std::string& end) {
  const std::string name = "comparison";
  open_suite(xml, name, sums_of(verdict.comparisons), 0, end);
  for (const Comparison& each : verdict.comparisons) {
    const std::string evidence = each.figure + ": before " + figure_text(each.before) + ", after " +
                                 figure_text(each.after) + " (" +
                                 change_text(each.before, each.after) + ")";
    add_case(xml, name, each.check + " " + each.subject + " " + each.figure, each.outcome,
             each.message, evidence);
  }
  xml.line().close();
}

void add_abort(Markup& xml, const Verdict& verdict, const std::string& end) {
  xml.line().open("testsuite", {{"name", "validation"},
                                {"tests", "1"},
                                {"failures", "0"},
                                {"errors", "1"},
                                {"skipped", "0"},
                                {"time", "0.000"},
                                {"timestamp", end}});
  xml.line().open("testcase", {{"classname", "validation"}, {"name", "goes to its end"}});
  xml.element("error", {{"message", verdict.aborted}, {"type", "aborted"}}, verdict.aborted);
  xml.close().line().close();
}

}  // namespace

std::string junit_report(const Verdict& verdict) {
  const Sums steps = sums_of_steps(verdict);
  const Sums comparisons = sums_of(verdict.comparisons);
  const size_t errors = verdict.aborted.empty() ? 0 : 1;
  const std::string end = time_after(verdict.begun_at, verdict.took_s).value_or(verdict.begun_at);
  Markup xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  xml.open("testsuites", {{"name", "wirebraid validate " + verdict.old_firmware.name + " to " +
                                       verdict.new_firmware.name},
                          {"tests", std::to_string(steps.all() + comparisons.all() + errors)},
                          {"failures", std::to_string(steps.failed + comparisons.failed)},
                          {"errors", std::to_string(errors)},
                          {"skipped", std::to_string(steps.skipped + comparisons.skipped)},
                          {"time", seconds_text(verdict.took_s)}});
  for (const Step& step : verdict.steps) add_step(xml, verdict, step);
  if (errors != 0) add_abort(xml, verdict, end);
  add_comparisons(xml, verdict, end);
  xml.line();
  return xml.take();
}

}  // namespace wirebraid::validate
