// wirebraid-twin validate: whether a firmware may go to the real routers.
#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "io/system_platform.h"
#include "twin/app/command.h"
#include "twin/app/running_twin.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/scratch_directory.h"
#include "twin/validate/report/html_report.h"
#include "twin/validate/report/json_report.h"
#include "twin/validate/report/junit_report.h"
#include "twin/validate/report/sums.h"
#include "twin/validate/validation.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
using namespace validate;
namespace {

void add_options(CommandLine& line) {
  auto add = line.options().add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("old", text("IMAGE"), "the firmware that runs in the field");
  add("new", po::value<Arguments>()->value_name("IMAGE"),
      "the firmware that is to replace it; given again, another candidate, tried after it");
  add("plan", text("PLAN"),
      "leaf-first (one by one, farthest first), all (at once), \"canary N\" (the first N only) or "
      "\"nodes ID,ID\"");
  add("scripts", text("DIR"), "further checks: shell scripts that run on every node");
  add("mirror", text("NODE"), "that has the images; without it, the first server");
  const std::string trials =
      "comma-separated, of " + topology::listed(kTrials) + "; all without it";
  add("trials", text("LIST"), trials.c_str());
  add("junit", text("FILE"),
      "a report for continuous integration; with several candidates, every report has the "
      "candidate's number before its ending");
  add("json", text("FILE"), "a report for programs");
  add("html", text("FILE"), "a report for people, one page");
  add("settle", text("SECONDS"), "how long the mesh may take to settle after a change (150)");
  add("quick",
      "only what nodes say of themselves and pings: no throughput, modes and failures, no "
      "power cut and no way back");
  add("keep", text("DIR"), "keep disks and logs there");
  add_twin_options(line);
}

/// "report.html", or "report-2.html" for the second of several.
std::filesystem::path numbered(const std::filesystem::path& file, size_t number, size_t count) {
  if (count == 1) return file;
  return file.parent_path() /
         (file.stem().string() + "-" + std::to_string(number + 1) + file.extension().string());
}

/// False if a report cannot be written.
bool write_reports(const CommandLine& line, const std::vector<Verdict>& verdicts,
                   const Streams& streams) {
  struct Report {
    const char* option;
    std::string (*make)(const Verdict&);
  };
  constexpr std::array<Report, 3> kReports{
      {{"junit", junit_report}, {"json", json_report}, {"html", html_report}}};
  bool written = true;
  for (const Report& report : kReports) {
    if (!line.has(report.option)) continue;
    for (size_t i = 0; i < verdicts.size(); ++i) {
      const auto path = numbered(line.text(report.option), i, verdicts.size());
      std::ofstream file(path, std::ios::binary);
      file << report.make(verdicts[i]);
      if (file.flush()) continue;
      streams.err << "wirebraid-twin: " << path.string() << ": cannot be written\n";
      written = false;
    }
  }
  return written;
}

Arguments listed_words(const std::string& text) {
  Arguments words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

void print_verdict(const Verdict& verdict, std::ostream& out) {
  Sums sums = sums_of_steps(verdict);
  for (const Comparison& each : verdict.comparisons) sums.add(each.outcome);
  out << (verdict.good() ? "GOOD" : "BAD") << ": " << verdict.new_firmware.name << " "
      << verdict.new_firmware.version << " after " << verdict.old_firmware.version << ": "
      << sums.passed << " passed, " << sums.failed << " failed, " << sums.skipped << " skipped, in "
      << std::fixed << std::setprecision(0) << verdict.took_s << " s\n";
  if (!verdict.aborted.empty()) out << verdict.aborted << "\n";
}

ValidationOptions options_of(const CommandLine& line, const std::filesystem::path& directory,
                             const Streams& streams) {
  ValidationOptions options;
  const std::string plan = line.text("plan", "leaf-first");
  const auto parsed = parse_flash_plan(plan);
  if (!parsed) {
    throw UsageError("--plan: " + topology::in_quotes(plan) +
                     " is none of leaf-first, all, \"canary N\" and \"nodes ID,ID\"");
  }
  options.plan = *parsed;
  for (const std::string& image : line.texts("new")) options.new_images.emplace_back(image);
  options.power_cut = options.go_back = !line.has("quick");
  if (line.has("quick")) options.trials = {"ping", "wireguard"};
  if (line.has("trials")) options.trials = listed_words(line.text("trials"));
  options.mirror = line.text("mirror");
  if (line.has("scripts")) options.scripts = line.text("scripts");
  if (line.has("settle")) {
    options.settle_limit = std::chrono::seconds(line.number("settle", 1, 86'400));
  }
  options.twin = twin_options(line, line.text("old"), streams);
  options.twin.directory = directory;
  return options;
}

}  // namespace

int run_validate(const Arguments& arguments, const Streams& streams) {
  CommandLine line("validate", {"TOPOLOGY"});
  add_options(line);
  if (!line.parse(arguments, streams)) return kExitDone;
  if (!line.has("old")) throw UsageError("validate needs --old IMAGE");
  if (!line.has("new")) throw UsageError("validate needs --new IMAGE");
  const topology::ReadResult result = topology::load_topology(line.word());
  if (!result.topology) return print_errors(result.errors, streams);

  lab::catch_signals();
  const lab::ScratchDirectory scratch("wirebraid-validate");
  const std::filesystem::path directory = line.text("keep", scratch.path());
  const auto begin = std::chrono::steady_clock::now();
  const Say say = [&](const std::string& text) {
    const auto now = std::chrono::steady_clock::now() - begin;
    streams.err << std::setw(5) << std::chrono::duration_cast<std::chrono::seconds>(now).count()
                << " s  " << text << std::endl;
  };
  io::SystemPlatform platform;
  Validation validation(*result.topology, options_of(line, directory, streams), platform, say,
                        [] { return lab::interrupted(); });
  print_remarks(validation.twin(), streams);
  const std::vector<Verdict> verdicts = validation.run();
  const bool written = write_reports(line, verdicts, streams);
  for (const Verdict& verdict : verdicts) print_verdict(verdict, streams.out);
  const bool good = std::all_of(verdicts.begin(), verdicts.end(),
                                [](const Verdict& verdict) { return verdict.good(); });
  return good && written ? kExitDone : kExitFailed;
}

}  // namespace wirebraid::twin
