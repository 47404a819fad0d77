#include "twin/validate/report/html_report.h"

#include "twin/validate/report/html_parts.h"
#include "twin/validate/report/html_pieces.h"
#include "twin/validate/report/map_marks.h"
#include "twin/validate/report/map_picture.h"
#include "twin/validate/report/page_style.h"

namespace wirebraid::validate {
namespace {

void add_head(Markup& page, const Verdict& verdict) {
  page.line().open("head");
  page.line().single("meta", {{"charset", "utf-8"}});
  page.line().single("meta", {{"http-equiv", "Content-Security-Policy"},
                              {"content", "default-src 'none'; style-src 'unsafe-inline'"}});
  page.line().single("meta",
                     {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  page.line().single("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  page.line().element("title", (verdict.good() ? "✓ good: " : "✗ bad: ") +
                                   verdict.new_firmware.name + " " + verdict.new_firmware.version);
  page.line().open("style").raw(kPageStyle).close();
  page.line().close();
}

}  // namespace

std::string html_report(const Verdict& verdict) {
  Markup page("<!DOCTYPE html>\n");
  page.open("html", {{"lang", "en"}});
  add_head(page, verdict);
  page.line().open("body").line().open("main");
  add_summary(page, verdict);
  add_failures(page, verdict);
  open_section(page, "map", "Map");
  add_map(page, verdict.topology, marks_of(verdict));
  page.line().close();
  add_comparisons(page, verdict);
  add_steps(page, verdict);
  add_logs(page, verdict);
  page.line().close();
  page.line().element("footer", "Written by wirebraid-twin validate.");
  page.line();
  return page.take();
}

}  // namespace wirebraid::validate
