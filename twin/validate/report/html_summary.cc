#include "twin/validate/report/html_parts.h"
#include "twin/validate/report/html_pieces.h"
#include "twin/validate/report/sums.h"
#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

/// One sentence under the answer.
std::string reason_of(const Verdict& verdict) {
  const Sums results = sums_of_steps(verdict);
  const Sums comparisons = sums_of(verdict.comparisons);
  if (verdict.good()) {
    std::string text = "Nothing failed in " + count_text(results.all(), "check") + " and " +
                       count_text(comparisons.all(), "comparison");
    const size_t skipped = results.skipped + comparisons.skipped;
    if (skipped != 0) text += ", of which " + std::to_string(skipped) + " had to be skipped";
    return text + ".";
  }
  std::string text;
  if (!verdict.aborted.empty()) text = "It did not go to its end. ";
  return text + std::to_string(results.failed) + " of " + count_text(results.all(), "check") +
         " and " + std::to_string(comparisons.failed) + " of " +
         count_text(comparisons.all(), "comparison") + " failed.";
}

void add_answer(Markup& page, const Verdict& verdict) {
  const bool good = verdict.good();
  page.line().open("p", {{"class", good ? "verdict good" : "verdict bad"}, {"id", "verdict"}});
  page.text(good ? "✓ Yes: this firmware may go to the routers."
                 : "✗ No: this firmware must not go to the routers.");
  page.element("small", reason_of(verdict)).close();
}

void add_firmwares(Markup& page, const Verdict& verdict) {
  const FirmwareName& before = verdict.old_firmware;
  const FirmwareName& after = verdict.new_firmware;
  const auto row = [&](std::string_view name, std::string_view element,
                       std::string FirmwareName::*part) {
    page.line().open("tr").element("th", {{"scope", "row"}}, name);
    for (const FirmwareName* firmware : {&before, &after}) {
      const std::string& text = firmware->*part;
      page.open("td").element(element, text.empty() ? "—" : text).close();
    }
    page.close();
  };
  open_table(page, "The firmware in use and the one that was tried",
             {{"Firmware"}, {"Old"}, {"New"}});
  row("Name", "span", &FirmwareName::name);
  row("Version", "span", &FirmwareName::version);
  row("Kernel", "span", &FirmwareName::kernel);
  row("SHA-256", "code", &FirmwareName::sha256);
  close_table(page);
}

void add_sums(Markup& page, const Verdict& verdict) {
  const auto row = [&](std::string_view name, const Sums& sums) {
    page.line().open("tr").element("th", {{"scope", "row"}}, name);
    for (const size_t count : {sums.passed, sums.failed, sums.skipped, sums.all()}) {
      add_number(page, std::to_string(count));
    }
    page.close();
  };
  open_table(page, "Sums of outcomes",
             {{"What"}, {"Passed", true}, {"Failed", true}, {"Skipped", true}, {"All", true}});
  row("Checks", sums_of_steps(verdict));
  row("Comparisons", sums_of(verdict.comparisons));
  close_table(page);
}

void add_facts(Markup& page, const Verdict& verdict) {
  const auto fact = [&](std::string_view name, const std::string& value) {
    page.line().element("dt", name).element("dd", value.empty() ? "—" : value);
  };
  page.line().open("dl", {{"class", "facts"}});
  fact("Network", count_text(verdict.topology.nodes.size(), "node") + ", " +
                      count_text(verdict.topology.links.size(), "link"));
  fact("Plan", verdict.plan);
  fact("Begun", verdict.begun_at);
  fact("Took", duration_text(verdict.took_s));
  page.line().close();
}

void add_contents(Markup& page, const Verdict& verdict) {
  const auto entry = [&](std::string_view id, std::string_view title) {
    page.line().open("li").element("a", {{"href", "#" + std::string(id)}}, title).close();
  };
  page.line().open("nav", {{"aria-label", "Contents"}}).open("ul");
  if (has_failures(verdict)) entry("failures", "What failed");
  entry("map", "Map");
  if (!verdict.comparisons.empty()) entry("comparisons", "Before and after");
  if (!verdict.steps.empty()) entry("steps", "Steps");
  if (!verdict.logs.empty()) entry("logs", "Logs");
  page.line().close().close();
}

}  // namespace

void add_summary(Markup& page, const Verdict& verdict) {
  const std::string& name = verdict.topology.name;
  page.line().open("header");
  page.line().element("h1", "Firmware validation" + (name.empty() ? "" : ": " + name));
  add_answer(page, verdict);
  add_contents(page, verdict);
  page.line().close();
  page.line().open("section", {{"id", "summary"}, {"aria-label", "Summary"}});
  add_facts(page, verdict);
  add_firmwares(page, verdict);
  add_sums(page, verdict);
  page.line().close();
}

}  // namespace wirebraid::validate
