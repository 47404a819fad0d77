// wirebraid-twin validate: whether a firmware may go to the real routers.
#include <boost/program_options.hpp>
#include <fstream>
#include <iomanip>
#include <iostream>

#include "io/system_platform.h"
#include "twin/app/command.h"
#include "twin/app/running_twin.h"
#include "twin/lab/interrupt.h"
#include "twin/lab/scratch_directory.h"
#include "twin/validate/report/html_report.h"
#include "twin/validate/report/json_report.h"
#include "twin/validate/report/junit_report.h"
#include "twin/validate/validation.h"

namespace wirebraid::twin {
namespace po = boost::program_options;
using namespace validate;
namespace {

void add_options(CommandLine& line) {
  auto add = line.options().add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("old", text("IMAGE"), "the firmware that runs in the field");
  add("new", text("IMAGE"), "the firmware that is to replace it");
  add("plan", text("PLAN"),
      "leaf-first (one by one, farthest first), all (at once), \"canary N\" (the first N only) or "
      "\"nodes ID,ID\"");
  add("scripts", text("DIR"), "further checks: shell scripts that run on every node");
  add("junit", text("FILE"), "a report for continuous integration");
  add("json", text("FILE"), "a report for programs");
  add("html", text("FILE"), "a report for people, one page");
  add("settle", text("SECONDS"), "how long the mesh may take to settle after a change (150)");
  add("quick",
      "only what nodes say of themselves and pings: no throughput, modes and failures, no "
      "power cut and no way back");
  add("keep", text("DIR"), "keep disks and logs there");
  add_twin_options(line);
}

/// False if a report cannot be written.
bool write(const CommandLine& line, const char* option, const std::string& text,
           const Streams& streams) {
  if (!line.has(option)) return true;
  std::ofstream file(line.text(option), std::ios::binary);
  file << text;
  if (file.flush()) return true;
  streams.err << "wirebraid-twin: " << line.text(option) << ": cannot be written\n";
  return false;
}

void print_verdict(const Verdict& verdict, std::ostream& out) {
  size_t passed = 0;
  size_t failed = 0;
  size_t skipped = 0;
  for (const Step& step : verdict.steps) {
    passed += check::count(step.results, check::Outcome::passed);
    failed += check::count(step.results, check::Outcome::failed);
    skipped += check::count(step.results, check::Outcome::skipped);
  }
  for (const Comparison& each : verdict.comparisons) {
    (each.outcome == check::Outcome::failed ? failed : passed) += 1;
  }
  out << (verdict.good() ? "GOOD" : "BAD") << ": " << verdict.new_firmware.name << " "
      << verdict.new_firmware.version << " after " << verdict.old_firmware.version << ": " << passed
      << " passed, " << failed << " failed, " << skipped << " skipped, in " << std::fixed
      << std::setprecision(0) << verdict.took_s << " s\n";
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
  options.new_image = line.text("new");
  options.measure = options.power_cut = options.go_back = !line.has("quick");
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
  const Verdict verdict = validation.run();
  bool written = write(line, "junit", junit_report(verdict), streams);
  written = write(line, "json", json_report(verdict), streams) && written;
  written = write(line, "html", html_report(verdict), streams) && written;
  print_verdict(verdict, streams.out);
  return verdict.good() && written ? kExitDone : kExitFailed;
}

}  // namespace wirebraid::twin
